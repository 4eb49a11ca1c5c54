"""Legal holds are read by pages where a register asks for them; what fails is a gap."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from auditor.evaluate.columns import rows
from auditor.evidence.store import Evidence
from tests.loopback.auditing import Judgement, audit
from tests.loopback.faults import denied
from tests.loopback.standing import ACCOUNT, AS_OF, HOME, SINCE, World, standing

HOLDS, POINTS = ("BKP-GOV-013", "BKP-GOV-014"), "BKP-RET-009"
ROOT = f"arn:aws:iam::{ACCOUNT}:root"
OPERATIONS = ("ListLegalHolds", "GetLegalHold", "ListRecoveryPointsByLegalHold")
MATTER = {"matter": "2026-017", "hold": "Smith", "accounts": [ACCOUNT], "regions": [HOME], "owner": "legal"}


def arn(number: int) -> str:
    """The ARN of a hold."""
    return f"arn:aws:backup:{HOME}:{ACCOUNT}:legal-hold:h-{number}"


def held(world: World, number: int = 1, title: str = "Smith", **members: Any) -> World:
    """Add a hold of all recovery points that are there."""
    points = [point["RecoveryPointArn"] for point in world.at().recovery_points["main"]]
    document = {
        "LegalHoldId": f"h-{number}", "LegalHoldArn": arn(number), "Title": title, "Status": "ACTIVE",
        "Description": "d", "CreationDate": AS_OF, "RecoveryPointSelection": {},
        "RecoveryPoints": [{"RecoveryPointArn": one, "BackupVaultName": "main"} for one in points],
    }  # fmt: skip
    world.at().legal_holds.append({**document, **members})
    return world


def judged(world: World, tmp_path: Path, *faults: Any, register: bool = True, **matter: Any) -> Judgement:
    """An audit with a register of one matter."""
    file = tmp_path / "holds.yaml"
    file.write_text(yaml.safe_dump({"matters": [{**MATTER, **matter}]}), encoding="utf-8")
    given: dict[str, Any] = {"holds": str(file)} if register else {}
    return audit(world, tmp_path, faults=list(faults), regions=[HOME], **given)


def test_holds_are_read_by_pages_and_judged(tmp_path: Path) -> None:
    """One is asked for what it takes in and has; of a cancelled one, nothing is."""
    world = held(standing())
    held(world, 2, "Old", Status="CANCELED", CancellationDate=SINCE, CreationDate=SINCE)
    world.page_size = 3
    found = judged(world, tmp_path)

    points = [one["RecoveryPointArn"] for one in world.at().recovery_points["main"]]
    evidence = Evidence.open(found.run)
    told: dict[str, Any] = {"vaults": [], "resources": []}
    told |= dict.fromkeys(("from_at", "to_at", "cancelled_at"))
    gone = {**dict.fromkeys(told), "cancelled_at": SINCE}
    assert rows(evidence.read("legal_holds", ACCOUNT, HOME)) == [
        {"arn": arn(1), "hold_id": "h-1", "title": "Smith", "status": "ACTIVE", "created_at": AS_OF, **told},
        {"arn": arn(2), "hold_id": "h-2", "title": "Old", "status": "CANCELED", "created_at": SINCE, **gone},
    ]
    assert rows(evidence.read("held_points", ACCOUNT, HOME)) == [
        {"hold_arn": arn(1), "recovery_point_arn": point} for point in points
    ]
    calls = [call.operation for call in found.calls if call.operation in OPERATIONS]
    assert calls == [OPERATIONS[0], OPERATIONS[1], *[OPERATIONS[2]] * -(-len(points) // 3)]
    assert [found.verdict(one, ROOT) for one in HOLDS] == ["COMPLIANT"] * 2
    assert {found.verdict(POINTS, point) for point in points} == {"COMPLIANT"}


@pytest.mark.long
def test_without_a_register_nobody_asks_for_holds(tmp_path: Path) -> None:
    """Nor does anything judge them."""
    found = judged(held(standing()), tmp_path, register=False)
    assert not {call.operation for call in found.calls}.intersection(OPERATIONS)
    assert not {control for control, _ in found.verdicts}.intersection((*HOLDS, POINTS))


@pytest.mark.long
def test_a_hold_that_lacks_points_is_found(tmp_path: Path) -> None:
    """A point that was made since, and a matter without a hold."""
    world = held(standing(), CreationDate=AS_OF, RecoveryPoints=[])
    found = judged(world, tmp_path)
    points = [one["RecoveryPointArn"] for one in world.at().recovery_points["main"]]
    assert [found.verdict(one, ROOT) for one in HOLDS] == ["COMPLIANT"] * 2
    assert {(found.verdict(POINTS, one), *found.codes(POINTS, one)) for one in points} == {
        ("NON_COMPLIANT", "not_held")
    }
    other = judged(world, tmp_path, hold="Jones")
    assert [found.codes(one, ROOT) for found in (other,) for one in HOLDS] == [["not_held"], ["no_matter"]]
    assert [reason.message for reason in other.reasons(HOLDS[0], ROOT)] == [
        f"these matters have no active legal hold: 2026-017: 'Jones' in {HOME}"
    ]


@pytest.mark.long
@pytest.mark.parametrize(
    ("operation", "verdicts"),
    [
        (OPERATIONS[0], ["INSUFFICIENT_DATA"] * 3),
        (OPERATIONS[1], ["INSUFFICIENT_DATA"] * 2 + ["COMPLIANT"]),
        (OPERATIONS[2], ["COMPLIANT"] * 2 + ["INSUFFICIENT_DATA"]),
    ],
)
def test_what_was_denied_is_unknown(tmp_path: Path, operation: str, verdicts: list[str]) -> None:
    """The gap names the call; what was read all the same counts."""
    world = held(standing())
    found = judged(world, tmp_path, denied(operation))
    point = world.at().recovery_points["main"][0]["RecoveryPointArn"]
    assert [*(found.verdict(one, ROOT) for one in HOLDS), found.verdict(POINTS, point)] == verdicts
    assert [gap["operation"] for gap in found.gaps] == [operation]

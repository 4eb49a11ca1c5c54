"""Waivers that have expired, that nothing needs, or that cover too much: findings of a whole audit."""

from pathlib import Path
from typing import Any

import pytest

from tests.loopback.auditing import Judgement, audit, command
from tests.loopback.faults import denied
from tests.loopback.standing import ACCOUNT, HOME, VOLUME, World, standing

pytestmark = pytest.mark.long

IN_FORCE, USED, NARROW = "BKP-GOV-007", "BKP-GOV-008", "BKP-GOV-009"
CONTROL = "BKP-COV-001"
SAID = {"control_id": CONTROL, "reason": "rebuilt daily", "approved_by": "ciso", "expires": "2026-03-31"}
HERE = f"account {ACCOUNT}"


def world(bare: int = 1) -> World:
    """A volume that a plan selects, and some that none does."""
    found = standing(14)
    for number in range(bare):
        found.volume(f"bare-{number}", Tags=[{"Key": "env", "Value": "dev"}])
    return found


def judged(tmp_path: Path, *waivers: dict[str, Any], bare: int = 1, **settings: Any) -> Judgement:
    """An audit with waivers of findings of `CONTROL`, unless they say otherwise."""
    given = [{**SAID, **one} for one in waivers]
    settings.setdefault("accounts", "organization")
    return audit(world(bare), tmp_path, waivers=given, **settings)


def of(found: Judgement, control_id: str) -> dict[str, str]:
    """The verdict of a control over waivers, by what each covers and its last day."""
    wanted = ((arn, verdict) for (one, arn), verdict in found.verdicts.items() if one == control_id)
    return {arn.partition(f"waiver/{CONTROL}/")[2]: verdict for arn, verdict in wanted}


def test_an_expired_an_unused_and_a_needed_waiver_are_told_apart(tmp_path: Path) -> None:
    """Each is a subject of its own; the findings name what the waiver says, and count like any other."""
    needed = {"subject": VOLUME.replace("vol-1", "bare-0"), "owner": "storage", "ticket": "OPS-1"}
    expired = {**needed, "expires": "2026-02-28"}
    unused = {"subject": VOLUME}

    found = judged(tmp_path, needed, expired, unused, formats=["html", "csv", "sarif", "junit", "json"])

    names = [f"{needed['subject']}/2026-03-31", f"{needed['subject']}/2026-02-28", f"{VOLUME}/2026-03-31"]
    assert of(found, IN_FORCE) == dict(zip(names, ["COMPLIANT", "NON_COMPLIANT", "COMPLIANT"], strict=True))
    assert of(found, USED) == dict(zip(names, ["COMPLIANT", "NOT_APPLICABLE", "NON_COMPLIANT"], strict=True))
    assert found.exit_code == 3
    (reason,) = found.reasons(IN_FORCE, f"waiver/{CONTROL}/{names[1]}")
    assert reason.code == "expired"
    assert reason.evidence["waiver"] == {
        "control_id": CONTROL, "covers": needed["subject"], "reason": "rebuilt daily", "approved_by": "ciso",
        "owner": "storage", "ticket": "OPS-1", "expires": "2026-02-28",
    }  # fmt: skip
    said = " ".join(found.output.split())
    assert "1 waiver in shop has expired: BKP-COV-001. medium" in said
    assert "1 waiver in shop covers no finding: BKP-COV-001. low" in said
    code, told, _ = command(world(), "explain", "--run", str(found.run), f"waiver/{CONTROL}/{names[1]}")
    assert (code, 'waiver.ticket  "OPS-1"' in told, "waiver.expired  true" in told) == (0, True, True)
    for report in ("report.html", "findings.csv", "findings.sarif", "junit.xml"):
        assert IN_FORCE in next(found.run.glob(f"*{report}*")).read_text(encoding="utf-8"), report


def test_without_waivers_no_control_over_them_is_asked(tmp_path: Path) -> None:
    """Nothing is said of what is not there."""
    found = audit(standing(14), tmp_path)

    controls = {one["id"] for one in found.document["controls"]}
    assert controls.isdisjoint({IN_FORCE, USED, NARROW})
    assert (found.exit_code, {one for one, _ in found.verdicts} & {IN_FORCE, USED, NARROW}) == (0, set())


@pytest.mark.parametrize(
    ("waiver", "settings", "verdict"),
    [
        ({"subject": VOLUME}, {}, "NON_COMPLIANT"),
        ({"subject": "arn:aws:s3:::archive-*"}, {}, "NON_COMPLIANT"),
        ({"subject": "arn:aws:s3:::archive-*"}, {"accounts": "caller"}, "NOT_APPLICABLE"),
        ({"subject": VOLUME}, {"accounts": "caller"}, "NON_COMPLIANT"),
        ({"account": "444455556666"}, {}, "NOT_APPLICABLE"),
        ({"subject": f"arn:aws:ec2:*:{ACCOUNT}:volume/vol-1"}, {"regions": [HOME]}, "NOT_APPLICABLE"),
        ({"subject": VOLUME}, {"regions": [HOME]}, "NON_COMPLIANT"),
        ({"subject": VOLUME.replace(HOME, "us-east-1")}, {"regions": [HOME]}, "NOT_APPLICABLE"),
        ({"control_id": "BKP-GOV-004", "account": ACCOUNT}, {}, "NOT_APPLICABLE"),
    ],
)
def test_unused_is_said_only_where_all_was_looked_at_that_it_may_cover(
    tmp_path: Path, waiver: dict[str, Any], settings: dict[str, Any], verdict: str
) -> None:
    """The whole organization or the account that it names, its Region or all, and its control."""
    found = judged(tmp_path, waiver, bare=0, **settings)

    assert [one for (name, _), one in found.verdicts.items() if name == USED] == [verdict]
    assert ["unused" in one for one in found.document["waivers"]] == [verdict == "NON_COMPLIANT"]
    assert ("a waiver covers nothing" in found.output) is (verdict == "NON_COMPLIANT")


def test_where_something_may_need_a_waiver_it_is_not_called_unused(tmp_path: Path) -> None:
    """Selections were denied, so the verdict that it may cover is open; one of an expired one is not."""
    faults = [denied("ListBackupSelections")]

    found = judged(tmp_path, {"subject": VOLUME}, {"subject": VOLUME, "expires": "2026-02-01"}, faults=faults)

    assert of(found, USED) == {
        f"{VOLUME}/2026-03-31": "INSUFFICIENT_DATA",
        f"{VOLUME}/2026-02-01": "NOT_APPLICABLE",
    }
    (reason,) = found.reasons(USED, f"waiver/{CONTROL}/{VOLUME}/2026-03-31")
    assert "ListBackupSelections" in reason.message
    assert not any("unused" in one for one in found.document["waivers"])


def test_behind_one_that_covers_the_same_a_waiver_is_unused_whatever_is_not_known(tmp_path: Path) -> None:
    """The units were denied: one by unit may cover the finding only where none before it does."""
    unit = {"organizational_unit": "Sandbox", "account": ACCOUNT}

    for given, verdict in (([{"account": ACCOUNT}, unit], "NON_COMPLIANT"), ([unit], "INSUFFICIENT_DATA")):
        found = judged(tmp_path, *given, faults=[denied("ListRoots")], accounts="caller")
        assert of(found, USED)[f"{HERE}, organizational unit Sandbox/2026-03-31"] == verdict
        assert found.document["waivers"][-1].get("undecided", 0) == (verdict != "NON_COMPLIANT")


def test_an_unread_region_leaves_open_no_waiver_of_another_one(tmp_path: Path) -> None:
    """Volumes were denied in one Region."""
    there = VOLUME.replace(HOME, "eu-west-1")

    found = judged(
        tmp_path, {"subject": VOLUME}, {"subject": there}, bare=0,
        faults=[denied("DescribeVolumes", region="eu-west-1")],
    )  # fmt: skip

    assert of(found, USED) == {
        f"{VOLUME}/2026-03-31": "NON_COMPLIANT", f"{there}/2026-03-31": "INSUFFICIENT_DATA",
    }  # fmt: skip


def test_where_the_subjects_could_not_be_listed_no_waiver_of_them_is_unused(tmp_path: Path) -> None:
    """Volumes were denied in one Region: one there may need it, and one of another place does not."""
    found = judged(
        tmp_path, {"account": ACCOUNT}, {"subject": "arn:aws:ec2:*:444455556666:volume/*"}, bare=0,
        faults=[denied("DescribeVolumes", region="eu-west-1")], accounts="caller",
    )  # fmt: skip

    assert of(found, USED) == {
        f"{HERE}/2026-03-31": "INSUFFICIENT_DATA",
        "arn:aws:ec2:*:444455556666:volume/*/2026-03-31": "NOT_APPLICABLE",
    }


@pytest.mark.parametrize(
    ("bare", "parameters", "codes"),
    [
        (1, {}, []),
        (2, {}, ["too_large_a_share"]),
        (2, {"waiver_max_percent": 100}, []),
        (3, {"waiver_max_percent": 100, "waiver_max_findings": 2}, ["too_many"]),
    ],
)
def test_a_waiver_of_too_much_is_a_finding(
    tmp_path: Path, bare: int, parameters: dict[str, int], codes: list[str]
) -> None:
    """Two of three that the control judged are most of them; what it covers is waived all the same."""
    found = judged(tmp_path, {"account": ACCOUNT}, bare=bare, parameters=parameters)

    assert found.codes(NARROW, f"waiver/{CONTROL}/{HERE}/2026-03-31") == codes
    assert of(found, NARROW) == {f"{HERE}/2026-03-31": "NON_COMPLIANT" if codes else "COMPLIANT"}
    assert found.document["waivers"][0]["findings"] == bare

"""Restores that a tier asks for: those that ran, wherever, and those of which nobody knows."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.loopback.auditing import audit
from tests.loopback.faults import Fault, denied
from tests.loopback.restore_tests import plan
from tests.loopback.standing import ACCOUNT, AS_OF, AWAY, HOME, VOLUME, World, standing, vault_arn

TESTED, IN_TIME, OTHER = "BKP-REC-001", "BKP-REC-002", "444455556666"
DAY = timedelta(days=1)
TIER = {"restore_test": {"max_age_days": 20, "max_minutes": 60}}
TESTING = {"RestoreTestingPlanArn": f"arn:aws:backup:{HOME}:{ACCOUNT}:restore-testing-plan:weekly-1"}


def restored(days: float, **members: Any) -> World:
    """The standing volume, restored so many days ago; `members` are the API's."""
    world = standing(14)
    world.restore(AS_OF - days * DAY, **members)
    return world


def copied(days: float) -> World:
    """A copy of the volume in another account that was restored there."""
    world = standing(14)
    world.account(OTHER, "vaults")
    world.copied(AS_OF - 2 * DAY, vault_arn("far", AWAY, OTHER))
    world.restore(AS_OF - days * DAY, at=(AWAY, OTHER))
    return world


@pytest.mark.parametrize(
    ("world", "faults", "verdict", "codes"),
    [
        (restored(20, CreatedBy=TESTING), [], "COMPLIANT", []),
        (restored(21), [], "NON_COMPLIANT", ["too_old"]),
        (standing(14), [], "NON_COMPLIANT", ["not_restored"]),
        (standing(14), [denied("ListRestoreJobs")], "INSUFFICIENT_DATA", ["evidence_gap"]),
        (restored(5, Status="FAILED"), [], "NON_COMPLIANT", ["not_restored"]),
        (copied(5), [], "COMPLIANT", []),
        (
            copied(21),
            [denied("ListRestoreJobs", region=AWAY, account_id=OTHER)],
            "INSUFFICIENT_DATA",
            ["evidence_gap"],
        ),
        (
            copied(21),
            [denied("ListRestoreJobs", region=HOME, account_id=OTHER)],
            "NON_COMPLIANT",
            ["too_old"],
        ),
    ],
    ids=["by a test", "too old", "none", "denied", "failed", "a copy", "hidden where it lies", "elsewhere"],
)
def test_a_resource_is_held_to_its_restores(
    tmp_path: Path, world: World, faults: Sequence[Fault], verdict: str, codes: list[str]
) -> None:
    """One counts where it ran; a list that was refused is neither a pass nor a finding."""
    found = audit(world, tmp_path, tier=TIER, faults=faults, accounts="organization")

    assert (found.verdict(TESTED, VOLUME), found.codes(TESTED, VOLUME)) == (verdict, codes)


APART = {"restore_test": {"max_age_days": 20, "other_account": True}}


@pytest.mark.long
@pytest.mark.parametrize(
    ("world", "faults", "settings", "verdict", "codes"),
    [
        (copied(5), [], {}, "COMPLIANT", []),
        (restored(5), [], {}, "NON_COMPLIANT", ["not_apart"]),
        (restored(5), [], {"accounts": "caller"}, "INSUFFICIENT_DATA", ["evidence_gap"]),
        (
            copied(21),
            [denied("ListRestoreJobs", region=HOME, account_id=OTHER)],
            {},
            "INSUFFICIENT_DATA",
            ["evidence_gap"],
        ),
        (
            copied(21),
            [denied("ListRestoreJobs", region=HOME, account_id=ACCOUNT)],
            {},
            "INSUFFICIENT_DATA",
            ["evidence_gap"],
        ),
        (
            copied(21),
            [denied("ListRestoreJobs", region=AWAY, account_id=ACCOUNT)],
            {},
            "NON_COMPLIANT",
            ["too_old"],
        ),
    ],
    ids=["there", "at home", "not asked", "hidden there", "hidden here", "hidden in its own other Region"],
)
def test_a_tier_may_count_restores_in_another_account_alone(
    tmp_path: Path,
    world: World,
    faults: Sequence[Fault],
    settings: dict[str, Any],
    verdict: str,
    codes: list[str],
) -> None:
    """What another account was not asked about is no finding."""
    if OTHER not in world.accounts:
        world.account(OTHER, "vaults")
    found = audit(world, tmp_path, tier=APART, faults=faults, **{"accounts": "organization", **settings})

    assert (found.verdict(TESTED, VOLUME), found.codes(TESTED, VOLUME)) == (verdict, codes)


@pytest.mark.long
def test_a_sample_is_held_to_its_size(tmp_path: Path) -> None:
    """Half of three is two; each of them is a finding with what there is."""
    world, asks = restored(5), {"max_age_days": 20, "sample": True, "sample_percent": 50}
    others = [world.volume(name) for name in ("vol-2", "vol-3")]
    few = audit(world, tmp_path, tier={"restore_test": asks})
    (reason,) = few.reasons(TESTED, others[0])
    said = {name: reason.evidence[name] for name in ("restored", "population", "needed")}
    assert (reason.code, said) == ("sample_too_small", {"restored": 1, "population": 3, "needed": 2})
    world.restore(AS_OF - DAY, others[0])
    enough = audit(world, tmp_path, tier={"restore_test": asks})
    assert [enough.verdict(TESTED, one) for one in (VOLUME, *others)] == ["COMPLIANT"] * 3


def _tested(made: World) -> World:
    """The volume is selected by a restore-testing plan that is due each Monday at five."""
    volume = {"ProtectedResourceType": "EBS", "ProtectedResourceArns": [VOLUME]}
    made.at().restore_tests = [plan("weekly", AS_OF - 90 * DAY, volume)]
    return made


SELECTED = "the restore-testing plan weekly selects it, next at 2026-03-02 05:00 UTC"


@pytest.mark.long
@pytest.mark.parametrize(
    ("world", "faults", "code", "testing"),
    [
        (standing(14), [], "not_restored", "no restore-testing plan of its account and Region selects it"),
        (_tested(standing(14)), [], "not_restored", SELECTED),
        (_tested(restored(21)), [], "too_old", SELECTED),
        (_tested(restored(5, CreatedBy=TESTING, ValidationStatus="FAILED")), [], "not_validated", SELECTED),
        (
            _tested(restored(21)),
            [denied("GetRestoreTestingSelection")],
            "too_old",
            "which restore-testing plans select it is not known",
        ),
    ],
    ids=["no plan", "not yet", "stale", "not whole", "denied"],
)
def test_a_finding_says_which_restore_tests_there_are(
    tmp_path: Path, world: World, faults: Sequence[Fault], code: str, testing: str
) -> None:
    """What was not read is a gap, and takes no finding away; calls grow with plans and selections."""
    asks = {"restore_test": {**TIER["restore_test"], "validated": True}} if code == "not_validated" else TIER
    found = audit(world, tmp_path, tier=asks, faults=faults)

    (reason,) = found.reasons(TESTED, VOLUME)
    assert (reason.code, reason.evidence["testing"]) == (code, testing)
    assert reason.message.endswith(f"; {testing}")
    gaps = [(gap["account_id"], gap["operation"], gap["provides"]) for gap in found.gaps]
    assert gaps == [(ACCOUNT, fault.operation, ["restore_tests"]) for fault in faults]
    calls = [call.operation for call in found.calls if "RestoreTesting" in call.operation]
    selections = ["GetRestoreTestingSelection", "ListRestoreTestingSelections"]
    assert sorted(calls) == sorted(
        ["ListRestoreTestingPlans"] * 2 + selections * bool(world.at().restore_tests)
    )


def test_restores_are_asked_for_where_a_tier_asks_only(tmp_path: Path) -> None:
    """Else no call is sent, and a role without the permission leaves no gap."""
    found = audit(standing(14), tmp_path, faults=[denied("ListRestoreJobs")])

    assert (found.verdict(TESTED, VOLUME), found.gaps) == ("NOT_APPLICABLE", [])
    assert "ListRestoreJobs" not in {call.operation for call in found.calls}


def test_what_a_restore_test_made_is_no_resource_without_backup(tmp_path: Path) -> None:
    """A plan leaves it out, and so does the audit; the volume beside it is judged."""
    world = standing(14)
    made = world.volume(
        "vol-2", CreateTime=AS_OF - DAY, Tags=[{"Key": "awsbackup-restore-test", "Value": "weekly"}]
    )
    bare = world.volume("vol-3", CreateTime=AS_OF - DAY)
    found = audit(world, tmp_path)

    verdicts = [found.verdict("BKP-COV-001", arn) for arn in (VOLUME, made, bare)]
    assert verdicts == ["COMPLIANT", "", "NON_COMPLIANT"]

"""Quotas of accounts in an audit: what is listed for them, and what leaves them open."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from auditor.evidence.store import Evidence
from tests.loopback.auditing import Judgement, audit
from tests.loopback.faults import Fault, denied
from tests.loopback.frameworks import framework
from tests.loopback.restore_tests import plan
from tests.loopback.standing import ACCOUNT, AS_OF, HOME, World, standing

CONTROL, ROOT = "BKP-GOV-025", f"arn:aws:iam::{ACCOUNT}:root"
FULL = "controls in frameworks in eu-central-1: 46 of the 50 that AWS Backup takes; at most 90 % may be used"


def judged(
    world: World, path: Path, *faults: Fault, limits: dict[str, int] | None = None, **scope: Any
) -> Judgement:
    """An audit of the whole organization that asks for quotas; `limits` are those that AWS has raised."""
    asked: dict[str, Any] = {"account_quotas": {"asked": True, **(limits or {})}}
    scope["parameters"] = {"evidence": asked, **scope.get("parameters", {})}
    return audit(world, path, accounts="organization", regions=None, faults=[*faults], **scope)


def audited(*controls: int) -> World:
    """The standing volume, and a framework with so many controls each."""
    world = standing(14)
    world.at().frameworks = [framework(f"f{number}", count) for number, count in enumerate(controls)]
    return world


def test_an_account_below_its_quotas_passes(tmp_path: Path) -> None:
    """One call lists the frameworks of a Region, and one its legal holds."""
    found = judged(audited(11, 34), tmp_path)

    assert (found.verdict(CONTROL, ROOT), found.gaps) == ("COMPLIANT", [])
    held = Evidence.open(found.run).read("audit_frameworks", ACCOUNT, HOME).to_pylist()
    assert [(one["name"], one["controls"]) for one in held] == [("f0", 11), ("f1", 34)]
    asked = [call.operation for call in found.calls if call.operation in ("ListFrameworks", "ListLegalHolds")]
    assert sorted(asked) == ["ListFrameworks"] * 2 + ["ListLegalHolds"] * 2


@pytest.mark.long
@pytest.mark.parametrize(
    ("controls", "limits", "faults", "verdict", "said"),
    [
        ([46], {}, [], "NON_COMPLIANT",
         [FULL]),
        ([46], {"framework_controls": 100}, [], "COMPLIANT", []),
        ([51], {}, [], "INSUFFICIENT_DATA", []),
        ([11], {}, [denied("ListFrameworks")], "INSUFFICIENT_DATA", []),
        ([11], {}, [denied("ListLegalHolds")], "INSUFFICIENT_DATA", []),
        ([46], {}, [denied("ListLegalHolds")], "NON_COMPLIANT",
         [FULL]),
        ([], {"vaults": 1}, [], "NON_COMPLIANT",
         ["vaults in eu-central-1: 1 of the 1 that AWS Backup takes; at most 90 % may be used"]),
    ],
    ids=["nearly full", "raised", "beyond", "no frameworks", "no holds", "stands", "vaults"],
)  # fmt: skip
def test_an_account_is_held_to_its_quotas(
    tmp_path: Path,
    controls: list[int],
    limits: dict[str, int],
    faults: Sequence[Fault],
    verdict: str,
    said: list[str],
) -> None:
    """What was not read could only be more; what AWS has raised is said by the parameter."""
    found = judged(audited(*controls), tmp_path, *faults, limits=limits)

    told = [one.message for one in found.reasons(CONTROL, ROOT) if one.code == "nearly_full"]
    assert (found.verdict(CONTROL, ROOT), told) == (verdict, said)


@pytest.mark.long
@pytest.mark.parametrize(
    ("percent", "faults", "verdict", "said"),
    [
        (9, [], "COMPLIANT", []),
        (
            8,
            [],
            "NON_COMPLIANT",
            ["restore-testing plans in eu-central-1: 9 of the 100 that AWS Backup takes"],
        ),
        (9, [denied("ListRestoreTestingPlans")], "INSUFFICIENT_DATA", []),
    ],
    ids=["room", "full", "denied"],
)
def test_restore_testing_plans_count_where_a_tier_has_them_read(
    tmp_path: Path, percent: int, faults: Sequence[Fault], verdict: str, said: list[str]
) -> None:
    """Nothing more is called for that; a plan without selections takes its place too."""
    world = standing(14)
    world.at().restore_tests = [plan(f"p{number}", AS_OF) for number in range(9)]
    share = {"quota_used_percent": percent}
    tier = {"restore_test": {"max_age_days": 20}}
    found = judged(world, tmp_path, *faults, tier=tier, parameters=share)

    told = [one.message.partition(";")[0] for one in found.reasons(CONTROL, ROOT)]
    assert (found.verdict(CONTROL, ROOT), [one for one in told if "takes" in one]) == (verdict, said)


@pytest.mark.long
def test_nothing_is_listed_where_nobody_asks(tmp_path: Path) -> None:
    """Neither frameworks nor legal holds."""
    found = audit(audited(46), tmp_path, accounts="organization")

    assert found.verdict(CONTROL, ROOT) == ""
    assert not {call.operation for call in found.calls} & {"ListFrameworks", "ListLegalHolds"}

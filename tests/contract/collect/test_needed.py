"""What is asked follows from what the controls of the run read, and so does what counts as a gap."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from auditor.audit import evaluate_run
from auditor.catalogue.load import policies_folder
from auditor.evidence.store import Evidence
from auditor.evidence.table_schemas import PARTITIONED
from auditor.model.settings import Settings, silent
from tests.loopback import faults
from tests.loopback.auditing import DAILY, Judgement, audit
from tests.loopback.standing import ACCOUNT, AS_OF, PLAN, World, plan_arn, standing

OTHER = "222233334444"
#: Tiers whose assignment asks for the units of an account.
BY_UNIT = {
    "tiers": {"daily": DAILY, "exempt": {"required": False}},
    "assignment": [{"tier": "exempt", "organizational_units": ["Sandbox"]}],
    "default": "daily",
}


def policies(folder: Path, *controls: str) -> Path:
    """The shipped policies with these controls alone."""
    shutil.copytree(policies_folder(), folder)
    for control in (folder / "controls").glob("*/*/"):
        if control.name not in controls:
            shutil.rmtree(control)
    return folder


#: What is asked beside the evidence, whatever the controls read: nothing rests on it.
BESIDE = {"ListBackupJobSummaries", "ListAccounts"}


def sent(judged: Judgement, *services: str) -> set[str]:
    """The operations that were called for the evidence."""
    called = {call.operation for call in judged.calls if not services or call.service in services}
    return called - BESIDE


def organization(status: str = "ACTIVE") -> World:
    """The standing input, and a second account of its organization that holds nothing."""
    world = standing(35)
    world.account(OTHER, "second", status=status)
    return world


@pytest.mark.parametrize(
    ("control", "asked"), [("recovery_point_encrypted", True), ("recovery_point_kept", False)]
)
def test_keys_are_asked_for_where_a_control_reads_them(tmp_path: Path, control: str, *, asked: bool) -> None:
    """Without the control of encryption KMS is not called, and cannot be denied."""
    chosen = policies(tmp_path / "policies", control)
    judged = audit(
        standing(35), tmp_path, policies=str(chosen), faults=[faults.denied("DescribeKey")], tier={}
    )
    assert ("DescribeKey" in sent(judged)) == asked
    assert [gap["operation"] for gap in judged.gaps] == (["DescribeKey"] if asked else [])


def test_plans_against_locks_need_no_points(tmp_path: Path) -> None:
    """One control of plans and vaults: neither what lies in the vaults, nor copies, nor keys."""
    chosen = policies(tmp_path / "policies", "lifecycle_inside_lock")
    world = standing(35)
    world.vault(Locked=True, MinRetentionDays=7)
    judged = audit(world, tmp_path, policies=str(chosen))
    assert sent(judged, "backup", "kms") == {
        "ListBackupVaults", "ListBackupPlans", "ListBackupPlanVersions", "GetBackupPlan",
        "ListBackupSelections", "GetBackupSelection", "DescribeRegionSettings", "ListBackupJobs",
    }  # fmt: skip
    assert judged.gaps == []
    assert judged.verdict("BKP-IMM-002", plan_arn(PLAN)) == "COMPLIANT"


def test_a_delegated_administrator_can_pass(tmp_path: Path) -> None:
    """The organization is read from a member account, and nothing that only the management account may."""
    world = organization()
    world.management = OTHER
    judged = audit(world, tmp_path, accounts="organization")
    assert (judged.exit_code, judged.overall, judged.gaps) == (0, "COMPLIANT", [])


def test_one_account_needs_no_organization(tmp_path: Path) -> None:
    """Everything of Organizations is denied: it is asked for its id alone, as no tier hangs on a unit."""
    world = standing(35)
    names = ("ListRoots", "DescribeOrganization", "ListAccountsForParent", "ListAccounts")
    judged = audit(world, tmp_path, faults=[faults.denied(name) for name in names])
    asked = sent(judged, "organizations")
    assert (judged.exit_code, judged.gaps, asked) == (0, [], {"DescribeOrganization"})


def test_where_a_tier_hangs_on_a_unit_the_gap_can_be_seen(tmp_path: Path) -> None:
    """The tier of the volume is unknown: exit 4, and the gap is in the document."""
    judged = audit(standing(35), tmp_path, tiers=BY_UNIT, faults=[faults.denied("ListRoots")])
    assert judged.exit_code == 4
    assert [(gap["operation"], gap["provides"]) for gap in judged.gaps] == [("ListRoots", ["accounts"])]
    (row,) = Evidence.open(judged.run).read("accounts").to_pylist()
    assert (row["account_id"], row["ou_path"]) == (ACCOUNT, None)
    assert audit(standing(35), tmp_path, tiers=BY_UNIT).exit_code == 0


@pytest.mark.parametrize("status", ["SUSPENDED", "PENDING_CLOSURE"])
def test_a_closed_account_of_the_organization_is_listed_as_left_out(tmp_path: Path, status: str) -> None:
    """With its status; what cannot be read of it is no gap."""
    judged = audit(organization(status), tmp_path, accounts="organization")
    states = {item["account_id"]: item["status"] for item in judged.document["run"]["accounts"]}
    assert states == {ACCOUNT: "ACTIVE", OTHER: status}
    assert (judged.exit_code, judged.gaps) == (0, [])


@pytest.mark.parametrize("tiers", [None, BY_UNIT])
def test_a_named_account_that_cannot_be_read_is_a_gap(tmp_path: Path, tiers: Any) -> None:
    """Whoever names an account wants to know it, closed or not."""
    judged = audit(organization("SUSPENDED"), tmp_path, accounts=[ACCOUNT, OTHER], tiers=tiers)
    assert [(gap["account_id"], gap["operation"]) for gap in judged.gaps] == [(OTHER, "AssumeRole")]
    assert judged.exit_code == 4


def test_policies_that_need_more_than_was_collected_find_a_gap(tmp_path: Path) -> None:
    """Evidence of one control, judged by all of them: nothing passes on what was not asked for."""
    chosen = policies(tmp_path / "policies", "lifecycle_inside_lock")
    run = audit(standing(35), tmp_path, policies=str(chosen)).run
    document = evaluate_run(run, Settings(as_of=AS_OF), silent)
    (gap,) = document.gaps
    assert (gap.account_id, gap.operation, gap.error) == (ACCOUNT, "collect", "NotRead")
    assert set(gap.provides) & set(PARTITIONED) == {
        "copy_jobs", "keys", "native_protection", "recovery_points", "vault_policies"
    }  # fmt: skip
    passed = {finding.control_id for finding in document.findings if finding.verdict == "INSUFFICIENT_DATA"}
    assert {"BKP-FRQ-001", "BKP-ISO-001", "BKP-RET-002"} <= passed


def test_policies_that_need_less_count_only_their_own_gaps(tmp_path: Path) -> None:
    """The key was denied: a gap for all controls, and none for those that read no key."""
    everything = audit(standing(35), tmp_path, faults=[faults.denied("DescribeKey")])
    chosen = policies(tmp_path / "policies", "recovery_point_kept")
    settings = Settings(as_of=AS_OF, policies=chosen, tiers=everything.run.parents[1] / "tiers.yaml")
    fewer = evaluate_run(everything.run, settings, silent)
    assert [gap["operation"] for gap in everything.gaps] == ["DescribeKey"]
    assert fewer.gaps == ()

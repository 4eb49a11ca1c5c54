"""`auditor explain` where something could not be read, or is not there any more."""

from pathlib import Path

import pytest

from tests.loopback import faults
from tests.loopback.auditing import Judgement, audit
from tests.loopback.standing import (
    ACCOUNT,
    HOME,
    PLAN,
    START,
    VOLUME,
    World,
    nights,
    plan_arn,
    standing,
    vault_arn,
)  # fmt: skip
from tests.truth.explaining import OTHER, command, refused, told, verdicts

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def blind(tmp_path_factory: pytest.TempPathFactory) -> Judgement:
    """Two accounts; of the other one the volumes could not be listed."""
    world = World()
    world.account(OTHER, "till")
    world.volume()
    fault = faults.denied("DescribeVolumes", account_id=OTHER)
    return audit(world, tmp_path_factory.mktemp("blind"), accounts=[ACCOUNT, OTHER], faults=[fault])


def test_an_unrelated_account_is_never_blamed(blind: Judgement) -> None:
    """A volume of the first account that is not there is not hidden by the second one's answer."""
    assert "could not" not in refused(blind.run, VOLUME.replace("vol-1", "vol-9"))
    assert OTHER not in refused(blind.run, VOLUME.replace("vol-1", "vol-9"))


def test_the_call_that_may_hide_the_subject_is_named(blind: Judgement) -> None:
    """It is the ARN's own account and Region, and a call that lists its kind."""
    hidden = VOLUME.replace(ACCOUNT, OTHER)

    assert refused(blind.run, hidden).endswith(
        f"It may be there all the same: ec2:DescribeVolumes failed in account {OTHER} {HOME} "
        "(UnauthorizedOperation)."
    )
    for arn in (hidden.replace("volume/vol-1", "instance/i-1"), vault_arn("main", HOME, OTHER)):
        assert "It may be there" not in refused(blind.run, arn)


def test_an_account_that_could_not_be_listed_is_explained_by_its_finding(blind: Judgement) -> None:
    """Nothing is known of it but the call."""
    finding = next(found for found in blind.document["findings"] if found["subject"]["type"] == "account")

    found = told(blind.run, finding["id"])

    assert (found.subject.account_id, found.asked) == (OTHER, finding["control_id"])
    assert {reason.message for control in found.verdicts for reason in control.reasons} == {
        finding["reasons"][0]["message"]
    }


@pytest.mark.parametrize(
    "operation", ["ListBackupJobs", "ListBackupPlans", "GetBackupPlan", "GetBackupSelection"]
)
def test_no_slot_is_told_where_jobs_or_plans_were_not_read(tmp_path: Path, operation: str) -> None:
    """A job that nobody could look for was not missed."""
    run = audit(standing(35), tmp_path, faults=[faults.denied(operation, region=HOME)]).run

    found = told(run, VOLUME)

    assert found.resource is not None
    assert (found.resource.slots, len(found.unread)) == (None, 1)


def test_what_could_not_be_read_is_told_as_unknown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Not as a resource that no plan has to do with."""
    run = audit(standing(35), tmp_path, faults=[faults.denied("ListBackupPlans", region=HOME)]).run

    command("explain", "vol-1", "--run", str(run))

    told = capsys.readouterr().out
    assert "unknown: the plans or their selections could not be read" in told
    assert "unknown: what says so could not be read" in told
    assert "no plan of its account" not in told
    assert "no rule of a plan" not in told


def test_a_deleted_resource_is_explained_by_its_jobs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is in no inventory any more; the nights that were backed up and missed are told all the same."""
    world = standing(35, backups=[night for night in nights(START) if night.day != 10])
    world.at().volumes.clear()
    judged = audit(world, tmp_path)

    found = told(judged.run, "vol-1")

    assert found.subject.type == "deleted_resource"
    assert verdicts(found) == {
        control: verdict for (control, arn), verdict in judged.verdicts.items() if arn == VOLUME
    }
    assert found.resource is not None
    assert [slot["state"] for slot in found.resource.slots or ()].count("MISSED") == 1
    assert command("explain", "vol-1", "--run", str(judged.run)) == 0
    assert capsys.readouterr().out.startswith("deleted EBS vol-1\n")


def test_what_hangs_on_an_unread_plan_is_told_as_unknown(tmp_path: Path) -> None:
    """The copy that it may make, and whether it leads into the vault; the verdicts are the run's."""
    copied = {"copy": {"retention_days": 7}}
    run = audit(standing(14), tmp_path, tier=copied, faults=[faults.denied("GetBackupPlan")]).run

    assert verdicts(told(run, VOLUME))["BKP-ISO-001"] == "INSUFFICIENT_DATA"
    assert told(run, vault_arn("main")).related == ["unknown: plans could not be read"]


@pytest.mark.parametrize(
    ("unread", "related"),
    [
        ([], "no selection, so no resource"),
        (["ListBackupSelections"], "unknown: its selections could not be read"),
    ],
)
def test_a_plan_without_selections_is_told_from_one_whose_were_not_read(
    tmp_path: Path, unread: list[str], related: str
) -> None:
    """What it selects is nothing, or unknown."""
    world = standing(14)
    world.vault("empty")
    world.at().selections.clear()
    run = audit(world, tmp_path, faults=[faults.denied(one) for one in unread]).run

    assert told(run, plan_arn(PLAN)).related == [related]
    assert told(run, vault_arn("empty")).related == ["no rule of a plan"]

"""What push reads in an account: an answer of another form is a failed call of that account and Region."""

import json
from threading import Event

import pytest

from auditor.aws.reader import CallFailed
from auditor.aws.session import Sessions
from auditor.push.access import Access
from auditor.push.apply import AccountChanges
from auditor.push.changes import OWNER_TAG, Action, Change, ChangeKind, ChangeStatus
from auditor.push.state import RegionState, read_state
from tests.loopback import faults
from tests.loopback.collecting import Directly
from tests.loopback.standing import ACCOUNT, HOME, MAIN, World, standing

OURS = dict([OWNER_TAG])


def state(world: World) -> RegionState:
    """What push reads of the standing plan and vault, both ours."""
    world.operations["backup", "ListTags"] = lambda _place, _given: {"Tags": OURS}
    with Directly(world, accounts="caller", regions=(HOME,)):
        reader = Access(Sessions.from_environment(role_name="Push")).reader(ACCOUNT, HOME)
        return read_state(reader, aliases=(), vault_names=(MAIN,))


def test_what_is_there_is_read() -> None:
    """A vault that is not locked, and a plan with its selection."""
    found = state(standing(1))

    assert [(name, vault.owned, vault.lock.locked) for name, vault in found.vaults.items()] == [
        (MAIN, True, False)
    ]
    assert [(plan.owned, len(plan.selections)) for plan in found.plans] == [(True, 1)]


@pytest.mark.parametrize("body", [b"{}", b'{"x": 1}'])
@pytest.mark.parametrize(
    "operation",
    [
        *("DescribeRegionSettings", "ListBackupVaults", "ListBackupPlans", "GetBackupPlan"),
        *("ListBackupSelections", "GetBackupSelection"),
    ],
)
def test_an_answer_of_another_form_is_a_failed_call(operation: str, body: bytes) -> None:
    """The other accounts go on, and nothing is taken for "there is none"."""
    world = standing(1)
    world.faults = [faults.answered(operation, 200, body)]
    with pytest.raises(CallFailed):
        state(world)


def test_a_plan_that_was_made_without_an_id_is_a_failed_change() -> None:
    """Its selections are not tried, and the other accounts go on."""
    world = standing(1)
    world.operations["backup", "CreateBackupPlan"] = lambda _place, _given: {}
    rule = {"RuleName": "daily", "TargetBackupVaultName": MAIN}
    plan = {"BackupPlanName": "gold", "Rules": [rule]}
    made = Change(ACCOUNT, "one", HOME, ChangeKind.PLAN, "gold", Action.CREATE, after=plan)
    with Directly(world, accounts="caller", regions=(HOME,)):
        sessions = Sessions.from_environment(role_name="Push")
        changes = AccountChanges(lambda region: sessions.client("backup", ACCOUNT, region), Event())
        (found,) = changes.apply([made])

    said = "CreateBackupPlan failed (Unreadable: The answer cannot be understood: it has no BackupPlanId)"
    assert (found.outcome, found.error) == (ChangeStatus.FAILED, f"{said}; push again.")


def test_a_vault_of_which_it_is_not_told_whether_it_is_locked_is_none_without_a_lock() -> None:
    """Push would lock it anew."""
    world = standing(1)

    def without(body: bytes) -> bytes:
        told = json.loads(body)
        for vault in told["BackupVaultList"]:
            del vault["Locked"]
        return json.dumps(told).encode()

    world.faults = [faults.other("ListBackupVaults", without)]
    with pytest.raises(CallFailed, match="it has no Locked"):
        state(world)

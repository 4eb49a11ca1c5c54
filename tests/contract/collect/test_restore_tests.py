"""Selections of restore-testing plans: who is asked for them, and what is gone while they are read."""

from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest

from auditor.collect.restore_tests import RESTORE_TESTING
from tests.loopback.collecting import Directly
from tests.loopback.faults import denied, refused
from tests.loopback.own_backups import OWN_BACKUPS
from tests.loopback.restore_tests import plan
from tests.loopback.standing import HOME, SINCE, World, standing

if TYPE_CHECKING:
    from auditor.collect.collector import Scope

TABLES = ("restore_tests",)


def planned() -> World:
    """A plan with two selections."""
    made = standing()
    made.operations |= OWN_BACKUPS
    chosen = [{"ProtectedResourceType": kind, "ProtectedResourceArns": ["*"]} for kind in ("EBS", "EFS")]
    made.at().restore_tests = [plan("weekly", SINCE, *chosen)]
    return made


@pytest.mark.parametrize("partition", ["aws-cn", "aws-us-gov"])
def test_nobody_is_asked_where_there_is_no_restore_testing(partition: str) -> None:
    """A call there would be refused."""
    RESTORE_TESTING.read(cast("Scope", SimpleNamespace(partition=partition)))


def test_a_selection_that_is_gone_meanwhile_is_none() -> None:
    """One that was refused is a gap, and so is a plan whose selections were."""
    with Directly(planned(), accounts="caller", regions=(HOME,)) as directly:
        whole = directly.read()
        gone = directly.read(refused("GetRestoreTestingSelection", "ResourceNotFoundException", times=1))
        hidden = [directly.read(denied(one)).gaps for one in
                  ("GetRestoreTestingSelection", "ListRestoreTestingSelections")]  # fmt: skip
    table = next(name for name in whole.evidence if "restore_tests" in name)
    assert whole.gaps == gone.gaps == ()
    assert whole.evidence[table] != gone.evidence[table]
    assert [[gap.provides for gap in gaps] for gaps in hidden] == [[("restore_tests",)]] * 2


def test_a_plan_without_selections_is_a_plan() -> None:
    """It counts towards the quota of plans, whether it never had one or has lost the last."""
    world = planned()
    with Directly(world, accounts="caller", regions=(HOME,)) as directly:
        gone = directly.read(
            refused("GetRestoreTestingSelection", "ResourceNotFoundException"), tables=TABLES
        )
        world.at().restore_tests = [plan("weekly", SINCE)]
        empty = directly.read(tables=TABLES)
        world.at().restore_tests = []
        nothing = directly.read(tables=TABLES)
    table = next(name for name in empty.evidence if "restore_tests" in name)
    assert empty.evidence[table] == gone.evidence[table] != nothing.evidence.get(table)
    assert empty.gaps == gone.gaps == nothing.gaps == ()

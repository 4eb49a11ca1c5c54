"""Access policies of vaults, of a change held against a run: what opens, what closes, and what stays."""

from pathlib import Path
from typing import Any

import pytest

from tests.check.conftest import Said
from tests.check.recorded_run import against, world
from tests.check.terraform import Later, Plan
from tests.check.test_check_command import written
from tests.check.test_vault_policies import CLOSED, COPY, document, statement
from tests.loopback.auditing import Judgement, audit
from tests.loopback.standing import ACCOUNT, HOME, vault_arn

OPEN, SHUT = document(statement()), document(statement(COPY))
MAIN, BARE = vault_arn("main"), vault_arn("bare")
Ways = list[tuple[str, str, str | None, str | None]]


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> Judgement:
    """The audit of an organization in which one vault is open to everybody and another has no policy."""
    made = world()
    made.vault("bare")
    made.at().access_policies["main"] = OPEN
    return audit(made, tmp_path_factory.mktemp("held"))


def policy(after: Any, before: Any = OPEN, *, vault: str = "main", actions: Any = ("update",)) -> Plan:
    """A plan in which the policy of a vault becomes another."""
    was = {"backup_vault_name": vault, "backup_vault_arn": vault_arn(vault), "id": vault, "policy": before}
    held = None if actions == ("create",) else was
    return Plan(region=HOME).add(
        "aws_backup_vault_policy.main", actions, before=held, **{**was, "policy": after}
    )


def ways(command: Said, path: Path, run: Judgement, plan: Plan) -> Ways:
    """What becomes of the control's verdicts: vault, way, before and after."""
    file = written(path / "plan.json", plan.first())
    _, found = against(command, run, file, "--account", ACCOUNT, "--unit", "/")
    return [
        (one["subject"]["name"], one["way"], one["before"], one["after"])
        for one in found["changes"]
        if one["control_id"] == CLOSED
    ]


QUICK = [
    pytest.param(policy(SHUT), [("main", "gains", "NON_COMPLIANT", "COMPLIANT")], id="closes"),
    pytest.param(
        policy(OPEN, vault="bare", actions=("create",)),
        [("bare", "loses", None, "NON_COMPLIANT")],
        id="opens",
    ),
]
OTHERS = {
    "as-recorded": (policy(OPEN, SHUT), []),
    "stays": (policy(SHUT, SHUT, actions=("no-op",)), []),
    "taken-away": (policy(None, actions=("delete",)), [("main", "unasked", "NON_COMPLIANT", None)]),
    "a-first-one": (
        policy(SHUT, vault="bare", actions=("create",)),
        [("bare", "asked", None, "COMPLIANT")],
    ),
    "not-known-yet": (
        policy(Later(None, ["local.policy"])),
        [("main", "unknown", "NON_COMPLIANT", "INSUFFICIENT_DATA")],
    ),
}


@pytest.mark.parametrize(
    ("plan", "expected"),
    [*QUICK, *(pytest.param(*case, marks=pytest.mark.long, id=name) for name, case in OTHERS.items())],
)
def test_what_becomes_of_a_policy(
    command: Said, held: Judgement, tmp_path: Path, plan: Plan, expected: Ways
) -> None:
    """What does not change is left as it was recorded, whatever the input says of it."""
    assert ways(command, tmp_path, held, plan) == expected

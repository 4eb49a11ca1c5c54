"""The account of whoever makes a plan, where only that tells in which account everything lies."""

from tests.check.conftest import Check, messages
from tests.check.terraform import ACCOUNT, Json
from tests.check.test_roles import BACKUP, CLOSED, OPEN, attach, plan, said, trust_from


def read_caller(account: str, *modules: str) -> Json:
    """What a plan has read of the account of whoever makes it, in a module within modules."""
    entry = {"type": "aws_caller_identity", "mode": "data", "values": {"account_id": account}}
    module: Json = {"resources": [entry]}
    for name in modules:
        module = {"child_modules": [{"address": name, **module}]}
    return {"prior_state": {"values": {"root_module": module}}}


def test_the_account_that_a_trust_asks_for_is_that_of_the_caller(check: Check) -> None:
    """In whatever module the plan reads it; a first plan that reads none says what to do."""
    made = attach(plan(trust_from(ACCOUNT)), BACKUP)
    first, second = made.first(), made.second()

    for where in ((), ("module.a",), ("module.b", "module.a")):
        assert said(check, {**first, **read_caller(ACCOUNT, *where)}) == said(check, second) == set(), where
        assert said(check, {**first, **read_caller("444455556666", *where)}) == CLOSED, where
    two = {**first, **read_caller("444455556666")}
    two["prior_state"]["values"]["root_module"] |= read_caller(ACCOUNT, "module.a")["prior_state"]["values"][
        "root_module"
    ]
    assert said(check, two) == said(check, first) == OPEN
    assert "no input names the account of the role, so say it with --account" in messages(check(first))

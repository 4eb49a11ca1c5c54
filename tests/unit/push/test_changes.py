"""Changes as a person reads them."""

from typing import Any

from auditor.push.changes import Action, Change, ChangeKind, render


def change(account: str, region: str, kind: ChangeKind, name: str, action: Action, **more: Any) -> Change:
    """A planned change of an account called after its id."""
    return Change(account, f"name-{account[0]}", region, kind, name, action, **more)


def test_an_account_is_one_paragraph_and_its_regions_are_joined() -> None:
    """Counts first, then what is changed where, failures with their sentence, and each warning once."""
    a, b = "1" * 12, "2" * 12
    warned = Change(a, "name-1", "eu", ChangeKind.LOCK, "gold", Action.CREATE, warnings=("It stays.",))
    lines = render(
        [
            change(b, "eu", ChangeKind.PLAN, "gold", Action.NONE).done(),
            change(a, "eu", ChangeKind.VAULT, "gold", Action.CREATE),
            change(a, "us", ChangeKind.VAULT, "gold", Action.CREATE),
            warned,
            Change(a, "name-1", "us", ChangeKind.LOCK, "gold", Action.CREATE, warnings=("It stays.",)).done(),
            change(a, "us", ChangeKind.PLAN, "gold", Action.UPDATE).failed("Denied."),
            change(a, "eu", ChangeKind.PLAN, "iron", Action.DELETE).done(),
            change("3" * 12, "", ChangeKind.ACCOUNT, "3" * 12, Action.NONE).failed("No role."),
        ]
    )
    assert lines == [
        "111111111111 name-1: 3 to create, 1 created, 1 deleted, 1 failed",
        "  failed     plan gold (us): Denied.",
        "  to create  vault gold (eu, us)",
        "  to create  lock gold (eu)",
        "  created    lock gold (us)",
        "  deleted    plan iron (eu)",
        "222222222222 name-2: 1 unchanged",
        "333333333333 name-3: 1 failed",
        "  failed     account 333333333333 (every Region): No role.",
        "Warning: It stays. (2 times)",
    ]


def test_text_of_aws_cannot_steer_the_terminal() -> None:
    """Names and messages lose their control characters; an account without a name is its id."""
    planned = Change("1" * 12, "\x1b[2Jshop", "eu", ChangeKind.SELECTION, "a\nb", Action.DELETE)
    nameless = Change("2" * 12, "", "eu", ChangeKind.PLAN, "p", Action.UPDATE).failed("\x9b31m.")
    assert render([planned, nameless]) == [
        "111111111111 \ufffd[2Jshop: 1 to delete",
        "  to delete  selection a\ufffdb (eu)",
        "222222222222: 1 failed",
        "  failed     plan p (eu): \ufffd31m.",
    ]


def test_nothing_is_nothing() -> None:
    """No change, no line."""
    assert render([]) == []


def test_what_the_policies_cannot_say_is_said_once() -> None:
    """Not once for each account and Region that it holds for."""
    changes = [
        Change(account, "", region, ChangeKind.POLICY, "desired state", Action.NONE).failed("Pair eu.")
        for account in ("1" * 12, "2" * 12)
        for region in ("eu", "us")
    ]
    assert render(changes) == [
        "111111111111: 2 failed",
        "222222222222: 2 failed",
        "Nothing is pushed there: Pair eu. (4 times)",
    ]

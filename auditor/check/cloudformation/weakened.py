"""What a change set weakens of what stays: policies that deny less, locks that hold less, restore tests."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from auditor.check.cloudformation.documents import as_number
from auditor.check.cloudformation.functions import is_later
from auditor.check.cloudformation.identities import AIR_GAPPED, VAULT
from auditor.check.cloudformation.stack_changes import StackChange
from auditor.check.restore_tests import less_tested
from auditor.check.shapes import as_object
from auditor.derive.iam_policy import statements_of
from auditor.derive.iam_weakening import less_denied
from auditor.derive.vault_access import VAULT_ACTIONS
from auditor.model.documents import UnreadableDocument

Json = Any

_POLICY, _LOCK = "AccessPolicy", "LockConfiguration"
#: The kind of what is weakened, what it loses, and why that is not known, in a clause.
Loss = tuple[str, tuple[str, ...], str]
#: The kind of a change, by the type.
RESTORE_TESTS: Final = {
    "AWS::Backup::RestoreTestingPlan": "restore testing plan",
    "AWS::Backup::RestoreTestingSelection": "restore testing selection",
}
#: The types of which it is looked at whether they are weakened.
COMPARED: Final = (VAULT, AIR_GAPPED, *RESTORE_TESTS)
_OPEN: Final = "whether it denies as much as before is not known"
_OPEN_LOCK: Final = "what its shortest retention is, before or after, is not known"


def weakened(one: StackChange) -> Iterator[Loss]:
    """What a vault loses by a change of its properties; what it no longer has at all is deleted."""
    before, after = one.before, one.after
    if one.kind in RESTORE_TESTS and not one.fate[0] and before is not None and after is not None:
        less = less_tested(_numbers(before), _numbers(after), is_later)
        if less:
            yield RESTORE_TESTS[one.kind], less.lost, less.fault
    if one.kind not in (VAULT, AIR_GAPPED) or one.fate[0] or before is None or after is None:
        return
    if before.get(_POLICY) and after.get(_POLICY):
        yield from _policy(before[_POLICY], after[_POLICY])
    was, becomes = (
        properties if one.kind == AIR_GAPPED else as_object(properties.get(_LOCK))
        for properties in (before, after)
    )
    if becomes:
        yield from _lock(was, becomes)


def _numbers(properties: Mapping[str, Json]) -> dict[str, Json]:
    """Properties with numbers that a template may write as texts."""
    return {
        key: _numbers(value) if isinstance(value, Mapping) else as_number(value)
        for key, value in properties.items()
    }


def _policy(before: Json, after: Json) -> Iterator[Loss]:
    try:
        was, becomes = statements_of(before), statements_of(after)
    except UnreadableDocument:  # what it opens is not known either, which is said of the policy
        return
    less = less_denied(was, becomes, VAULT_ACTIONS)
    if less.sure or less.unsure:
        sure = less.sure and not is_later(after)
        yield "vault policy", less.sure or less.unsure, "" if sure else _OPEN


def _lock(was: Mapping[str, Json], becomes: Mapping[str, Json]) -> Iterator[Loss]:
    """What a lock holds no more."""
    least, then = (as_number(lock.get("MinRetentionDays")) for lock in (was, becomes))
    known = isinstance(least, int) and isinstance(then, int)
    shorter = least is not None and (then is None or (known and then < least))
    held = f"a shortest retention of {least} days"
    lost = [held] if shorter else []
    if was.get("ChangeableForDays") and not becomes.get("ChangeableForDays"):
        lost.append("that nobody can undo it")
    if lost:
        yield "lock", tuple(lost), ""
    elif not known and least not in (None, then):
        yield "lock", (held,), _OPEN_LOCK

"""Facts of plans: the role of each selection, whether it is there and whether AWS Backup may take it on.

The second is asked where the users and roles of accounts are read: where a parameter asks for it, or for
those who may destroy backups (aws-backup.md 4.14).
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

from auditor.derive.iam_policy import trusts, understood
from auditor.evaluate.configuration import NOT_READ
from auditor.evaluate.deferred import Fact
from auditor.evaluate.facts import Column, encode
from auditor.evaluate.holes import holes_of
from auditor.evaluate.membership import unlisted_selections
from auditor.evaluate.principals import ROLE_STATES
from auditor.evidence.table_schemas import DOCUMENTS, PRINCIPALS
from auditor.model.arn import place_of
from auditor.model.plans import BackupPlan, Selection

if TYPE_CHECKING:
    from auditor.evaluate.inventory import Inventory

_SERVICE: Final = "backup.amazonaws.com"
_OPERATION: Final = "GetAccountAuthorizationDetails"


def role_facts(inventory: "Inventory", plans: Sequence[BackupPlan]) -> dict[str, Fact]:
    """The facts of each plan; partial where a selection was not listed or read, or names no role."""
    scope = inventory.scope
    missing = scope.missing("backup_selections")
    by_plan: defaultdict[str, list[Selection]] = defaultdict(list)
    for selection in inventory.selections:
        by_plan[selection.plan_id].append(selection)
    named = [[one for one in by_plan[plan.plan_id] if one.iam_role_arn] for plan in plans]
    gaps = [{*missing, *_unnamed(inventory, plan, by_plan[plan.plan_id])} for plan in plans]
    roles = [[_role(inventory, one) for one in held] for held in named]
    return {
        "roles": encode(roles, *holes_of([tuple(sorted(ids)) for ids in gaps], partial=True)),
        ROLE_STATES: lambda: _states(inventory, named, gaps),
    }


def _role(inventory: "Inventory", selection: Selection) -> dict[str, Any]:
    own = place_of(selection.iam_role_arn)[0] == inventory.scope.account.account_id
    return {"selection": selection.name, "role_arn": selection.iam_role_arn, "own_account": own}


def _unnamed(inventory: "Inventory", plan: BackupPlan, held: Sequence[Selection]) -> Iterator[str]:
    """The gaps that hide the role of a selection of a plan."""
    yield from unlisted_selections(inventory, plan)
    if any(one.fault for one in held):
        yield from inventory.scope.missing(DOCUMENTS["backup_selections"])
    for one in held:
        if not one.iam_role_arn and one.fault != NOT_READ:
            why = one.fault or "it names none"
            said = f"The role of the selection {one.name} is not told: {why}."
            about = f"role {one.selection_id}"
            yield inventory.scope.unknown("GetBackupSelection", "Unreadable", about, said)


def _states(
    inventory: "Inventory", named: Sequence[Sequence[Selection]], hidden: Sequence[set[str]]
) -> Column:
    """Of each role of the account itself whether it can be used; absent where no role is read."""
    scope = inventory.scope
    if scope.role_trusts is None:
        return encode([None] * len(named))
    account_id, values, gaps = scope.account.account_id, [], []
    unread = scope.missing(PRINCIPALS)
    for held, ids in zip(named, hidden, strict=True):
        own = [one for one in held if place_of(one.iam_role_arn)[0] == account_id]
        found = [(one, _state(inventory, one.iam_role_arn)) for one in ([] if unread else own)]
        values.append(
            [
                {"selection": one.name, "role_arn": one.iam_role_arn, "state": state}
                for one, (state, _) in found
                if state
            ]
        )
        unknown = {name for _, (_, names) in found for name in names}
        gaps.append(tuple(sorted({*ids, *unknown, *(unread if own else ())})))
    return encode(values, *holes_of(gaps, partial=True))


def _state(inventory: "Inventory", arn: str) -> tuple[str, tuple[str, ...]]:
    """Whether a role is there and open to AWS Backup, or the gap because of which that is not known."""
    scope = inventory.scope
    account_id = scope.account.account_id
    held = scope.role_trusts.of(account_id) if scope.role_trusts else {}
    if scope.past:
        state, why = "", "it was read long after as_of"
    elif not held:
        state, why = "", f"no role of account {account_id} was listed"
    elif arn not in held:
        alike = arn.lower() in map(str.lower, held)
        state, why = ("", "there is one whose name has other capitals") if alike else ("missing", "")
    else:
        state, why = _trusting(held[arn], account_id)
    if not why:
        return state, ()
    said = f"Whether AWS Backup may take on the role {arn} is not known: {why}."
    return "", (scope.unknown(_OPERATION, "Undecided", arn, said),)


def _trusting(document: str | None, account_id: str) -> tuple[str, str]:
    """Whether the trust policy of a role lets AWS Backup take it on, or why that is not known."""
    statements = understood(document or "")
    if statements is None:
        return "", "its trust policy was not told, or cannot be understood"
    answer = trusts(statements, _SERVICE, account_id, known=True)
    if answer is None:
        return "", "what a condition of its trust policy asks of AWS Backup is not known"
    return "usable" if answer else "closed", ""

"""The backup policies of the organization, and what AWS Organizations makes of them in each account.

Where the type of policy is not turned on, one call says so. Where it is, there is one call for each account
that a policy is attached to, or to what it lies in: AWS tells no two accounts at once.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, Final

from auditor.aws.items import SECONDS, member, optional
from auditor.aws.organization import listed, understood
from auditor.aws.reader import CallFailed, Reader
from auditor.collect.control_policies import attached_policies
from auditor.evidence.policy_tables import BACKUP_POLICIES, EFFECTIVE_POLICIES, POLICY_ERRORS
from auditor.model.organization import Account

_SERVICE: Final = "organizations"
_KIND: Final = "BACKUP_POLICY"
_NONE: Final = "EffectivePolicyNotFoundException"
#: IAM actions of the caller for them, beside those for service control policies.
BACKUP_POLICY_ACTIONS: Final = (
    "organizations:DescribeEffectivePolicy",
    "organizations:ListAccountsWithInvalidEffectivePolicy",
    "organizations:ListEffectivePolicyValidationErrors",
)

Row = dict[str, Any]
#: Told of the account whose `provides` cannot be read, and why.
Unread = Callable[[Account, tuple[str, ...], CallFailed], None]


def backup_policies(
    reader: Reader, caller: Account, accounts: Sequence[Account], unread: Unread
) -> dict[str, list[Row]]:
    """Rows of each table of backup policies; what fails of one account leaves the others alone."""
    policies = attached_policies(reader, (_KIND,), partial(unread, caller, (BACKUP_POLICIES,)))
    targets = {target for policy in policies for target in policy["targets"]}
    bound = [one for one in accounts if not targets.isdisjoint((*(one.parents or ()), one.account_id))]
    found: dict[str, list[Row]] = {BACKUP_POLICIES: policies, EFFECTIVE_POLICIES: [], POLICY_ERRORS: []}
    for account in bound:
        try:
            found[EFFECTIVE_POLICIES].append(_effective(reader, account.account_id))
        except CallFailed as error:
            unread(account, (EFFECTIVE_POLICIES,), error)
    if bound:
        found[POLICY_ERRORS] += _invalid(reader, caller, {one.account_id: one for one in bound}, unread)
    return found


def _effective(reader: Reader, account_id: str) -> Row:
    """The row of an account; where there is no effective policy, without a document."""
    operation = "DescribeEffectivePolicy"
    try:
        answer = reader.ask(_SERVICE, operation, PolicyType=_KIND, TargetId=account_id)
    except CallFailed as error:
        if error.failure.code != _NONE:
            raise
        return {"account_id": account_id, "document": None, "updated_at": None}
    with understood(operation):
        policy = member(answer, "EffectivePolicy", dict)
        updated = optional(policy, "LastUpdatedTimestamp", SECONDS)
        document = member(policy, "PolicyContent")
        return {"account_id": account_id, "document": document, "updated_at": updated}


def _invalid(reader: Reader, caller: Account, bound: dict[str, Account], unread: Unread) -> Iterator[Row]:
    """The errors of the accounts whose policies AWS Organizations does not let take effect."""
    operation = "ListAccountsWithInvalidEffectivePolicy"
    try:
        invalid = sorted({*listed(reader, operation, "Accounts", _id, PolicyType=_KIND)} & bound.keys())
    except CallFailed as error:
        unread(caller, (POLICY_ERRORS,), error)
        return
    operation, items = "ListEffectivePolicyValidationErrors", "EffectivePolicyValidationErrors"
    for account_id in invalid:
        rows: list[Row] = []
        try:
            rows += listed(reader, operation, items, _error, AccountId=account_id, PolicyType=_KIND)
        except CallFailed as error:
            unread(bound[account_id], (POLICY_ERRORS,), error)
        nothing = {"code": None, "message": None, "path": None}
        yield from ({"account_id": account_id, **row} for row in rows or (nothing,))


def _id(item: Any) -> str:
    return str(member(item, "Id"))


def _error(item: Any) -> Row:
    return {
        "code": str(member(item, "ErrorCode")),
        "message": optional(item, "ErrorMessage"),
        "path": optional(item, "PathToError"),
    }

"""Facts of keys: whom the policy of each lets take it away although they are no guardians of backups."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from auditor.derive.control_policies import AccountPlace, Bounds
from auditor.derive.key_custody import custodians
from auditor.evaluate.facts import Column, encode
from auditor.evaluate.guard_rails import ControlPolicies, unread_policies
from auditor.evaluate.holes import holes_of
from auditor.evaluate.scope import ScopeFacts
from auditor.evaluate.shortened import first_ten
from auditor.evidence.asked_tables import KEY_POLICIES
from auditor.model.arn import place_of
from auditor.model.documents import UnreadableDocument

if TYPE_CHECKING:
    from auditor.evaluate.inventory import Inventory

CUSTODIANS: Final = "key.custodians"
_OPERATION: Final = "GetKeyPolicy"
_ATTACHED: Final = "ListTargetsForPolicy"

Gaps = tuple[str, ...]


def custody_fact(
    inventory: "Inventory",
    arns: Sequence[str],
    told: Mapping[str, Mapping[str, Any]],
    policies: ControlPolicies,
) -> Column:
    """For each key whom its policy names, where guardians are; `told` is what KMS says of keys by ARN.

    Absent of what AWS manages, whose policy nobody changes, and of a key that KMS does not know any more.
    """
    if not inventory.scope.guardians:
        return encode([None] * len(arns))
    table = inventory.read(KEY_POLICIES)
    documents = dict(zip(table["key_arn"].to_pylist(), table["document"].to_pylist(), strict=True))
    bounding = _bounds(inventory, policies)
    found = [_named(inventory, arn, told.get(arn), documents.get(arn), bounding) for arn in arns]
    return encode(
        [names for names, _, _ in found],
        *holes_of([unknown for _, unknown, _ in found]),
        *holes_of([perhaps for _, _, perhaps in found], partial=True),
    )


@dataclass(frozen=True, slots=True)
class _Bounding:
    """The control policies that count in an account; where not known, the gaps or why, a sentence."""

    bounds: Bounds
    gaps: Gaps = ()
    why: str = ""

    def unknown(self, scope: ScopeFacts) -> Gaps:
        """The gaps without which they are not known."""
        account_id = scope.account.account_id
        about = f"keys of {account_id}"
        why = (scope.unknowns.add(account_id, "", _ATTACHED, "NotRead", about, self.why),) if self.why else ()
        return self.gaps or why


def _bounds(inventory: "Inventory", policies: ControlPolicies) -> _Bounding:
    account = inventory.scope.account
    whole = inventory.evidence.metadata.get("management_account_id")
    if account.account_id in (whole, inventory.scope.members.management):
        return _Bounding(Bounds())
    if not whole and not account.alone:
        return _Bounding(Bounds(None), why="The control policies of the organization were not read.")
    unread = unread_policies(inventory.scope.gaps, account)
    if unread:
        return _Bounding(Bounds(None), unread)
    bounds, why = policies.bounds(account, management=False)
    return _Bounding(bounds, why=why)


def _named(
    inventory: "Inventory",
    arn: str,
    key: Mapping[str, Any] | None,
    document: str | None,
    bounding: _Bounding,
) -> tuple[list[str] | None, Gaps, Gaps]:
    """Those whom the policy names, the gaps without which they are not known, and those that hide more."""
    scope = inventory.scope

    def unknown(error: str, clause: str) -> Gaps:
        said = f"Who may take the key {arn} away by its policy is not known: {clause}."
        return (scope.unknown(_OPERATION, error, arn, said),)

    if key is not None and key["key_manager"] != "CUSTOMER":
        return None, (), ()
    if scope.past:
        return None, unknown("ReadLater", "it was read long after as_of"), ()
    if document is None:
        missing = scope.missing("keys", KEY_POLICIES)
        if place_of(arn) != (scope.account.account_id, scope.region):
            missing = unknown("NotRead", "it is of another account or Region")
        return None, missing or unknown("NotRead", "it is not in the evidence"), ()
    try:
        account = AccountPlace(scope.account.account_id, scope.account.partition, scope.members)
        named = custodians(document, arn, account, scope.guardians, bounding.bounds)
    except UnreadableDocument as error:
        return None, unknown("Unreadable", f"it cannot be understood: {error}"), ()
    open_: Gaps = ()
    if named.perhaps:
        why = f"a condition or a denial may take it back from {named.perhaps[0]}"
        open_ = bounding.unknown(scope) or unknown("Undecided", why)
    return first_ten(named.sure), (), open_

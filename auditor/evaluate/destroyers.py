"""Facts of accounts: which of their users and roles may destroy backups although they are no guardians."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from auditor.derive.control_policies import AccountPlace, Bounds
from auditor.derive.destroyers import (
    OPERATING,
    IamPrincipal,
    Permissions,
    Permitted,
    acts_for_itself,
)
from auditor.derive.destructible import DESTROYING, DESTROYING_FROM_MANAGEMENT
from auditor.derive.guards import named_besides
from auditor.derive.iam_conditions import pattern
from auditor.derive.organization_conditions import Members
from auditor.evaluate.destructible import destructible, guards
from auditor.evaluate.facts import Hole
from auditor.evaluate.gaps import GapIndex, Unknowns
from auditor.evaluate.guard_rails import ControlPolicies, unread_policies
from auditor.evaluate.principals import AccountsPrincipals
from auditor.evaluate.shortened import first_ten
from auditor.evidence.table_schemas import PRINCIPALS
from auditor.model.organization import Account

if TYPE_CHECKING:
    from auditor.evidence.store import Evidence

DESTROYERS, DESTROYERS_COUNT = "account.destroyers", "account.destroyers_count"
UNSEPARATED, UNSEPARATED_COUNT = "account.unseparated", "account.unseparated_count"
_OPERATION: Final = "GetAccountAuthorizationDetails"
_OPEN: Final = "conditions, resources or policies that were not told leave it open"


@dataclass(frozen=True, slots=True)
class Destroyers:
    """ARNs of those who may destroy backups, or patterns of some, and whether they may run backups too."""

    guardians: tuple[str, ...] = ()
    apart: bool = False


NO_DESTROYERS: Final = Destroyers()


def destroyers(parameters: Mapping[str, Any]) -> Destroyers:
    """What `parameters` (parameters.yaml, checked) ask for."""
    given = parameters.get("evidence", {}).get("destroyers", {})
    return Destroyers(tuple(given.get("guardians", ())), given.get("apart_from_operators", False))


@dataclass(slots=True)
class _Said:
    """Those of whom something is so, each in a few words, and those of whom that is not known."""

    sure: list[str]
    perhaps: list[str]

    def facts(self, path: str, count: str) -> dict[str, Any]:
        return {path: first_ten(self.sure), count: len(self.sure)}


class AccountPrincipals:
    """The users and roles of all accounts of a run; account by account they are judged."""

    def __init__(
        self,
        evidence: "Evidence",
        policies: ControlPolicies,
        asked: Destroyers,
        known: GapIndex,
        unknowns: Unknowns,
        members: Members,
    ) -> None:
        self._evidence, self._policies, self._asked = evidence, policies, asked
        self._members = members
        self._known, self._unknowns = known, unknowns
        self._principals = AccountsPrincipals(evidence)

    def facts(self, account: Account, *, management: bool) -> tuple[dict[str, Any], dict[str, Hole]]:
        """The facts of an account by path, and what of them is not known."""
        account_id = account.account_id
        unread = self._known.ids((PRINCIPALS,), account_id)
        principals = self._principals.of(account_id)
        why = "" if principals else "No user and no role of it was listed."
        why = "Its users and roles were read long after as_of." if self._policies.late else why
        if unread or why:
            nothing = Hole(unread or (self._unknown(account_id, "identities", why),))
            return {}, dict.fromkeys(self._paths, nothing)
        bounds, gaps = self._bounds(account, management=management)
        documents, bounding = self._principals.documents_of(principals), bounds.texts_of_resources
        texts = (*documents.values(), *(text for level in bounds.texts for text in level), *bounding)
        things, unread = destructible(self._evidence, self._known, account, texts)
        gaps += unread
        place = AccountPlace(account_id, account.partition, self._members)
        levels = bounds.texts if bounds.known else None
        permissions = Permissions(place, documents, levels, things, bounding)
        besides = {name for policy in guards(things) for name in named_besides(policy)}
        whom = [*filter(acts_for_itself, principals), *(IamPrincipal(name, {}) for name in sorted(besides))]
        actions = {**DESTROYING, **(DESTROYING_FROM_MANAGEMENT if management else {})}
        judged = [(one, permissions.of(one, actions)) for one in whom]
        facts: dict[str, Any] = {}
        holes: dict[str, Hole] = {}
        for path, count in self._paths.items():
            said = self._strangers(judged) if path == DESTROYERS else self._both(judged, permissions)
            facts |= said.facts(path, count)
            if said.perhaps:
                first, more = said.perhaps[0], len(said.perhaps) - 1
                others = f" and {more} more" if more else ""
                what = "may destroy backups" if path == DESTROYERS else "may both run and destroy backups"
                text = f"Whether {first}{others} {what} is not known: {_OPEN}."
                holes[path] = Hole(gaps or (self._unknown(account_id, path, text),), partial=True)
        return facts, holes

    @property
    def _paths(self) -> dict[str, str]:
        """The facts that are asked for, each with that of its count."""
        both = {UNSEPARATED: UNSEPARATED_COUNT} if self._asked.apart else {}
        return {DESTROYERS: DESTROYERS_COUNT, **both}

    def _bounds(self, account: Account, *, management: bool) -> tuple[Bounds, tuple[str, ...]]:
        """The control policies that count in an account, and the gaps without which they are not known."""
        unread = () if management else unread_policies(self._known, account)
        if unread:
            return Bounds(None), unread
        bounds, why = self._policies.bounds(account, management=management)
        return bounds, (self._unknown(account.account_id, "path", why),) if why else ()

    def _strangers(self, judged: Sequence[tuple[IamPrincipal, Permitted]]) -> _Said:
        """Those who may destroy backups and are no guardians."""
        guardians = [pattern(one) for one in self._asked.guardians]
        others = [
            (one, found)
            for one, found in judged
            if not any(guardian.fullmatch(one.arn) for guardian in guardians)
        ]
        sure = [f"{one.arn} ({_words(found.sure)})" for one, found in others if found.sure]
        return _Said(sure, [one.arn for one, found in others if found.perhaps and not found.sure])

    def _both(self, judged: Sequence[tuple[IamPrincipal, Permitted]], permissions: Permissions) -> _Said:
        """Those who may run backups and destroy them, guardians or not."""
        said = _Said([], [])
        for one, found in judged:
            running = permissions.of(one, OPERATING) if found.sure or found.perhaps else Permitted({}, ())
            if found.sure and running.sure:
                said.sure.append(f"{one.arn} ({_words(running.sure)}; {_words(found.sure)})")
            elif running.sure or running.perhaps:
                said.perhaps.append(one.arn)
        return said

    def _unknown(self, account_id: str, about: str, why: str) -> str:
        return self._unknowns.add(account_id, "", _OPERATION, "Undecided", f"{about} of {account_id}", why)


def _words(sure: Mapping[str, str]) -> str:
    """The first action with its policy, and how many more there are."""
    action, policy = next(iter(sure.items()))
    return f"{action} by {policy}" + (f", {len(sure) - 1} more" if len(sure) > 1 else "")

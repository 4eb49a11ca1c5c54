"""Which users and roles of an account may destroy backups by policies (aws-backup.md 3.8).

Somebody may where a policy of the identity and its permissions boundary allow it, or the policy of the vault
or key does, each level of service control policies on the path of the account allows it too, and neither one
of these denies it nor, of a key, a resource control policy. Each action is judged for each thing that it can
be about: one of them is enough. What a condition makes of it that is not decided here is not known: then
nothing is said.

Sources: IAM user guide, "Policy evaluation logic", "Permissions boundaries for IAM entities"; KMS developer
guide, "Key policies".
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from auditor.derive.control_policies import AccountPlace, bounded_by_resources
from auditor.derive.destructible import (
    DESTROYING,
    DESTROYING_FROM_MANAGEMENT,
    Thing,
    ThingKind,
    any_one,
    speaks_of,
)
from auditor.derive.guards import BESIDES, Guard
from auditor.derive.iam_conditions import SERVICE, PolicyCondition
from auditor.derive.iam_policy import Statement, understood
from auditor.derive.three_valued import all_hold, any_holds

#: What those do who run backups.
OPERATING: Final = (
    "backup:CreateBackupPlan", "backup:UpdateBackupPlan", "backup:CreateBackupSelection",
    "backup:StartBackupJob", "backup:StartCopyJob",
)  # fmt: skip
_KINDS: Final = {**DESTROYING, **DESTROYING_FROM_MANAGEMENT}
_SERVICE: Final = "Service:backup.amazonaws.com"
#: A role that only the service may take on that it is linked to.
LINKED: Final = ":role/aws-service-role/"

Sure = bool | None
#: The documents by their digest.
Documents = Mapping[str, str]
#: What there is of each kind.
Things = Mapping[ThingKind, Sequence[Thing]]


@dataclass(frozen=True, slots=True)
class IamPrincipal:
    """A user or role: the digests of its policies by their names (its groups' too), and its boundary's.

    A digest is "" of a policy whose document was not told; `boundary` is None where there is none. `trust` is
    the document that says who may take a role on, None of a user.
    """

    arn: str
    policies: Mapping[str, str]
    boundary: str | None = None
    trust: str | None = None


class Permitted(NamedTuple):
    """What a principal may surely do, each action with the policy that allows it, and what it perhaps may."""

    sure: Mapping[str, str]
    perhaps: tuple[str, ...]


def acts_for_itself(principal: IamPrincipal) -> bool:
    """Whether it is somebody's: no role that only AWS Backup, or a service that it is linked to, takes on."""
    if LINKED in principal.arn:
        return False
    trusted = understood(principal.trust) if principal.trust is not None else None
    if trusted is None:
        return True
    allowed = [one for one in trusted if one.allows]
    return not allowed or any(one.but_principals or one.principals != {_SERVICE} for one in allowed)


class _Said(NamedTuple):
    """Whether policies allow something, and whether they deny it."""

    allowed: Sure
    denied: Sure


_BOUNDLESS: Final = _Said(allowed=True, denied=False)


class Permissions:
    """What principals of one account may do, each distinct set of documents looked at once.

    `documents` are those of the account; `levels` the service control policies of each level of its path:
    none where none counts, None where they are not known. `things` are what can be destroyed, any one of its
    kind where there is none of it. `of_resources` are the resource control policies on its path, which are
    known where the levels are.
    """

    def __init__(
        self,
        account: AccountPlace,
        documents: Documents,
        levels: Sequence[Sequence[str]] | None,
        things: Things | None = None,
        of_resources: Sequence[str] = (),
    ) -> None:
        self._account, self._documents, self._levels = account, documents, levels
        self._of_resources = of_resources
        self._things = things or {}
        self._guard = Guard(account)
        self._about: dict[tuple[str, str], tuple[Statement, ...] | None] = {}
        self._kinds: dict[str, tuple[Thing, ...]] = {}
        self._telling: dict[str, bool] = {}
        self._kept: dict[tuple[object, ...], tuple[Sure, str]] = {}

    def of(self, principal: IamPrincipal, actions: Iterable[str]) -> Permitted:
        """Which of `actions` a principal may do."""
        answers = {action: self._may(principal, action) for action in actions}
        sure = {action: by for action, (answer, by) in answers.items() if answer}
        return Permitted(sure, tuple(action for action, (answer, _) in answers.items() if answer is None))

    def _may(self, principal: IamPrincipal, action: str) -> tuple[Sure, str]:
        """Whether somebody may do something to one thing at least, and by which policy for sure."""
        things = self._distinct(action)
        held = (*principal.policies.values(), *([principal.boundary] if principal.boundary else ()))
        read = [self._covering(digest, action) for digest in {*held}]
        told = self._tells_apart(action) or any(_of_principals(one or ()) for one in read)
        told = told or principal.arn.startswith(BESIDES)
        named = principal.arn if told else ":user/" in principal.arn
        key = (action, tuple(sorted(principal.policies.items())), principal.boundary, named)
        if key not in self._kept:
            found: tuple[Sure, str] = (False, "")
            for thing in things:
                answer, by = self._of_thing(principal, action, thing)
                found = (answer, by) if answer or found[0] is False else found
                if answer:
                    break
            self._kept[key] = found
        return self._kept[key]

    def _of_thing(self, principal: IamPrincipal, action: str, thing: Thing) -> tuple[Sure, str]:
        own = self._all(principal, principal.policies.values(), action, thing)
        bound = _BOUNDLESS
        if principal.boundary is not None:
            bound = self._all(principal, (principal.boundary,), action, thing)
        guard = self._guard.says(thing, principal.arn, action, bounded=principal.boundary is not None)
        by_identity = all_hold((own.allowed, bound.allowed, guard.delegates))
        by_guard = all_hold((guard.allowed, any_holds((guard.free, bound.allowed))))
        given = any_holds((by_identity, by_guard))
        of_resources = self._all(principal, self._bounding(action), action, thing)
        unread = None if self._levels is None and bounded_by_resources(action) else False
        denied = any_holds((own.denied, bound.denied, guard.denied, of_resources.denied, unread))
        if given is False or denied is True:
            return False, ""
        answer = all_hold((given, None if denied is None else True, self._within(principal, action, thing)))
        by = self._by(principal, action, thing) if by_identity else f"the policy of {thing.guard}"
        return answer, by if answer else ""

    def _bounding(self, action: str) -> Sequence[str]:
        """The resource control policies that count for an action."""
        return self._of_resources if bounded_by_resources(action) else ()

    def _of_organization(self, action: str) -> list[str]:
        """The policies of the organization that count for an action."""
        return [*(text for level in self._levels or () for text in level), *self._bounding(action)]

    def _within(self, principal: IamPrincipal, action: str, thing: Thing) -> Sure:
        """Whether each level of service control policies lets it happen."""
        if principal.arn.startswith(SERVICE):  # for which no service control policy counts
            return True
        if self._levels is None:
            return None
        said = [self._all(principal, level, action, thing) for level in self._levels]
        return all_hold(
            all_hold((one.allowed, None if one.denied is None else not one.denied)) for one in said
        )

    def _all(self, principal: IamPrincipal, digests: Iterable[str], action: str, thing: Thing) -> _Said:
        """What documents together say; one that cannot be understood may say anything."""
        read = [self._covering(digest, action) for digest in digests]
        held = [(one.allows, self._holds(one, principal.arn, thing)) for rules in read for one in rules or ()]
        vague = [None] if None in read else []
        return _Said(
            any_holds((*(so for allows, so in held if allows), *vague)),
            any_holds((*(so for allows, so in held if not allows), *vague)),
        )

    def _holds(self, one: Statement, arn: str, thing: Thing) -> Sure:
        about = speaks_of(one, thing)
        if about is False:
            return False
        own = self._account
        met = (each.met_by(arn, own.account_id, thing.region, own.members) for each in one.conditions)
        return all_hold((about, *met))

    def _by(self, principal: IamPrincipal, action: str, thing: Thing) -> str:
        """The first policy, by name, that surely allows an action."""
        return next(
            name
            for name, digest in sorted(principal.policies.items())
            if self._all(principal, (digest,), action, thing).allowed
        )

    def _covering(self, digest: str, action: str) -> tuple[Statement, ...] | None:
        """The statements about an action, of a document by its digest or as a text; None if not known."""
        if (digest, action) not in self._about:
            read = understood(self._documents.get(digest, digest))
            about = None if read is None else tuple(one for one in read if one.covers(action))
            self._about[digest, action] = about
        return self._about[digest, action]

    def _tells_apart(self, action: str) -> bool:
        """Whether policies of the organization, or of things, say other things to one than to another."""
        if action not in self._telling:
            read = (self._covering(text, action) for text in self._of_organization(action))
            self._telling[action] = any(_of_principals(one or ()) for one in read) or any(
                self._guard.tells_apart(thing.policy, action) for thing in self._distinct(action)
            )
        return self._telling[action]

    def _distinct(self, action: str) -> tuple[Thing, ...]:
        """One of all things that no statement about an action tells from each other."""
        if action not in self._kinds:
            kind = _KINDS.get(action, ThingKind.OTHER)
            place = (self._account.account_id, self._account.partition, "")
            unknown = (
                (Thing(""),) if kind is ThingKind.POINT else ()
            )  # of services that manage theirs themselves
            things = self._things.get(kind) or (any_one(kind, *place), *unknown)
            texts = (*self._documents, *self._of_organization(action))
            about = [one for text in texts for one in self._covering(text, action) or ()]
            here = any(each.of_regions for each in _conditions(about))
            some = [one for one in about if not one.everywhere]
            kept: dict[tuple[object, ...], Thing] = {}
            for thing in things:
                own = self._covering(thing.policy, action) if thing.policy else ()
                marks = tuple(speaks_of(one, thing) for one in (*some, *(own or ())))
                where = thing.region if here or thing.policy else ""
                kept.setdefault((marks, where, thing.policy, thing.policy and thing.guard), thing)
            self._kinds[action] = tuple(kept.values())
        return self._kinds[action]


def _conditions(statements: Iterable[Statement]) -> Iterable[PolicyCondition]:
    return (each for one in statements for each in one.conditions)


def _of_principals(statements: Iterable[Statement]) -> bool:
    return any(each.of_principals for each in _conditions(statements))

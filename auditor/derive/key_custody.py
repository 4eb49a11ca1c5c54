"""Who may take a key away by its policy: what makes every backup under it worthless (aws-backup.md 3.8).

A statement for the root of the key's own account leaves it to the policies of its users and roles, who are
judged by these (`auditor.derive.destroyers`). So here is named whom of this account the key's policy itself
gives it to, as far as no control policy of the organization denies it: KMS refuses any other account what
takes a key away.
Source: KMS developer guide, "Key policies in AWS KMS" and "Default key policy".
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Final

from auditor.derive.control_policies import AccountPlace, Bounds, guarded
from auditor.derive.destroyers import LINKED, IamPrincipal, Permissions
from auditor.derive.destructible import DESTROYING, Thing, ThingKind
from auditor.derive.iam_conditions import PRINCIPAL_ARN, Reach, pattern
from auditor.derive.iam_policy import EVERYONE, Statement, statements_of, understood
from auditor.derive.three_valued import all_hold
from auditor.model.arn import place_of

#: What takes a key away, or lets somebody do so.
_CUSTODY: Final = tuple(action for action, kind in DESTROYING.items() if kind is ThingKind.KEY)
_EVERYBODY: Final = "everybody"
_SESSION: Final = ":assumed-role/"
_NOBODY: Final[Mapping[str, str]] = {}

Sure = bool | None


@dataclass(frozen=True, slots=True)
class Custodians:
    """Those whom a key's policy lets take it away, each with the first such action.

    Of those in `perhaps` a condition, or a denial, may take it back.
    """

    sure: tuple[str, ...]
    perhaps: tuple[str, ...]


def custodians(
    document: str, key: str, account: AccountPlace, guardians: Sequence[str], bounds: Bounds
) -> Custodians:
    """Those in the policy of a key, a text of JSON, without `guardians`: ARNs, or patterns of some.

    `key` is its ARN, `bounds` are the control policies that count in its account. Raises
    `UnreadableDocument`.
    """
    asked = _KeyPolicy(document, key, account, guardians, bounds)
    found: dict[str, tuple[str, Sure]] = {}
    for action in _CUSTODY:
        for name, principal in asked.named(action).items():
            sure = asked.lets(principal, action)
            if sure is not False and (name not in found or (sure and not found[name][1])):
                found[name] = (action, sure)
    said = [(f"{name} ({action})", sure) for name, (action, sure) in sorted(found.items())]
    return Custodians(
        tuple(text for text, sure in said if sure), tuple(text for text, sure in said if not sure)
    )


class _KeyPolicy:
    """The policy of one key, with what bounds those that it names."""

    def __init__(
        self, document: str, key: str, account: AccountPlace, guardians: Sequence[str], bounds: Bounds
    ) -> None:
        self._document, self._statements = document, statements_of(document)
        self._account, self._guardians, self._bounds = account, guardians, bounds
        self._things = {ThingKind.KEY: [Thing(key, place_of(key)[1], key, document)]}

    def named(self, action: str) -> dict[str, str]:
        """Whom it allows an action, as it writes them, by name.

        No guardians, nor the root of the account, nor anybody of another account.
        """
        found = {}
        for one in self._about(action, allowing=True):
            for principal in {EVERYONE} if one.but_principals else one.principals:
                name = _EVERYBODY if principal == EVERYONE else principal.partition(":")[2]
                refused = self._is_own_root(name) or self._is_of_another(principal)
                if not (refused or self._is_guardian(name)):
                    found[name] = principal
        return found

    def lets(self, principal: str, action: str) -> Sure:
        """Whether one that it names may do what it allows; None where that is not known."""
        return self._everybody_may(action) if principal == EVERYONE else self._may(principal, action)

    def _about(self, action: str, *, allowing: bool) -> list[Statement]:
        return [one for one in self._statements if one.allows is allowing and one.covers(action)]

    def _is_own_root(self, name: str) -> bool:
        own = self._account.account_id
        return name == own or name.endswith(f":iam::{own}:root")

    def _is_of_another(self, principal: str) -> bool:
        """Whether it is another account, or a user, a role or a session of one."""
        kind, _, name = principal.partition(":")
        account_id = name if name.isdigit() else place_of(name)[0]
        return kind == "AWS" and account_id not in ("", self._account.account_id)

    def _is_guardian(self, name: str) -> bool:
        known = (name, _role_of(name))
        return any(pattern(one).fullmatch(each) for one in self._guardians for each in known)

    def _everybody_may(self, action: str) -> Sure:
        """Whether all of the account may.

        Where a condition chooses among them, or the key's policy denies something, that is not known.
        """
        allowing = [self._reaches(one) for one in self._about(action, allowing=True) if one.for_everyone]
        if all(Reach.NONE in one for one in allowing):
            return False
        denials = [self._reaches(one) for one in self._about(action, allowing=False)]
        open_ = any(one <= {Reach.ALL} for one in allowing) and all(Reach.NONE in one for one in denials)
        return all_hold((open_ or None, self._left(action)))

    def _reaches(self, one: Statement) -> set[Reach]:
        """What its conditions leave of the principals of the account."""
        return one.reaches(self._account.account_id, self._account.members)

    def _left(self, action: str) -> Sure:
        """Whether control policies leave an action to others of the account than guardians."""
        levels, denying = self._bounds.levels, self._bounds.of_resources
        if levels is None:
            return None
        left = guarded((action,), levels, self._account, self._guardians, denying)
        return True if left.open_ else None if left.unknown else False

    def _may(self, principal: str, action: str) -> Sure:
        """Whether a user, a role, a session of one or a service may, as any policy of IAM is read."""
        name = principal.removeprefix("AWS:")
        role = _role_of(name)
        if role != name and self._tells_roles_apart(action):
            return None  # of the role of a session the path is not told
        bounds = Bounds() if LINKED in name else self._bounds
        levels = bounds.texts if bounds.known else None
        permissions = Permissions(self._account, _NOBODY, levels, self._things, bounds.texts_of_resources)
        permitted = permissions.of(IamPrincipal(role, {}), (action,))
        return True if permitted.sure else None if permitted.perhaps else False

    def _tells_roles_apart(self, action: str) -> bool:
        """Whether a condition of any of the policies chooses who asks by their ARN."""
        texts = (self._document, *chain(*self._bounds.texts), *self._bounds.texts_of_resources)
        about = (one for text in texts for one in understood(text) or () if one.covers(action))
        return any(each.key == PRINCIPAL_ARN for one in about for each in one.conditions)


def _role_of(session: str) -> str:
    """The ARN of the role, without a path, of which a principal is a session; else the principal itself."""
    start, found, rest = session.partition(_SESSION)
    return f"{start.replace(':sts:', ':iam:')}:role/{rest.partition('/')[0]}" if found else session

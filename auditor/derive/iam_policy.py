"""Policies of IAM and of resources: who may do what, as far as a document says so.

Sources: IAM user guide, "IAM JSON policy elements reference", "Policy evaluation logic", "AWS global
condition context keys".
"""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, NamedTuple, Self

from auditor.derive.iam_conditions import PolicyCondition, Reach, pattern
from auditor.derive.organization_conditions import NOT_KNOWN, Members
from auditor.derive.three_valued import all_hold
from auditor.model.arn import place_of
from auditor.model.documents import UnreadableDocument, mapping, needed

Json = Any

#: For whoever asks.
EVERYONE: Final = "*"
#: An account that no document names.
_STRANGER: Final = "\N{REPLACEMENT CHARACTER}"
_ACCOUNT: Final = re.compile(r"[0-9]{12}")


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement. `principals` are `EVERYONE`, or "AWS:…", "Service:…" and so on.

    `but_principals`, `but_actions` and `but_resources` say that all but those are meant.
    """

    allows: bool
    principals: frozenset[str]
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    conditions: tuple[PolicyCondition, ...] = ()
    but_principals: bool = False
    but_actions: bool = False
    but_resources: bool = False

    @classmethod
    def of(cls, given: Json) -> Self:
        """Read one. Raises `UnreadableDocument`."""
        found = mapping(given, "a statement")
        effect = needed(found.get("Effect"), "Effect")
        if effect not in ("Allow", "Deny"):
            raise UnreadableDocument("Effect is neither Allow nor Deny")
        but_actions = "NotAction" in found
        actions = _texts(found.get("NotAction" if but_actions else "Action"), "Action")
        if not actions:
            raise UnreadableDocument("Action is missing")
        but_principals, but_resources = "NotPrincipal" in found, "NotResource" in found
        return cls(
            effect == "Allow",
            frozenset(_principals(found.get("NotPrincipal" if but_principals else "Principal"))),
            tuple(action.lower() for action in actions),
            _texts(found.get("NotResource" if but_resources else "Resource"), "Resource"),
            tuple(_conditions(found.get("Condition"))),
            but_principals,
            but_actions,
            but_resources,
        )

    def covers(self, action: str) -> bool:
        """Whether it is about an action, such as "backup:DeleteRecoveryPoint"."""
        matched = any(pattern(one).fullmatch(action.lower()) for one in self.actions)
        return matched is not self.but_actions

    @property
    def for_everyone(self) -> bool:
        """Whether it is for everybody, or for all but some."""
        return self.but_principals or EVERYONE in self.principals

    @property
    def everywhere(self) -> bool:
        """Whether it is about every resource; a document that names none is about the one it is on."""
        return not self.but_resources and (not self.resources or "*" in self.resources)

    @property
    def accounts(self) -> frozenset[str]:
        """The accounts among its principals."""
        found = set()
        for principal in self.principals:
            kind, _, name = principal.partition(":")
            found |= {name if _ACCOUNT.fullmatch(name) else place_of(name)[0]} if kind == "AWS" else set()
        return frozenset(found - {""})

    def names_account(self, account: str) -> bool:
        """Whether an account itself is among its principals, which in a denial is everybody of it."""
        own = f":iam::{account}:root"
        return not self.but_principals and any(
            name == f"AWS:{account}" or name.endswith(own) for name in self.principals
        )

    @property
    def accounts_chosen(self) -> frozenset[str]:
        """The accounts whose principals its conditions name."""
        return frozenset().union(*(one.accounts for one in self.conditions))

    def reaches(self, account: str, members: Members = NOT_KNOWN) -> set[Reach]:
        """What each of its conditions leaves of the principals of an account; `members` as `reach` has it."""
        return {one.reach(account, members) for one in self.conditions}

    def _vague(self, account: str, members: Members) -> bool:
        """Whether it is not known if an account is of the organization that a condition names."""
        reaches = ((one.of_organizations, one.reach(account, members)) for one in self.conditions)
        return (True, Reach.MOST) in reaches

    def allowed(self, account: str, *, named: bool, members: Members = NOT_KNOWN) -> bool | None:
        """Whether it allows principals of an account something; None where that is not known.

        Where a condition leaves only some through, it does if they are `named`, by it or as principals. Of
        strangers that is not known where it does not say of which account the few are.
        """
        reaches = self.reaches(account, members)
        principals = named and account in self.accounts and not self.but_principals
        if not (principals or self.for_everyone) or Reach.NONE in reaches:
            return False
        if Reach.SOME in reaches and not (principals or (named and account in self.accounts_chosen)):
            choosing = [one for one in self.conditions if one.reach(account) is Reach.SOME]
            anybodys = all(one.of_any_account for one in choosing)
            return None if account == _STRANGER and anybodys else False
        vague = Reach.SOME in reaches and any(one.vague for one in self.conditions)
        vague = vague or (named and self._vague(account, members))
        return None if vague or Reach.OPEN in reaches else True

    def shuts_out(self, account: str, *, named: bool, members: Members = NOT_KNOWN) -> bool | None:
        """Whether it denies something to all of an account but a few; None where that is not known.

        Where the few are of an account that is `named`, it does not. Of others than the own account that is
        not known where it does not say of which account the few are.
        """
        reaches = self.reaches(account, members)
        few = self.accounts if self.but_principals else frozenset[str]()
        if Reach.REST in reaches:
            few |= self.accounts_chosen
        unknown = named and self._vague(account, members)
        some = reaches - ({Reach.MOST} if unknown else set()) <= {Reach.ALL, Reach.REST, Reach.OPEN}
        meant = self.for_everyone or self.names_account(account)
        if not (meant and some) or (named and account in few):
            return False
        spared = any(one.of_any_account for one in self.conditions if one.reach(account) is Reach.REST)
        unsure = unknown or Reach.OPEN in reaches or (spared and (named or account == _STRANGER))
        return None if unsure or not self.everywhere else True


class Opened(NamedTuple):
    """An action that is allowed to `who`: `EVERYONE` or an account; not `sure` where something may help."""

    action: str
    who: str
    sure: bool


def statements_of(document: Json) -> list[Statement]:
    """The statements of a document, written out or as a text of JSON. Raises `UnreadableDocument`."""
    if isinstance(document, str):
        try:
            document = json.loads(document)
        except (ValueError, RecursionError):
            raise UnreadableDocument("it is no JSON") from None
    given = mapping(document, "the policy").get("Statement")
    return [Statement.of(one) for one in (given if isinstance(given, list) else [given])]


@lru_cache(maxsize=8192)
def read_policy(document: str) -> tuple[tuple[Statement, ...] | None, str]:
    """The statements of a text of JSON, or None and why it cannot be understood: each text is read once."""
    try:
        return tuple(statements_of(document)), ""
    except UnreadableDocument as error:
        return None, str(error)


def understood(document: str) -> tuple[Statement, ...] | None:
    """The statements of a text of JSON, None where it cannot be understood."""
    return read_policy(document)[0]


def may_deny(document: Json) -> bool:
    """Whether a document denies something, or is one that cannot be understood."""
    try:
        return not all(one.allows for one in statements_of(document))
    except UnreadableDocument:
        return True


def opened(
    statements: Sequence[Statement],
    actions: Sequence[str],
    account: str,
    *,
    known: bool,
    members: Members = NOT_KNOWN,
) -> Iterator[Opened]:
    """Which of `actions` a policy on a resource of `account` allows to everybody, or to other accounts.

    `known` says whether that is the account's number, and no placeholder, `members` which accounts are of
    the organization. A statement for everybody with a
    condition that leaves only some through opens nothing, but to the other accounts that it names; neither
    does one that a denial for everybody (but a few) takes back. Of one with a condition of which that is not
    known, and of one that a denial for some resources may take back, it is not sure.
    """
    for action in actions:
        about = [one for one in statements if one.covers(action)]
        others = {name for one in about for name in one.accounts | one.accounts_chosen} - {account}
        everybody = [
            _open_to(about, probe, members, named=False) for probe in (account if known else "", _STRANGER)
        ]
        who = {EVERYONE: max((one for one in everybody if one is not None), default=None)}
        if not who[EVERYONE]:
            who |= {other: _open_to(about, other, members, named=True) for other in sorted(others)}
        yield from (Opened(action, name, sure) for name, sure in who.items() if sure is not None)


def _open_to(about: Sequence[Statement], who: str, members: Members, *, named: bool) -> bool | None:
    """Whether it is sure that something is open to principals of an account, None where it is not open."""
    allowed = {one.allowed(who, named=named, members=members) for one in about if one.allows}
    denied = {one.shuts_out(who, named=named, members=members) for one in about if not one.allows}
    if True in denied or not allowed - {False}:
        return None
    return True in allowed and None not in denied


def trusts(statements: Sequence[Statement], service: str, account: str, *, known: bool) -> bool | None:
    """Whether a trust policy lets a service, such as "backup.amazonaws.com", take a role on for `account`.

    `known` says whether that is the account's number, and no placeholder. None where it is not known what a
    condition does to the service.
    """
    wanted = f"Service:{service}"

    def meant(one: Statement) -> bool:
        named = wanted in one.principals or EVERYONE in one.principals
        return one.covers("sts:AssumeRole") and named is not one.but_principals

    def met(one: Statement) -> bool | None:
        return all_hold(condition.met_by_service(account, known=known) for condition in one.conditions)

    allowed, denied = (
        {met(one) for one in statements if meant(one) and one.allows is way} for way in (True, False)
    )
    if True in denied or not allowed - {False}:
        return False
    return None if None in denied or True not in allowed else True


def _principals(given: Json) -> Iterator[str]:
    if isinstance(given, str):
        if given != EVERYONE:
            raise UnreadableDocument("Principal is neither * nor an object")
        yield EVERYONE
        return
    for kind, names in mapping(given, "Principal").items():
        for name in _texts(names, "Principal"):
            yield EVERYONE if name == EVERYONE and kind == "AWS" else f"{kind}:{name}"


def _conditions(given: Json) -> Iterator[PolicyCondition]:
    for operator, keys in mapping(given, "Condition").items():
        quantity, _, rest = str(operator).rpartition(":")
        name = rest.removesuffix("IfExists")
        lenient = name != rest or quantity == "ForAllValues"
        for key, values in mapping(keys, "Condition").items():
            yield PolicyCondition(name, str(key).lower(), _texts(values, "Condition"), lenient, quantity)


def _texts(given: Json, what: str) -> tuple[str, ...]:
    """A text or a list of texts; numbers and flags, which conditions may hold, as texts."""
    items = given if isinstance(given, list) else [] if given is None else [given]
    if not all(isinstance(item, str | int | float) for item in items):
        raise UnreadableDocument(f"{what} holds what is no text")
    return tuple(str(item).lower() if isinstance(item, bool) else str(item) for item in items)

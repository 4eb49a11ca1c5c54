"""Policies of IAM and of resources: who may do what, as far as a document says so.

Sources: IAM user guide, "IAM JSON policy elements reference", "Policy evaluation logic", "AWS global
condition context keys".
"""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from functools import lru_cache
from typing import Any, Final, NamedTuple, Self

from auditor.derive.wildcards import expression
from auditor.model.arn import place_of
from auditor.model.documents import UnreadableDocument, mapping, needed

Json = Any

#: For whoever asks.
EVERYONE: Final = "*"
#: Conditions on these let almost everybody through, or everybody of the resource's own account.
_TRIVIAL: Final = frozenset(
    {"aws:securetransport", "aws:useragent", "aws:referer", "aws:requestedregion", "aws:currenttime",
     "aws:epochtime", "aws:principalorgid", "aws:principalorgpaths", "aws:principalaccount"}
)  # fmt: skip
#: Keys that every request has. A condition with IfExists or ForAllValues holds where its key is missing.
_ALWAYS: Final = frozenset({"aws:principalarn", "aws:userid"})
#: Keys, and how keys begin, by which some principals of an account are told from its others. What another one
#: does is not known here: a tag of the resource, or a parameter of the request, may be right for everybody.
_CHOOSING: Final = frozenset(
    {"aws:principalarn", "aws:userid", "aws:username", "aws:sourceip", "aws:vpcsourceip", "aws:sourcevpc",
     "aws:sourcevpce", "aws:sourcearn", "aws:sourceaccount", "aws:principalisawsservice"}
)  # fmt: skip
_CHOOSING_STARTS: Final = (
    "aws:principaltag/", "aws:multifactorauth", "aws:principalservicename", "sts:", "saml:"
)  # fmt: skip
#: A name that nobody has: a pattern that it fits is for everybody.
_NOBODY: Final = "\N{REPLACEMENT CHARACTER}"
_EVERY_ADDRESS: Final = "/0"
#: Operators by which a statement is for all but what is named.
_NEGATIVE: Final = ("StringNotEquals", "StringNotLike", "ArnNotEquals", "ArnNotLike", "NotIpAddress")
_NULL, _TRUE, _FALSE = "Null", ("true",), ("false",)
_ACCOUNT: Final = re.compile(r"[0-9]{12}")


class Reach(Enum):
    """Which principals of an account meet a condition; of `OPEN` it is not known."""

    ALL = auto()
    REST = auto()
    SOME = auto()
    NONE = auto()
    OPEN = auto()


class PolicyCondition(NamedTuple):
    """One key of a condition: the operator alone, and the key in small letters.

    `lenient`, by IfExists or ForAllValues, says that it holds where a request does not have the key.
    """

    operator: str
    key: str
    values: tuple[str, ...]
    lenient: bool = False

    @property
    def reach(self) -> Reach:
        """Who meets it: all, all but a few that it names, only some, or nobody."""
        if self.key in _TRIVIAL:
            return Reach.ALL
        if self.key not in _CHOOSING and not self.key.startswith(_CHOOSING_STARTS):
            return Reach.OPEN
        always = self.key in _ALWAYS
        everybody = always if self.operator == _NULL else any(map(self._fits_all, self.values))
        if self._negative:
            return Reach.NONE if everybody and (always or self.operator == "NotIpAddress") else Reach.REST
        return Reach.ALL if everybody or (self.lenient and not always) else Reach.SOME

    @property
    def _negative(self) -> bool:
        without = self.operator in _NEGATIVE or self.operator.startswith("StringNotEquals")
        absent = self.operator == _NULL and self.values == _TRUE
        return without or absent or (self.operator == "Bool" and self.values == _FALSE)

    def _fits_all(self, value: str) -> bool:
        """Whether a value is one for everybody: a pattern of no part of a name, or all addresses."""
        if self.operator.endswith("IpAddress"):
            return value.endswith(_EVERY_ADDRESS)
        if not (self.operator.startswith("Arn") or self.operator.endswith("Like")):
            return False
        return any(_pattern(value).fullmatch(one) for one in _nobodies(value))


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
        matched = any(_pattern(one).fullmatch(action.lower()) for one in self.actions)
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
    def narrowed(self) -> bool:
        """Whether a condition leaves only some through, or nobody."""
        return any(one.reach in (Reach.SOME, Reach.NONE) for one in self.conditions)

    @property
    def open(self) -> bool:
        """Whether it is not known what one of its conditions does."""
        return any(one.reach is Reach.OPEN for one in self.conditions)

    @property
    def shuts_out(self) -> bool:
        """Whether its conditions, if any, hold for all but a few that it names, as far as they are known."""
        return all(one.reach in (Reach.REST, Reach.OPEN) for one in self.conditions)


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


def opened(statements: Sequence[Statement], actions: Sequence[str], account: str) -> Iterator[Opened]:
    """Which of `actions` a policy on a resource of `account` allows to everybody, or to other accounts.

    A statement with a condition that leaves only some through opens nothing, and neither does one that a
    denial for everybody (but a few) takes back. Of one with a condition of which that is not known, and of
    one that a denial for some resources may take back, it is not sure.
    """
    for action in actions:
        about = [one for one in statements if one.covers(action)]
        denials = [one for one in about if not one.allows and one.for_everyone and one.shuts_out]
        if any(one.everywhere and not one.open for one in denials):
            continue
        who: dict[str, bool] = {}
        for one in about:
            if one.allows and not one.narrowed:
                for named in _strangers(one, account):
                    who[named] = who.get(named, False) or not (one.open or denials)
        found = [EVERYONE] if who.get(EVERYONE) else sorted(who)
        yield from (Opened(action, named, who[named]) for named in found)


def _strangers(statement: Statement, account: str) -> Iterator[str]:
    """Everybody, or the accounts among the principals that are not `account`."""
    if statement.for_everyone:
        yield EVERYONE
        return
    for principal in statement.principals:
        kind, _, name = principal.partition(":")
        other = name if _ACCOUNT.fullmatch(name) else place_of(name)[0]
        if kind == "AWS" and other not in ("", account):
            yield other


def _nobodies(pattern: str) -> Iterator[str]:
    """A name that nobody has, alone and in the ARNs of principals of the account that a pattern names."""
    _, partition, _, _, account, *_ = (*pattern.split(":"), *[""] * 5)
    start, end = (re.sub(r"[*?]", "0", one) for one in (partition or "aws", account or "0"))
    yield _NOBODY
    for service, kind in (("iam", "role"), ("iam", "user"), ("sts", "assumed-role")):
        yield f"arn:{start}:{service}::{end}:{kind}/{_NOBODY}"


def trusts(statements: Sequence[Statement], service: str) -> bool:
    """Whether a trust policy lets a service take a role on, such as "backup.amazonaws.com"."""
    wanted = f"Service:{service}"

    def meant(one: Statement) -> bool:
        named = wanted in one.principals or EVERYONE in one.principals
        return one.covers("sts:AssumeRole") and named is not one.but_principals

    about = [one for one in statements if meant(one)]
    return any(one.allows for one in about) and not any(
        not one.allows and not one.conditions for one in about
    )


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
            yield PolicyCondition(name, str(key).lower(), _texts(values, "Condition"), lenient)


def _texts(given: Json, what: str) -> tuple[str, ...]:
    """A text or a list of texts; numbers and flags, which conditions may hold, as texts."""
    items = given if isinstance(given, list) else [] if given is None else [given]
    if not all(isinstance(item, str | int | float) for item in items):
        raise UnreadableDocument(f"{what} holds what is no text")
    return tuple(str(item).lower() if isinstance(item, bool) else str(item) for item in items)


@lru_cache(maxsize=1024)
def _pattern(action: str) -> re.Pattern[str]:
    return re.compile(expression(action).replace(r"\?", "."), re.DOTALL)

"""Vault access policies: who may do what to a vault (aws-backup.md 1.1 row 12, 4.12).

A vault's own account may do everything that no statement denies. Another account may only copy into the
vault, and only where a statement allows it. An explicit deny wins. A condition on a key whose value is not
known here is judged as IAM judges a missing key: operators with Not and IfExists hold, the others do not.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import orjson

COPY_INTO: Final = "backup:CopyIntoBackupVault"
_SESSION: Final = re.compile(r"arn:([^:]+):sts::(\d{12}):assumed-role/([^/]+)/.+")
_ROLE: Final = re.compile(r"arn:([^:]+):iam::(\d{12}):role/(?:.+/)?([^/]+)")


@dataclass(frozen=True, slots=True)
class Request:
    """One action of a principal (its ARN) on things (their ARNs); `context` has the known condition keys."""

    action: str
    principal: str
    resources: tuple[str, ...]
    context: Mapping[str, str]

    @property
    def account_id(self) -> str:
        """The principal's account."""
        return self.principal.split(":")[4]


def request(action: str, principal: str, resources: Iterable[str], organization_id: str | None) -> Request:
    """A request with the condition keys that follow from its principal."""
    role = role_of(principal)
    context = {"aws:principalarn": role, "aws:principalaccount": principal.split(":")[4]}
    if organization_id is not None:
        context["aws:principalorgid"] = organization_id
    return Request(action, principal, tuple(resources), context)


def role_of(principal: str) -> str:
    """A session's role without its path; any other principal as it is."""
    found = _SESSION.fullmatch(principal) or _ROLE.fullmatch(principal)
    return "arn:{}:iam::{}:role/{}".format(*found.groups()) if found else principal


def denied(policy: str | None, asked: Request) -> bool:
    """Whether a statement of the vault's policy denies it."""
    return any(s["Effect"] == "Deny" and _applies(s, asked) for s in _statements(policy))


def allowed(policy: str | None, asked: Request) -> bool:
    """Whether a statement of the vault's policy allows it."""
    return any(s["Effect"] == "Allow" and _applies(s, asked) for s in _statements(policy))


@lru_cache(maxsize=1024)
def _parsed(policy: str) -> tuple[dict[str, Any], ...]:
    return tuple(statements_of(orjson.loads(policy)))


def _statements(policy: str | None) -> tuple[dict[str, Any], ...]:
    return () if policy is None else _parsed(policy)


def statements_of(policy: dict[str, Any]) -> list[Any]:
    """A policy's statements: one of them may stand without a list."""
    statements = policy.get("Statement")
    return [statements] if isinstance(statements, dict) else list(statements or [])


def listed(value: Any) -> list[Any]:
    """A list, where policies may write its only entry alone."""
    return value if isinstance(value, list) else [value]


def _applies(statement: Mapping[str, Any], asked: Request) -> bool:
    return (
        _principal(statement, asked)
        and _member(statement, "Action", [asked.action.lower()], lower=True)
        and _member(statement, "Resource", asked.resources)
        and conditions_met(statement, asked.context)
    )


def _member(statement: Mapping[str, Any], name: str, values: Iterable[str], *, lower: bool = False) -> bool:
    """Whether Action or Resource names one of `values`, or its Not… none of them."""
    given = listed(statement.get(name, statement.get(f"Not{name}", ["*"])))
    patterns = [_pattern(text.lower() if lower else text) for text in given]
    matches = any(pattern.fullmatch(value) for pattern in patterns for value in values)
    return matches if f"Not{name}" not in statement else not matches


@lru_cache(maxsize=4096)
def _pattern(text: str) -> re.Pattern[str]:
    """IAM's wildcards: * and ?."""
    return re.compile(re.escape(text).replace(r"\*", ".*").replace(r"\?", "."), re.DOTALL)


def wildcard(pattern: str, value: str) -> bool:
    """Whether a pattern with IAM's wildcards matches all of `value`."""
    return _pattern(pattern).fullmatch(value) is not None


def _principal(statement: Mapping[str, Any], asked: Request) -> bool:
    if "NotPrincipal" in statement:
        return not _names(statement["NotPrincipal"], asked)
    return _names(statement.get("Principal"), asked)


def _names(principals: Any, asked: Request) -> bool:
    """Whether one of a statement's principals is who asks: everyone, an account, a role or a user."""
    if principals == "*":
        return True
    if not isinstance(principals, dict):
        return False
    role = role_of(asked.principal)
    for name in listed(principals.get("AWS", [])):
        if name in {"*", asked.account_id, asked.principal} or role_of(str(name)) == role:
            return True
        if re.fullmatch(rf"arn:[^:]+:iam::{asked.account_id}:root", str(name)):
            return True
    return False


def _conditions(statement: Mapping[str, Any]) -> Iterator[tuple[str, str, list[str]]]:
    for operator, entries in statement.get("Condition", {}).items():
        for key, values in entries.items():
            yield operator, key, [str(value) for value in listed(values)]


def conditions_met(statement: Mapping[str, Any], context: Mapping[str, str]) -> bool:
    """Whether a statement's conditions hold as IAM judges them: a key that is not in `context` is missing."""
    return all(_condition(*entry, context) for entry in _conditions(statement))


def conditions_hold(statement: Mapping[str, Any], context: Mapping[str, str], *, unknown: bool) -> bool:
    """Whether a statement's conditions hold; one that cannot be judged with `context` counts as `unknown`."""
    return all(
        _condition(operator, key, values, context)
        if key.lower() in context and knows_operator(operator)
        else unknown
        for operator, key, values in _conditions(statement)
    )


def _condition(operator: str, key: str, values: list[str], context: Mapping[str, str]) -> bool:
    """One operator on one key; an operator that is not known here does not hold."""
    name = operator.removesuffix("IfExists").rpartition(":")[2]
    given, negated = context.get(key.lower()), "Not" in name
    if name == "Null":
        return (given is None) == (values == ["true"])
    if given is None:
        return negated or operator.endswith("IfExists")
    compare = _COMPARED.get(name.replace("Not", ""))
    return compare is not None and any(compare(given, value) for value in values) is not negated


def _like(given: str, value: str) -> bool:
    return _pattern(role_of(value)).fullmatch(given) is not None


_COMPARED: Final[Mapping[str, Callable[[str, str], bool]]] = {
    "StringEquals": str.__eq__,
    "StringEqualsIgnoreCase": lambda given, value: given.lower() == value.lower(),
    "StringLike": _like,
    "ArnLike": _like,
    "ArnEquals": _like,
}


def knows_operator(operator: str) -> bool:
    """Whether conditions with this operator are judged here."""
    name = operator.removesuffix("IfExists").rpartition(":")[2]
    return name == "Null" or name.replace("Not", "") in _COMPARED

"""Who may take a key away by its policy: what makes every backup under it worthless.

A statement for the root of the key's own account leaves it to the policies of its users and roles, who are
judged by these (`auditor.derive.destroyers`). So here is named whom the key's policy itself gives it to.
Source: KMS developer guide, "Key policies in AWS KMS" and "Default key policy".
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from auditor.derive.destructible import DESTROYING, ThingKind
from auditor.derive.iam_conditions import pattern
from auditor.derive.iam_policy import EVERYONE, Statement, statements_of

#: What takes a key away, or lets somebody do so.
_CUSTODY: Final = tuple(action for action, kind in DESTROYING.items() if kind is ThingKind.KEY)
_EVERYBODY: Final = "everybody"
_SESSION: Final = ":assumed-role/"


@dataclass(frozen=True, slots=True)
class Custodians:
    """Those whom a key's policy lets take it away, each with the first such action.

    Of those in `perhaps` a condition, or a denial, may take it back.
    """

    sure: tuple[str, ...]
    perhaps: tuple[str, ...]


def custodians(document: Any, account_id: str, guardians: Sequence[str]) -> Custodians:
    """Those in the policy of a key of an account, without `guardians`: ARNs, or patterns of some.

    The document is a mapping or a text of JSON. Raises `UnreadableDocument`.
    """
    statements = statements_of(document)
    found: dict[str, tuple[str, bool]] = {}
    for action in _CUSTODY:
        about = [one for one in statements if one.covers(action)]
        denied = not all(one.allows for one in about)
        for one in (one for one in about if one.allows):
            sure = not (one.conditions or denied)
            for name in _named(one, account_id, guardians):
                first, known = found.get(name, (action, False))
                found[name] = (first, known or sure)
    said = [(f"{name} ({action})", sure) for name, (action, sure) in sorted(found.items())]
    return Custodians(
        tuple(text for text, sure in said if sure), tuple(text for text, sure in said if not sure)
    )


def _named(statement: Statement, account_id: str, guardians: Sequence[str]) -> Iterator[str]:
    """The principals of a statement that are neither guardians nor the root of the account."""
    if statement.but_principals:
        yield _EVERYBODY
        return
    for principal in statement.principals:
        name = _EVERYBODY if principal == EVERYONE else principal.partition(":")[2]
        own = name == account_id or name.endswith(f":iam::{account_id}:root")
        known = (name, _role_of(name))
        if not (own or any(pattern(one).fullmatch(each) for one in guardians for each in known)):
            yield name


def _role_of(session: str) -> str:
    """The ARN of the role, without a path, of which a principal is a session; else the principal itself."""
    start, found, rest = session.partition(_SESSION)
    return f"{start.replace(':sts:', ':iam:')}:role/{rest.partition('/')[0]}" if found else session

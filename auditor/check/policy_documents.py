"""A backup policy of AWS Organizations as any input writes it: as an object, or as the text of one."""

from collections.abc import Callable, Mapping
from typing import Any, Final

import orjson

from auditor.check.declared import Declaration
from auditor.check.declared_policies import DeclaredPolicy, Perhaps
from auditor.check.shapes import deeper, given_twice
from auditor.derive.backup_policy_faults import MOST_CHARACTERS, Fault, malformed

Json = Any

#: The type of a policy that is read; of others nothing here is said.
BACKUP_POLICY: Final = "BACKUP_POLICY"
_MOST_DEEP: Final = 50


def policy_of(
    content: Json,
    *,
    name: str,
    address: str,
    declaration: Declaration,
    targets: tuple[str, ...] = (),
    open_targets: str = "",
    line: Callable[[tuple[str, ...]], int] = lambda _: 0,
    fault: str = "",
    perhaps: Perhaps = "",
) -> DeclaredPolicy:
    """A policy with what AWS refuses in it; `content` is an object or a text.

    `fault` says in a clause why it is not known what it holds, "" where it is.
    """
    document, faults = (None, []) if fault else _parsed(content)
    faults = faults or ([] if fault else _faults(document))
    known = document if isinstance(document, Mapping) else None
    return DeclaredPolicy(
        name, address, known, declaration, line, tuple(faults), targets, open_targets, fault, perhaps
    )


def _parsed(content: Json) -> tuple[Json, list[Fault]]:
    """An object, or that of a text, and what is wrong with the text."""
    if not isinstance(content, str):
        return content, []
    try:
        document = orjson.loads(content)
    except (orjson.JSONDecodeError, UnicodeEncodeError) as error:
        return None, [Fault((), f"it is not JSON ({str(error).partition(':')[0]})")]
    if deeper(document, _MOST_DEEP):
        return None, [Fault((), f"values lie more than {_MOST_DEEP} levels deep in each other")]
    twice = given_twice(content)
    return document, [Fault((), f"the key {twice} is given twice")] if twice else []


def _faults(document: Json) -> list[Fault]:
    size = len(orjson.dumps(document).decode()) if isinstance(document, Mapping) else 0
    if size > MOST_CHARACTERS:
        return [Fault((), f"it has {size:,} characters without white space; {MOST_CHARACTERS:,} are allowed")]
    return malformed(document)

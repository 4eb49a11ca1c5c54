"""JSON schema's patterns as its specification has them: `$` is the end of a text, digits and words are ASCII.

Python's `$` stands before a line feed at the end too, so that an account with one would be an account.
Source: JSON Schema Core 6.4 (ECMA-262 without flags).
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, Final

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from jsonschema.validators import extend

_END: Final = re.compile(r"(?<!\\)\$")


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> re.Pattern[str]:
    ascii_only = 0 if r"\s" in pattern.lower() else re.ASCII
    return re.compile(_END.sub(r"\\Z", pattern), ascii_only)


def _matches(validator: Any, pattern: str, value: Any, schema: Any) -> Iterator[ValidationError]:  # noqa: ARG001 -- what a keyword is given
    if isinstance(value, str) and _compiled(pattern).search(value) is None:
        yield ValidationError(f"{value!r} does not match {pattern!r}")


#: What jsonschema has for the draft, with these patterns.
_made: Any = extend
SchemaValidator: Final[Any] = _made(Draft202012Validator, {"pattern": _matches})

"""Check facts against the closed schemas in `policies/schemas`.

Rego compares values of different types without an error, so a fact of a wrong type must not reach it.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Final

import jsonschema_rs
import orjson

_SCALARS: Final[Mapping[str, tuple[type, ...]]] = {
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "number": (int, float),
}


class FactSchema:
    """The schema of one subject's facts.

    Calling it with a dotted path and a value says what is wrong, or None.
    """

    def __init__(self, schema: Mapping[str, Any]) -> None:
        self._schema = schema
        self._checks: dict[str, Callable[[Any], str | None]] = {}

    def __call__(self, path: str, value: Any) -> str | None:
        """What is wrong with the fact `path`; None when it is as the schema says."""
        check = self._checks.get(path)
        if check is None:
            check = self._checks[path] = self._make(path)
        return check(value)

    def _make(self, path: str) -> Callable[[Any], str | None]:
        schema: Mapping[str, Any] = self._schema
        for key in path.split("."):
            inner = schema.get("properties", {}).get(key)
            if inner is None:
                return lambda _: f"{path} is not in the schema"
            schema = inner
        kind = schema.get("type")
        if isinstance(kind, str) and kind in _SCALARS and "enum" not in schema:
            return _scalar(path, _SCALARS[kind], kind, schema.get("minimum"))
        validator = jsonschema_rs.Draft202012Validator(dict(schema))

        @lru_cache(maxsize=1024)
        def checked(document: bytes) -> str | None:
            value = orjson.loads(document)
            return None if validator.is_valid(value) else _wrong(path, value, schema)

        # tiers and plans are the same in every account and Region: each is checked once
        return lambda value: checked(orjson.dumps(value))


def _wrong(path: str, value: Any, schema: Mapping[str, Any]) -> str | None:
    """What is wrong with a fact; None where nothing is after all."""
    from jsonschema import Draft202012Validator  # noqa: PLC0415 -- facts that are right do without it

    error = next(Draft202012Validator(schema).iter_errors(value), None)
    return None if error is None else f"{path} is not as its schema says: {error.message}"


def _scalar(
    path: str, types: tuple[type, ...], kind: str, minimum: float | None
) -> Callable[[Any], str | None]:
    def check(value: Any) -> str | None:
        if not isinstance(value, types) or (isinstance(value, bool) and kind != "boolean"):
            return f"{path} is not as its schema says: {value!r} is no {kind}"
        number: Any = value
        if minimum is not None and number < minimum:
            return f"{path} is not as its schema says: {value!r} is less than {minimum}"
        return None

    return check

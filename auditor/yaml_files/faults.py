"""Say in one sentence, for the writer of a file, what a JSON schema does not admit in it."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Final

from jsonschema import FormatChecker
from jsonschema.exceptions import ValidationError, best_match

from auditor.yaml_files.nodes import Step
from auditor.yaml_files.patterns import SchemaValidator

_FAULTS: Final = 1_000  # of which the first is told
_SHOWN: Final = 200  # characters of a value that a sentence repeats
#: A name that a sentence may repeat of a file with secrets: no secret is so short or made of these alone.
_NAME: Final = re.compile("[A-Za-z_]{1,31}")

#: JSON schema's types as a writer of YAML says them.
_TYPES: Final = {
    "object": "a mapping of keys",
    "array": "a list",
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
}


def first_fault(
    value: object, schema: Mapping[str, Any], line: Callable[[Sequence[Step]], int], *, secret: bool
) -> tuple[Sequence[Step], str] | None:
    """Give the path of the first thing that `schema` does not admit, and what is wrong there.

    None where it admits all. `line` gives that of a path. An unknown key comes first:
    it is often why another one is missing.
    """
    told = _explain_secretly if secret else _explain
    errors = SchemaValidator(schema, format_checker=FormatChecker()).iter_errors(value)
    faults = [
        (not extra, [*error.absolute_path, *extra], what)
        for error in islice(errors, _FAULTS)
        for extra, what in islice(told(error), _FAULTS)
    ]
    if not faults:
        return None
    _, path, what = min(faults, key=lambda fault: (fault[0], line(fault[1]), fault[2]))
    return path, what


def _explain(error: ValidationError) -> Iterator[tuple[list[Step], str]]:
    """Give what is wrong, each with its path below the error's own: that of an unknown key, else none."""
    where = _where(list(error.absolute_path))
    wanted: Any = error.validator_value
    found: Any = error.instance
    if error.validator == "additionalProperties" and isinstance(error.schema, Mapping):
        known = error.schema.get("properties", {})
        for key in sorted(set(found) - set(known)):
            yield [key], f"unknown key '{_short(key)}'; the keys are {', '.join(sorted(known))}."
    elif error.validator == "required":
        missing = sorted(set(wanted) - set(found))
        yield [], f"{where}lacks the key '{missing[0]}'."
    elif error.validator == "type":
        hint = "; put it in quotes" if wanted == "string" and _is_plain(found) else ""
        shown = "nothing" if found is None else _short(repr(found))
        yield [], f"{where}must be {_TYPES.get(str(wanted), wanted)}, not {shown}{hint}."
    elif error.validator == "enum":
        yield [], f"{where}must be one of {', '.join(map(str, wanted))}, not {_short(repr(found))}."
    elif error.validator == "pattern" and isinstance(error.schema, Mapping) and "description" in error.schema:
        yield [], f"{where}is wrong: {_short(repr(found))}; it should be: {error.schema['description']}"
    elif error.context:
        inner = best_match(error.context)
        yield [], f"{where}is wrong: {_short(inner.message if inner else error.message)}."
    else:
        yield [], f"{where}is wrong: {_short(error.message)}."


def _where(path: Sequence[Step]) -> str:
    if not path:
        return "the document "
    if isinstance(path[-1], int):
        return f"entry {path[-1] + 1} of {_where(path[:-1])}"
    return f"'{_short(path[-1])}' "


def _short(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def _is_plain(value: object) -> bool:
    return isinstance(value, int | float)


def _explain_secretly(error: ValidationError) -> Iterator[tuple[list[Step], str]]:
    """Give the same, but repeat only names of the file. Each `description` says what is expected."""
    rules: Any = error.schema
    found: Any = error.instance
    at = list(error.absolute_path)
    if error.validator == "additionalProperties":
        unknown = next(str(key) for key in found if key not in rules["properties"])
        named = f"an unknown key {unknown}" if _NAME.fullmatch(unknown) else "an unknown key"
        yield [unknown], f"{_written(at)} has {named}; its keys are {', '.join(rules['properties'])}."
    elif error.validator == "required":
        missing = next(name for name in rules["required"] if name not in found)
        expected = rules["properties"][missing]["description"]
        yield [], f"{_written([*at, missing])} is missing; it must be {expected}."
    else:
        yield [], f"{_written(at)} must be {rules['description']}."


def _written(path: Iterable[Step]) -> str:
    """Write a path in a document, such as credentials[2].secret_key."""
    steps = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return "".join(steps).removeprefix(".") or "the document"

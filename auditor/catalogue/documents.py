"""YAML that a user wrote, checked against a closed JSON schema; what is wrong is said with its file and line.

Scalars are read as YAML 1.2's core schema does: only `true` and `false` are booleans, a date or a time of day
is text, an account id such as 012345678901 is text too (a leading zero makes no octal number).
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import yaml
from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import ValidationError, best_match

from auditor.model.errors import UsageError

Step = str | int

_TAG: Final = "tag:yaml.org,2002:"
_INT: Final = "(?:0|[1-9][0-9]*)"
_SCALARS: Final = (
    ("bool", re.compile("^(?:true|false)$"), "tf"),
    ("null", re.compile("^(?:null|~|)$"), "n~"),
    ("int", re.compile(f"^[-+]?{_INT}$"), "-+0123456789"),
    (
        "float",
        re.compile(rf"^[-+]?(?:{_INT}?\.[0-9]+|{_INT}\.|{_INT}(?=[eE]))(?:[eE][-+]?[0-9]+)?$"),
        "-+.0123456789",
    ),
)

#: JSON schema's types as a writer of YAML says them.
_TYPES: Final = {
    "object": "a mapping of keys",
    "array": "a list",
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
}


class _Loader(yaml.SafeLoader):
    """PyYAML's safe loader with the scalars of YAML 1.2's core schema."""

    yaml_implicit_resolvers: dict[str, list[Any]] = {}  # noqa: RUF012 -- PyYAML's own attribute, replaced whole


for _name, _pattern, _first in _SCALARS:
    _Loader.add_implicit_resolver(_TAG + _name, _pattern, [*_first, ""] if _name == "null" else list(_first))


@dataclass(frozen=True)
class Document:
    """One YAML document: its `value`, and where each part of it stands.

    `name` is the file as the user knows it; `first_line` is the line of the file on which the YAML begins.
    """

    name: str
    root: yaml.Node | None
    first_line: int = 1

    @cached_property
    def value(self) -> Any:
        """The document as Python values; None when it is empty."""
        if self.root is None:
            return None
        return _Loader("").construct_document(self.root)

    def line(self, path: Sequence[Step]) -> int:
        """The line of the part at `path`; of the innermost part that exists when `path` leads nowhere."""
        node, line = self.root, 0 if self.root is None else self.root.start_mark.line
        for step in path:
            found = _child(node, step)
            if found is None:
                break
            line, node = found
        return self.first_line + line

    def error(self, path: Sequence[Step], what: str) -> UsageError:
        """An error that names the file and the line of `path`."""
        return UsageError(f"{self.name}:{self.line(path)}: {what}")

    def check(self, schema: Mapping[str, Any]) -> None:
        """Raise `UsageError` for the first thing that `schema` does not admit.

        An unknown key comes before all else: it is often why another one is missing.
        """
        faults = [
            (not extra, [*error.absolute_path, *extra], what)
            for error in Draft202012Validator(schema, format_checker=FormatChecker()).iter_errors(self.value)
            for extra, what in _explain(error)
        ]
        if faults:
            _, path, what = min(faults, key=lambda fault: (fault[0], self.line(fault[1]), fault[2]))
            raise self.error(path, what)


def read_document(file: Path, name: str | None = None) -> Document:
    """Parse the YAML file `file`; errors call it `name` (its path when None)."""
    return parse(read_text(file, name), name or str(file))


def read_text(file: Path, name: str | None = None) -> str:
    """Read a file of the user as UTF-8.

    Raises:
        UsageError: it is not there, cannot be read or is not UTF-8.
    """
    return decoded(read_bytes(file, name), name or str(file))


def read_bytes(file: Path, name: str | None = None) -> bytes:
    """Read a file of the user; raises `UsageError` when it is not there or cannot be read."""
    try:
        return file.read_bytes()
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise UsageError(f"{name or file}: {reason}; name a file that can be read.") from None


def decoded(data: bytes, name: str) -> str:
    """The UTF-8 text of the file `name`, each line's end made a line feed; raises `UsageError`."""
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise UsageError(f"{name}: byte {error.start} is not UTF-8; save the file as UTF-8.") from None
    return text.replace("\r\n", "\n").replace("\r", "\n")


def parse(text: str, name: str, first_line: int = 1) -> Document:
    """Parse one YAML document that begins on `first_line` of the file `name`; no key may be given twice."""
    try:
        document = Document(name, yaml.compose(text, Loader=_Loader), first_line)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = first_line + (mark.line if mark else 0)
        raise UsageError(f"{name}:{line}: this is not YAML: {error.problem or error.context}.") from None
    except yaml.reader.ReaderError as error:
        line = first_line + text.count("\n", 0, error.position)
        raise UsageError(f"{name}:{line}: this is not YAML: {error.reason}.") from None
    _refuse_doubles(document, document.root)
    return document


def _refuse_doubles(document: Document, node: yaml.Node | None) -> None:
    if isinstance(node, yaml.SequenceNode):
        for item in node.value:
            _refuse_doubles(document, item)
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if key.value in seen:
                line = document.first_line + key.start_mark.line
                raise UsageError(f"{document.name}:{line}: '{key.value}' is given twice; keep one of them.")
            seen.add(key.value)
            _refuse_doubles(document, value)


def _child(node: yaml.Node | None, step: Step) -> tuple[int, yaml.Node] | None:
    if isinstance(node, yaml.MappingNode):
        return next(((k.start_mark.line, v) for k, v in node.value if k.value == str(step)), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int):
        item = node.value[step]
        return item.start_mark.line, item
    return None


def _explain(error: ValidationError) -> Iterator[tuple[list[Step], str]]:
    where = _where(list(error.absolute_path))
    wanted: Any = error.validator_value
    found: Any = error.instance
    if error.validator == "additionalProperties" and isinstance(error.schema, Mapping):
        known = error.schema.get("properties", {})
        for key in sorted(set(found) - set(known)):
            yield [key], f"unknown key '{key}'; the keys are {', '.join(sorted(known))}."
    elif error.validator == "required":
        missing = sorted(set(wanted) - set(found))
        yield [], f"{where}lacks the key '{missing[0]}'."
    elif error.validator == "type":
        hint = "; put it in quotes" if wanted == "string" and _is_plain(found) else ""
        shown = "nothing" if found is None else repr(found)
        yield [], f"{where}must be {_TYPES.get(str(wanted), wanted)}, not {shown}{hint}."
    elif error.validator == "enum":
        yield [], f"{where}must be one of {', '.join(map(str, wanted))}, not {found!r}."
    elif error.validator == "pattern" and isinstance(error.schema, Mapping) and "description" in error.schema:
        yield [], f"{where}is wrong: {found!r}; it should be: {error.schema['description']}"
    elif error.context:
        inner = best_match(error.context)
        yield [], f"{where}is wrong: {inner.message if inner else error.message}."
    else:
        yield [], f"{where}is wrong: {error.message}."


def _where(path: Sequence[Step]) -> str:
    if not path:
        return "the document "
    if isinstance(path[-1], int):
        return f"entry {path[-1] + 1} of {_where(path[:-1])}"
    return f"'{path[-1]}' "


def _is_plain(value: object) -> bool:
    return isinstance(value, int | float)

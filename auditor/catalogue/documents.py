"""YAML that a user wrote, checked against a closed JSON schema; what is wrong is told by file and line."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any, Final

import yaml
from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import ValidationError, best_match

from auditor import files
from auditor.catalogue.yaml_text import NotYaml, compose, value_of
from auditor.model.errors import UsageError

Step = str | int

_FAULTS: Final = 1_000  # of which the first is told
_SHOWN: Final = 200  # characters of a value that a sentence repeats

#: JSON schema's types as a writer of YAML says them.
_TYPES: Final = {
    "object": "a mapping of keys",
    "array": "a list",
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
}


@dataclass(frozen=True)
class Document:
    """One YAML document: its `value`, and where each part of it stands.

    `name` is the file as the user knows it; `first_line` is the line of the file on which the YAML begins.
    """

    name: str
    root: yaml.Node | None
    first_line: int = 1

    _children: dict[int, dict[str, tuple[int, yaml.Node]]] = field(default_factory=dict, compare=False)

    @cached_property
    def value(self) -> Any:
        """The document as Python values; None when it is empty."""
        return value_of(self.root)

    def line(self, path: Sequence[Step]) -> int:
        """The line of the part at `path`; of the innermost part that exists when `path` leads nowhere."""
        node, line = self.root, 0 if self.root is None else self.root.start_mark.line
        for step in path:
            found = self._child(node, step)
            if found is None:
                break
            line, node = found
        return self.first_line + line

    def _child(self, node: yaml.Node | None, step: Step) -> tuple[int, yaml.Node] | None:
        if isinstance(node, yaml.MappingNode):
            if id(node) not in self._children:
                self._children[id(node)] = {
                    key.value: (key.start_mark.line, item) for key, item in node.value
                }
            return self._children[id(node)].get(str(step))
        if isinstance(node, yaml.SequenceNode) and isinstance(step, int):
            return node.value[step].start_mark.line, node.value[step]
        return None

    def error(self, path: Sequence[Step], what: str) -> UsageError:
        """An error that names the file and the line of `path`."""
        return UsageError(f"{self.name}:{self.line(path)}: {what}")

    def check(self, schema: Mapping[str, Any]) -> None:
        """Raise `UsageError` for the first thing that `schema` does not admit.

        An unknown key comes before all else: it is often why another one is missing.
        """
        errors = Draft202012Validator(schema, format_checker=FormatChecker()).iter_errors(self.value)
        faults = [
            (not extra, [*error.absolute_path, *extra], what)
            for error in islice(errors, _FAULTS)
            for extra, what in islice(_explain(error), _FAULTS)
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
    """Read a file of the user; raises `UsageError` when it is not there, cannot be read or is too large."""
    try:
        return files.read(file, files.WRITTEN)
    except OSError as error:
        raise UsageError(f"{name or file}: {files.reason(error)}; name a file that can be read.") from None


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
        document = Document(name, compose(text), first_line)
        _ = document.value  # every scalar of it is one
    except NotYaml as error:
        raise UsageError(f"{name}:{first_line + error.line - 1}: {error.problem}.") from None
    return document


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
    return f"'{path[-1]}' "


def _short(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def _is_plain(value: object) -> bool:
    return isinstance(value, int | float)

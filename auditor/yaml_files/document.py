"""YAML that a user wrote, checked against a closed JSON schema; what is wrong is told by file and line."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import yaml

from auditor import files
from auditor.model.errors import UsageError
from auditor.yaml_files.nodes import NotYaml, Step, compose, value_of


@dataclass(frozen=True)
class Document:
    """One YAML document: its `value`, and where each part of it stands.

    `name` is the file as the user knows it; `first_line` is the line of the file on which the YAML begins.
    Errors of a `secret` document show no value of it: the schema's descriptions say what is expected.
    """

    name: str
    root: yaml.Node | None
    first_line: int = 1
    secret: bool = False
    tags: Mapping[str, str] = field(default_factory=dict)

    _children: dict[int, dict[str, tuple[int, yaml.Node]]] = field(default_factory=dict, compare=False)

    @classmethod
    def of(
        cls,
        text: str,
        name: str,
        first_line: int = 1,
        *,
        secret: bool = False,
        tags: Mapping[str, str] | None = None,
    ) -> Self:
        """Read the one document of `text`; raises `NotYaml` where it is none, with the line of `text`.

        `tags` are those that are read, each with the key that it stands for; without them there are none.
        """
        read = tags or {}
        document = cls(name, compose(text, read), first_line, secret, read)
        _ = document.value  # every scalar of it is one
        return document

    @cached_property
    def value(self) -> Any:
        """The document as Python values; None when it is empty."""
        return value_of(self.root, self.tags)

    @cached_property
    def old_value(self) -> Any:
        """The same as YAML 1.1 reads it."""
        return value_of(self.root, self.tags, old=True)

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

    def error_at(self, node: yaml.Node, what: str) -> UsageError:
        """An error that names the file and the line of a node."""
        return UsageError(f"{self.name}:{self.first_line + node.start_mark.line}: {what}")

    def check(self, schema: Mapping[str, Any]) -> None:
        """Raise `UsageError` for the first thing that `schema` does not admit.

        An unknown key comes before all else: it is often why another one is missing.
        """
        from auditor.yaml_files.admission import admits  # noqa: PLC0415 -- settings need no schema

        if admits(self.value, schema):
            return
        from auditor.yaml_files.faults import first_fault  # noqa: PLC0415 -- what is right needs no jsonschema

        found = first_fault(self.value, schema, self.line, secret=self.secret)
        if found is not None:
            raise self.error(*found)


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
        where = f"{name}:{files.line_of(data, error.start)}"
        raise UsageError(f"{where}: byte {error.start} is not UTF-8; save the file as UTF-8.") from None
    return text.replace("\r\n", "\n").replace("\r", "\n")


def parse(text: str, name: str, first_line: int = 1) -> Document:
    """Parse one YAML document that begins on `first_line` of the file `name`; no key may be given twice."""
    try:
        return Document.of(text, name, first_line)
    except NotYaml as error:
        raise UsageError(f"{name}:{first_line + error.line - 1}: {error.problem}.") from None

"""The tree of an organization as a file: units, accounts, and the backup policies attached to each.

The form is this product's own: `organization.schema.json`, docs/check.md.
"""

import json
from collections.abc import Iterator, Mapping
from importlib.resources import files
from posixpath import dirname, join, normpath
from typing import TYPE_CHECKING, Any, Final

from auditor.check.declared import Assumed, Source
from auditor.check.declared_policies import DeclaredTarget
from auditor.check.lines import lines_of
from auditor.check.reading import Reading
from auditor.check.shapes import as_object
from auditor.model.errors import AuditorError

if TYPE_CHECKING:
    from auditor.yaml_files.document import Document

Json = Any

KIND: Final = "tree of the organization"
_TREE: Final = "organization"
_ROOT: Final = "root"
#: How deep units may lie in each other (AWS Organizations, quotas).
_MOST_UNITS: Final = 5
_Step = str | int


def is_tree(document: Json) -> bool:
    """Whether a document is the tree of an organization."""
    return isinstance(as_object(as_object(document).get(_TREE)).get(_ROOT), Mapping)


def read_tree(document: Json, source: Source, assumed: Assumed) -> Reading:  # noqa: ARG001 -- a format's reader
    """The way from the root to every account.

    Raises:
        AuditorError: the file is not of the form, an account is in it twice, or there is none in it.
    """
    return _Tree(document, source).read()


class _Tree:
    def __init__(self, document: Json, source: Source) -> None:
        self._document, self._file = document, source.name
        self._lines: Document | None = lines_of(source)

    def read(self) -> Reading:
        root = self._document[_TREE][_ROOT]
        self._check_depth(root)
        self._check_form()
        reading = Reading(self._file, KIND)
        for account, way, path in self._accounts(root, [_TREE, _ROOT], ()):
            if account in reading.accounts:
                raise self._error(path, f"account {account} is in the tree twice; keep one of them")
            reading.accounts[account] = way
        if not reading.accounts:
            raise self._error([_TREE], "there is no account in the tree; write each where it is")
        return reading

    def _error(self, path: list[_Step], said: str) -> AuditorError:
        return AuditorError(f"{self._at(path)}: {said}.")

    def _at(self, path: list[_Step]) -> str:
        return f"{self._file}:{self._lines.line(path)}" if self._lines else self._file

    def _check_depth(self, root: Json) -> None:
        """Before anything else looks at the tree: it may be as deep as any input."""
        level = [root]
        for _ in range(_MOST_UNITS + 1):
            level = [
                unit
                for held in level
                for unit in as_object(as_object(held).get("units")).values()
                if isinstance(unit, Mapping)
            ]
        if level:
            raise self._error([_TREE], f"units lie more than {_MOST_UNITS} deep in each other")

    def _check_form(self) -> None:
        from auditor.yaml_files.faults import first_fault  # noqa: PLC0415 -- other inputs need no jsonschema

        line = self._lines.line if self._lines else lambda _: 0
        found = first_fault(self._document, _schema(), line, secret=False)
        if found is not None:
            raise AuditorError(f"{self._at(list(found[0]))}: {found[1]}")

    def _accounts(
        self, target: Json, path: list[_Step], above: tuple[DeclaredTarget, ...], unit: str = ""
    ) -> Iterator[tuple[str, tuple[DeclaredTarget, ...], list[_Step]]]:
        """Each account below a target: its id, the targets on the way to it, and where it stands."""
        held = as_object(target)
        way = (*above, self._target(held, str(held.get("id") or ""), path, unit))
        for account, own in as_object(held.get("accounts")).items():
            here = [*path, "accounts", account]
            yield account, (*way, self._target(as_object(own), account, here)), here
        for name, inner in as_object(held.get("units")).items():
            yield from self._accounts(inner, [*path, "units", name], way, name)

    def _target(
        self, held: Mapping[str, Json], target_id: str, path: list[_Step], unit: str = ""
    ) -> DeclaredTarget:
        listed = [normpath(join(dirname(self._file), one)) for one in held.get("policies") or ()]
        return DeclaredTarget(target_id, self._at([*path, "policies"]), tuple(listed), unit)


def _schema() -> Json:
    file = files("auditor.check.organizations").joinpath("organization.schema.json")
    return json.loads(file.read_text(encoding="utf-8"))

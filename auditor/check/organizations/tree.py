"""The tree of an organization as a file: units, accounts, and the backup policies attached to each.

The form is this product's own: `organization.schema.json`, docs/check.md.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from importlib.resources import files
from posixpath import dirname, join, normpath
from typing import TYPE_CHECKING, Any, Final, Literal

from auditor.check.declared import Assumed, Declaration, Source
from auditor.check.declared_policies import DeclaredNode
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
MOST_UNITS: Final = 5
_Step = str | int


def is_tree(document: Json) -> bool:
    """Whether a document is the tree of an organization."""
    return isinstance(as_object(as_object(document).get(_TREE)).get(_ROOT), Mapping)


def read_tree(document: Json, source: Source, assumed: Assumed) -> Reading:  # noqa: ARG001 -- a format's reader
    """The root, and every unit and account.

    Raises:
        AuditorError: the file is not of the form, or an account is in it twice.
    """
    return _Tree(document, source).read()


def accounts_of_units(documents: Iterable[tuple[Json, Source]]) -> dict[str, tuple[str, ...]]:
    """The accounts in each root and unit of a tree among documents, and in what lies below it, by their ids.

    Raises:
        AuditorError: as `read_tree`.
    """
    found: dict[str, list[str]] = {}
    for nodes in (
        _Tree(document, source).read().nodes for document, source in documents if is_tree(document)
    ):
        parents = {one.node_id: one.parent for one in nodes}
        found |= {one.node_id: [] for one in nodes if one.kind != "account" and one.identified}
        for one in nodes:
            above = one.parent if one.kind == "account" else ""
            while above:
                found.get(above, []).append(one.node_id)
                above = parents[above]
    return {unit: tuple(accounts) for unit, accounts in found.items()}


class _Tree:
    def __init__(self, document: Json, source: Source) -> None:
        self._document, self._file = document, source.name
        self._lines: Document | None = lines_of(source)

    def read(self) -> Reading:
        root = self._document[_TREE][_ROOT]
        self._check_depth(root)
        self._check_form()
        whole = Declaration(self._file, _TREE, self._lines.line([_TREE]) if self._lines else 0)
        reading = Reading(self._file, KIND)
        path: list[_Step] = [_TREE, _ROOT]
        reading.nodes = [self._node("root", as_object(root), path, "", whole), *self._within(root, path)]
        seen: set[str] = set()
        for node in reading.nodes:
            if node.kind == "account" and node.node_id in seen:
                at = shown_at(node.declaration)
                raise AuditorError(f"{at}: account {node.node_id} is in the tree twice; keep one of them.")
            seen.add(node.node_id)
        return reading

    def _error(self, path: list[_Step], said: str) -> AuditorError:
        return AuditorError(f"{self._at(path)}: {said}.")

    def _at(self, path: list[_Step]) -> str:
        return f"{self._file}:{self._lines.line(path)}" if self._lines else self._file

    def _check_depth(self, root: Json) -> None:
        """Before anything else looks at the tree: it may be as deep as any input."""
        level = [root]
        for _ in range(MOST_UNITS + 1):
            level = [
                unit
                for held in level
                for unit in as_object(as_object(held).get("units")).values()
                if isinstance(unit, Mapping)
            ]
        if level:
            raise self._error([_TREE], f"units lie more than {MOST_UNITS} deep in each other")

    def _check_form(self) -> None:
        from auditor.yaml_files.faults import first_fault  # noqa: PLC0415 -- other inputs need no jsonschema

        line = self._lines.line if self._lines else lambda _: 0
        found = first_fault(self._document, _schema(), line, secret=False)
        if found is not None:
            raise AuditorError(f"{self._at(list(found[0]))}: {found[1]}")

    def _within(self, target: Json, path: list[_Step]) -> Iterator[DeclaredNode]:
        """Each unit and account below a target."""
        held = as_object(target)
        inside = _id(held, path)
        for account, own in as_object(held.get("accounts")).items():
            here = [*path, "accounts", account]
            yield self._node("account", {"id": account, **as_object(own)}, here, inside)
        for name, inner in as_object(held.get("units")).items():
            here = [*path, "units", name]
            yield self._node("unit", as_object(inner), here, inside)
            yield from self._within(inner, here)

    def _node(
        self,
        kind: Literal["root", "unit", "account"],
        held: Mapping[str, Json],
        path: list[_Step],
        parent: str,
        declaration: Declaration | None = None,
    ) -> DeclaredNode:
        listed = [normpath(join(dirname(self._file), one)) for one in held.get("policies") or ()]
        line = self._lines.line(path) if self._lines else 0
        return DeclaredNode(
            kind,
            _id(held, path),
            parent,
            declaration or Declaration(self._file, "/".join(map(str, path)), line),
            name=str(path[-1]) if kind == "unit" else "",
            identified=bool(held.get("id")),
            policies=tuple(listed),
            path=self._at([*path, "policies"]),
        )


def _id(held: Mapping[str, Json], path: list[_Step]) -> str:
    """The id of a root, unit or account; one without has its path in its place."""
    return str(held.get("id") or "/".join(map(str, path)))


def shown_at(declaration: Declaration) -> str:
    """A file, with the line where there is one."""
    return f"{declaration.file}:{declaration.line}" if declaration.line else declaration.file


def _schema() -> Json:
    file = files("auditor.check.organizations").joinpath("organization.schema.json")
    return json.loads(file.read_text(encoding="utf-8"))

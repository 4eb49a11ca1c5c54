"""Which tables of the evidence a fact is made of: they say what a run collects, and which gaps matter.

The fact's schema names them in `made_of`. A fact without a schema, or without `made_of`, is taken to need
every table.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from auditor.evidence.table_schemas import DOCUMENTS, EVERYTHING, OU_PATHS
from auditor.model.policy import Control, Tiers

Tables = frozenset[str]
Schema = Mapping[str, Any]

_MADE_OF: Final = "made_of"


def tables_of(controls: Iterable[Control], tiers: Tiers, schemas: Mapping[str, Schema]) -> Tables:
    """The tables that `controls` need, in the words of a gap's `provides`; `schemas` are whole, by subject.

    OU paths are among them only where an assignment of a tier asks for organizational units.
    """
    found = frozenset[str]().union(*(_of_control(control, schemas) for control in controls))
    found |= documents_of(found)
    by_unit = any(entry.organizational_units for entry in tiers.assignment)
    return found if by_unit else found - {OU_PATHS}


def documents_of(tables: Iterable[str]) -> Tables:
    """What is read with each of `tables` and can be missing by itself."""
    return frozenset(DOCUMENTS[name] for name in tables if name in DOCUMENTS)


def _of_control(control: Control, schemas: Mapping[str, Schema]) -> Tables:
    schema = schemas.get(control.subject, {})
    if _MADE_OF not in schema:
        return EVERYTHING
    listed = frozenset(schema[_MADE_OF])
    return listed.union(*(source(schema, path) for path in (*control.reads, *control.cites)))


def source(schema: Schema, path: str) -> Tables:
    """The tables of the fact at `path`, and of the facts below it; `schema` is its subject's."""
    made_of: Iterable[str] | None = None
    for key in path.split("."):
        if key not in schema.get("properties", {}):
            return EVERYTHING
        schema = schema["properties"][key]
        made_of = schema.get(_MADE_OF, made_of)
    return EVERYTHING if made_of is None else frozenset(made_of).union(*_below(schema))


def _below(schema: Schema) -> Iterator[Iterable[str]]:
    for inner in schema.get("properties", {}).values():
        yield inner.get(_MADE_OF, ())
        yield from _below(inner)

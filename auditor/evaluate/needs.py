"""Which tables of the evidence a fact is made of: they say what a run collects, and which gaps matter.

The fact's schema names them in `made_of`. A fact without a schema, or without `made_of`, is taken to need
every table.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, Final

from auditor.catalogue.load import Catalogue
from auditor.evaluate.accounts import NOTHING, Asked
from auditor.evaluate.organization_settings import DEMANDED
from auditor.evidence.asked_tables import BUCKET_SETTINGS, KEY_POLICIES, RESTORE_TESTS
from auditor.evidence.native_tables import (
    AUTOMATIC_LISTS,
    BACKUP_LISTS,
    BACKUPS,
    EARLIEST,
    KEPT_UNTIL,
    NATIVE_ASKED,
    VERSIONS_KEPT,
    VOLUME_SNAPSHOTS,
)
from auditor.evidence.policy_tables import ORGANIZATION_SETTINGS
from auditor.evidence.table_schemas import (
    BACKUP_TAGS,
    DOCUMENTS,
    EVERYTHING,
    OU_PATHS,
    POINT_TAGS,
    SNAPSHOT_TAGS,
)
from auditor.model.audit_manager import EVERY_CONTROL, AskedFramework
from auditor.model.policy import Control, Tiers

Tables = frozenset[str]
Schema = Mapping[str, Any]

_MADE_OF: Final = "made_of"
#: Tables that nothing but a key of a tier asks for, and that key.
ASKED_BY: Final = {
    "restore_jobs": "restore_test",
    RESTORE_TESTS: "restore_test",
    BUCKET_SETTINGS: "whole_backups",
}


def tables_of(
    controls: Collection[Control],
    tiers: Tiers,
    schemas: Mapping[str, Schema],
    asked_of: Asked = NOTHING,
    framework: AskedFramework = EVERY_CONTROL,
) -> Tables:
    """The tables that `controls` need, in the words of a gap's `provides`; `schemas` are whole, by subject.

    `asked_of` is what is asked of accounts and of what lies in them. What nothing asks for (`undemanded`) is
    not among them, unless a control of a framework's own does; `framework` says which of these Audit
    Manager's are asked with a tag.
    """
    found = frozenset[str]().union(*(_of_control(control, schemas) for control in controls))
    found |= documents_of(found)
    own = (_of_control(control, schemas) for control in controls if control.only_for)
    asked = frozenset[str]().union(*own).intersection((*ASKED_BY, *framework.tables))
    return found - (undemanded(tiers, asked_of) - asked)


def needed_tables(controls: Collection[Control], catalogue: Catalogue) -> Tables:
    """The tables that `controls` need by what a catalogue says."""
    asked_of = Asked.of(catalogue.data["parameters"], catalogue.matters)
    return tables_of(controls, catalogue.tiers, catalogue.schemas, asked_of, catalogue.asked)


def undemanded(tiers: Tiers, of_accounts: Asked) -> Tables:
    """The tables without which every resource has its tier, and which no tier and no parameter asks for."""
    paths = () if any(entry.organizational_units for entry in tiers.assignment) else (OU_PATHS,)
    demands = set[str]().union(*tiers.tiers.values())
    accepted = accepted_kinds(tiers)
    native = {word for kind, word in NATIVE_ASKED.items() if kind not in accepted}
    frequency = accepted_kinds(tiers, "frequency")
    lists = set() if "snapshot" in accepted else set(BACKUP_LISTS)
    if "automated_backups" in frequency:
        lists.difference_update(AUTOMATIC_LISTS)  # they tell the times
    else:
        native.add(EARLIEST)
    if "lifecycle_policy" in frequency:
        lists.discard(VOLUME_SNAPSHOTS)  # its snapshots tell the times
    if len(lists) < len(BACKUP_LISTS):
        native.discard(BACKUPS)
    if "snapshot" not in accepted_kinds(tiers, "retention"):
        native.add(KEPT_UNTIL)
    if "versioning" not in accepted_kinds(tiers, "retention"):
        native.add(VERSIONS_KEPT)
    restores = (table for table, key in ASKED_BY.items() if key not in demands)
    tags = (BACKUP_TAGS, POINT_TAGS, SNAPSHOT_TAGS)
    not_needed = {*paths, *native, *lists, *of_accounts.not_needed, *restores, *tags, ORGANIZATION_SETTINGS}
    return frozenset(not_needed - ({KEY_POLICIES, ORGANIZATION_SETTINGS} if DEMANDED in demands else set()))


def accepted_kinds(tiers: Tiers, satisfies: str = "") -> frozenset[str]:
    """The kinds of protection apart from AWS Backup that some tier accepts, for something or for anything."""
    held = (tier.get("native", {}).items() for tier in tiers.tiers.values())
    named = (kinds for native in held for key, kinds in native if satisfies in ("", key))
    return frozenset(kind for kinds in named for kind in kinds)


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

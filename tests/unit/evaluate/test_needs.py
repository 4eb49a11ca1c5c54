"""Which tables the facts of the controls are made of."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import pytest

from auditor.catalogue.load import Catalogue
from auditor.catalogue.schemas import paths
from auditor.evaluate.accounts import NOTHING, Asked
from auditor.evaluate.needs import source
from auditor.evaluate.needs import tables_of as needed
from auditor.evidence.asked_tables import (
    AUDIT_FRAMEWORKS,
    BUCKET_SETTINGS,
    HELD_POINTS,
    KEY_POLICIES,
    LEGAL_HOLDS,
    REPORT_PLANS,
    RESTORE_TESTS,
)
from auditor.evidence.policy_tables import (
    BACKUP_POLICIES,
    CONTROL_POLICIES,
    EFFECTIVE_POLICIES,
    ORGANIZATION_SETTINGS,
    POLICY_ERRORS,
)
from auditor.evidence.table_schemas import (
    AGES,
    BACKUP_TAGS,
    DOCUMENTS,
    EVERYTHING,
    OU_PATHS,
    PARTITIONED,
    POINT_TAGS,
    PRINCIPALS,
    SNAPSHOT_TAGS,
)
from auditor.model.holds import Matter, Matters
from auditor.model.policy import Control, TierAssignment, Tiers
from tests.unit.evaluate.parity import framework

CATALOGUE = Catalogue.load()
PLAIN = Tiers({"a": {}}, (), "a")
NATIVE = {
    "coverage": ["point_in_time_recovery", "object_lock", "replication"],
    "frequency": ["lifecycle_policy", "automated_backups"],
    "retention": ["snapshot", "versioning"],
}
RAILS = {"guard_rails": {"actions": ["ec2:DisableImage"]}}
DESTROYERS = {"destroyers": {"guardians": ["*"]}}
MATTERS = (Matter("m", "hold", ("111122223333",), ("eu-central-1",), "legal"),)
OF_HOLDS, OF_GUARDIANS = {LEGAL_HOLDS, HELD_POINTS}, {PRINCIPALS, KEY_POLICIES}
COMPARED = {"backup_policies": {"compared": True}}
ENCRYPTED = "BACKUP_RECOVERY_POINT_ENCRYPTED"
NOT_ASKED = {POINT_TAGS, SNAPSHOT_TAGS, BACKUP_POLICIES, EFFECTIVE_POLICIES, POLICY_ERRORS, REPORT_PLANS,
             ORGANIZATION_SETTINGS, AUDIT_FRAMEWORKS}  # fmt: skip
ASKING = {"restore_test": {}, "whole_backups": True, "native": NATIVE}
BY_UNIT = Tiers({"a": ASKING}, (TierAssignment("a", {}, ("Prod",)),), "a")


def control(id_: str) -> Control:
    """A shipped control."""
    return next(one for one in CATALOGUE.controls if one.id == id_)


def tables_of(
    controls: Sequence[Control], tiers: Tiers, parameters: Any = None, matters: Matters = ()
) -> frozenset[str]:
    """What controls need by the shipped schemas."""
    return needed(controls, tiers, CATALOGUE.schemas, Asked.of({"evidence": parameters or {}}, matters))


def declared(schema: Any, place: str) -> Iterator[tuple[str, list[str]]]:
    """Each `made_of` of a schema, and where it stands."""
    for name, part in schema.get("properties", {}).items():
        if "made_of" in part:
            yield f"{place} {name}", part["made_of"]
        yield from declared(part, f"{place} {name}")


@pytest.mark.parametrize(
    "subject",
    ["resource", "plan", "vault", "vault_policy", "key", "recovery_point", "account", "organization"],
)
def test_each_fact_of_a_subject_has_its_tables(subject: str) -> None:
    """One that is added to a schema says `made_of`, or runs of its controls collect everything."""
    schema = CATALOGUE.schemas[subject]
    found = {path: source(schema, path) for path in paths(schema)}
    assert [path for path, tables in found.items() if tables == EVERYTHING] == []
    assert found.pop("as_of") == frozenset()
    assert [path for path, tables in found.items() if not tables.intersection(schema["made_of"])] == []
    assert [place for place, tables in declared(schema, subject) if not EVERYTHING.issuperset(tables)] == []


def test_the_shipped_controls_need_every_table() -> None:
    """Nothing is collected that they do not read; some only where a tier or a parameter asks so."""
    controls = [one for one in CATALOGUE.controls if "audit" in one.moments and not one.only_for]
    assert tables_of(controls, PLAIN) == {*PARTITIONED, *DOCUMENTS.values(), AGES} - {
        "restore_jobs",
        RESTORE_TESTS,
        BUCKET_SETTINGS,
        "lifecycle_policies",
        "native_backups",
        *OF_HOLDS,
        *OF_GUARDIANS,
        BACKUP_TAGS,
        REPORT_PLANS,
        AUDIT_FRAMEWORKS,
    }
    assert tables_of(controls, BY_UNIT, COMPARED) == EVERYTHING - {
        BACKUP_TAGS,
        POINT_TAGS,
        SNAPSHOT_TAGS,
        CONTROL_POLICIES,
        *OF_GUARDIANS,
        *OF_HOLDS,
        REPORT_PLANS,
        ORGANIZATION_SETTINGS,
        AUDIT_FRAMEWORKS,
    }
    whole = EVERYTHING - {BACKUP_TAGS, *NOT_ASKED}
    assert tables_of(controls, BY_UNIT) == whole - {CONTROL_POLICIES, *OF_GUARDIANS, *OF_HOLDS}
    assert tables_of(controls, BY_UNIT, RAILS) == whole - {*OF_GUARDIANS, *OF_HOLDS}
    assert tables_of(controls, BY_UNIT, DESTROYERS) == whole - OF_HOLDS
    assert tables_of(controls, BY_UNIT, DESTROYERS, MATTERS) == whole
    reports = {"report_plans": {"max_age_hours": 48}}
    assert tables_of(controls, BY_UNIT, reports) - tables_of(controls, BY_UNIT) == {REPORT_PLANS}
    copying = Tiers({"a": {"account_copy": {}}}, (), "a")
    asked = {ORGANIZATION_SETTINGS, KEY_POLICIES}
    assert tables_of(controls, copying) - tables_of(controls, PLAIN) == asked
    quotas = {"account_quotas": {"asked": True}}
    of_quotas = {AUDIT_FRAMEWORKS, LEGAL_HOLDS}
    assert tables_of(controls, BY_UNIT, quotas) - tables_of(controls, BY_UNIT) == of_quotas
    roles = {"selection_roles": {"read": True}}
    assert tables_of(controls, BY_UNIT, roles) - tables_of(controls, BY_UNIT) == {PRINCIPALS}
    assert tables_of(controls, BY_UNIT, {}, MATTERS) == whole - {CONTROL_POLICIES, *OF_GUARDIANS}


@pytest.mark.parametrize(
    ("name", "scope", "read"),
    [
        ("BACKUP_PLAN_MIN_FREQUENCY_AND_MIN_RETENTION_CHECK", {"Tags": {"team": "a"}}, True),
        ("BACKUP_PLAN_MIN_FREQUENCY_AND_MIN_RETENTION_CHECK", {}, False),
        ("BACKUP_RECOVERY_POINT_MANUAL_DELETION_DISABLED", {"Tags": {"team": ""}}, True),
        (ENCRYPTED, {"Tags": {"team": "a"}}, False),
        ("BACKUP_RESOURCES_PROTECTED_BY_BACKUP_PLAN", {"Tags": {"team": "a"}}, False),
    ],
)
def test_tags_of_plans_and_vaults_are_for_a_framework_that_asks_for_one(
    name: str, scope: dict[str, Any], *, read: bool
) -> None:
    """Over recovery points a list of their own is read, and those of resources are in their lists."""
    asked = framework(name, scope)
    own = [control(name)]

    found = needed(own, PLAIN, CATALOGUE.schemas, NOTHING, asked)
    words = {BACKUP_TAGS, POINT_TAGS, SNAPSHOT_TAGS}
    of_points = {POINT_TAGS, SNAPSHOT_TAGS} if name == ENCRYPTED else set()
    assert words & found == (of_points | ({BACKUP_TAGS} if read else set()))
    assert words.isdisjoint(needed(own, PLAIN, CATALOGUE.schemas))


@pytest.mark.parametrize(
    ("id_", "tables"),
    [
        (
            "BKP-IMM-002",
            {
                "resources",
                "images",
                "backup_plans",
                "backup_selections",
                "region_settings",
                "backup_jobs",
                "backup_vaults",
            },
        ),
        (
            "BKP-COV-001",
            {
                "resources",
                "images",
                "native_protection",
                "backup_plans",
                "backup_selections",
                "region_settings",
                "backup_jobs",
            },
        ),
        (
            "BKP-ENC-001",
            {"resources", "backup_vaults", "recovery_points", "keys", "backup_jobs", "copy_jobs"},
        ),
    ],
)
def test_a_control_needs_what_it_reads_and_cites(id_: str, tables: set[str]) -> None:
    """By the facts alone; of plans and selections one document can be missing by itself."""
    documents = {DOCUMENTS[name] for name in tables if name in DOCUMENTS}
    assert tables_of([control(id_)], PLAIN) == tables | documents


def test_keys_are_for_what_reads_the_manager_of_a_key() -> None:
    """No other control of recovery points needs KMS."""
    assert "keys" not in tables_of([control("BKP-RET-002")], PLAIN)


def test_a_path_above_facts_needs_what_is_below_it() -> None:
    """Who reads the whole of `recovery_point` reads its key's manager too."""
    whole = replace(control("BKP-RET-002"), reads=("recovery_point",), cites=())
    assert "keys" in tables_of([whole], PLAIN)


@pytest.mark.parametrize("unknown", [{"reads": ("weather",)}, {"subject": "change"}])
def test_what_is_not_known_needs_everything(unknown: dict[str, Any]) -> None:
    """Less is never guessed."""
    found = tables_of([replace(control("BKP-RET-002"), **unknown)], BY_UNIT, DESTROYERS, MATTERS)
    assert found == EVERYTHING - {BACKUP_TAGS, *NOT_ASKED}


def test_ou_paths_are_for_tiers() -> None:
    """A control that reads no tier needs none, whatever the assignment asks."""
    assert OU_PATHS not in tables_of([control("BKP-IMM-002")], BY_UNIT)
    assert OU_PATHS in tables_of([control("BKP-COV-001")], BY_UNIT)

"""Schemas that refer to each other, and what is said of a fact that none declares."""

import json
from pathlib import Path
from typing import Any

import pytest

from auditor.catalogue.load import policies_folder, shipped_schemas
from auditor.catalogue.schemas import paths, unknown, whole
from scripts import document_schema

FACTS = ("resource", "plan", "vault", "recovery_point")
TIER: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "description": "What a tier demands.",
    "properties": {"lock": {"type": "string", "enum": ["none", "governance"]}},
    "required": ["lock"],
}


def test_a_reference_becomes_the_shape_with_what_is_added_to_it() -> None:
    """Own properties and words come first, and the shape stays closed."""
    named = {
        "$ref": "tier.json",
        "description": "A tier by name.",
        "properties": {"name": {"type": "string"}},
        "required": ["name"],
        "unevaluatedProperties": False,
    }
    made = whole({"tier": TIER, "plan": {"properties": {"tiers": {"items": named}}}})
    assert made["plan"]["properties"]["tiers"]["items"] == {
        "type": "object",
        "description": "A tier by name.",
        "properties": {"name": {"type": "string"}, **TIER["properties"]},
        "required": ["name", "lock"],
        "additionalProperties": False,
    }
    assert list(made["plan"]["properties"]["tiers"]["items"]["properties"]) == ["name", "lock"]


def test_a_part_of_a_schema_can_be_referred_to() -> None:
    """By the path to it; a reference within the file stays as it is."""
    made = whole({"tier": TIER, "vault": {"a": {"$ref": "tier.json#/properties/lock"}, "b": {"$ref": "#/a"}}})
    assert made["vault"] == {"a": TIER["properties"]["lock"], "b": {"$ref": "#/a"}}


def _references(part: Any) -> list[str]:
    if isinstance(part, list):
        return [found for item in part for found in _references(item)]
    if not isinstance(part, dict):
        return []
    own = [part["$ref"]] if isinstance(part.get("$ref"), str) else []
    return own + [found for value in part.values() for found in _references(value)]


def test_the_shape_of_a_tier_stands_once() -> None:
    """Every other schema refers to it: no other file of the schemas names one of its keys."""
    folder = policies_folder() / "schemas"
    texts = {file.stem: file.read_text() for file in folder.glob("*.json")}
    keys = set(json.loads(texts["tier"])["properties"]) - {"required", "copy", "lock", "retention_days"}
    assert {name for name, text in texts.items() if any(f'"{key}": {{' in text for key in keys)} == {"tier"}
    referring = {name for name, text in texts.items() if "tier.json" in _references(json.loads(text))}
    assert referring == {"tiers", "resource", "plan", "recovery_point"}


def test_what_is_handed_out_refers_to_no_file() -> None:
    """OPA and jsonschema get whole schemas, and of a tier the same keys everywhere."""
    schemas = shipped_schemas()[0]
    assert [name for name, schema in schemas.items() if _references(schema)] == []
    keys = set(schemas["tier"]["properties"])
    for name in ("resource", "recovery_point"):
        assert set(schemas[name]["properties"]["tier"]["properties"]) == keys | {"name"}


def test_the_documents_schema_has_the_same_tier(capsys: pytest.CaptureFixture[str]) -> None:
    """`scripts/document_schema.py --check` finds nothing to write."""
    assert (document_schema.main(["--check"]), capsys.readouterr().out) == (0, "")


def test_the_shipped_tiers_say_what_each_key_means() -> None:
    """The head of tiers.yaml names every key but `required`, which the tiers show."""
    head = (policies_folder() / "tiers.yaml").read_text().partition("\ntiers:")[0]
    named = {line[2:].split()[0] for line in head.splitlines() if line.startswith("# ") and len(line) > 2}
    assert set(shipped_schemas()[0]["tier"]["properties"]) - {"required"} <= named


@pytest.mark.parametrize(
    ("path", "near", "page"),
    [
        ("resource.age_hour", "near are resource.age_hours, resource.seen_hours, resource", "fact"),
        ("tier.rpo_minutes", "near are tier.rpo_hours", "tier-key"),
        ("zzz", "none is near", "fact"),
    ],
)
def test_an_unknown_fact_is_told_with_its_neighbours_and_the_page(path: str, near: str, page: str) -> None:
    """A key of a tier has a page of its own."""
    facts: dict[str, dict[str, Any]] = {
        "resource": {"properties": {"age_hours": {}, "seen_hours": {}}},
        "tier": {"properties": {"rpo_hours": {}}},
    }
    assert unknown(path, {"title": "resource", "properties": facts}) == (
        f"{path} is not a fact of a resource: {near}; docs/facts.md lists all, and "
        f"docs/contributing/{page}.md says how to make one."
    )


def test_paths_are_those_that_a_control_may_read() -> None:
    """An object and what is in it; nothing of what is in a list."""
    inner = {"type": "object", "properties": {"b": {"type": "array", "items": {"properties": {"c": {}}}}}}
    assert list(paths({"properties": {"a": inner}})) == ["a", "a.b"]


@pytest.mark.parametrize("subject", FACTS)
def test_every_fact_has_a_type_and_a_meaning(subject: str) -> None:
    """What docs/facts.md prints."""
    found = []

    def walk(schema: Any, place: str) -> None:
        for name, part in schema.get("properties", {}).items():
            if not part.get("description") or "type" not in part:
                found.append(f"{place} {name}")
            walk(part, f"{place} {name}")
            walk(part.get("items", {}), f"{place} {name}")

    walk(shipped_schemas()[0][subject], subject)
    assert found == []


def test_the_schemas_lie_where_they_are_looked_for() -> None:
    """Each file is a schema of the catalogue by its name."""
    files = {file.stem for file in Path(policies_folder(), "schemas").glob("*.json")}
    assert set(shipped_schemas()[0]) == files

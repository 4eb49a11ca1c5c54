import dataclasses
import json
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from jsonschema import Draft202012Validator

import reports
from reports.document import AuditDocument, DocumentError, from_json, to_json

SCHEMA = json.loads((Path(reports.__file__).parent / "document.schema.json").read_text(encoding="utf-8"))


def test_to_json_is_canonical(sample: AuditDocument) -> None:
    """Reading and writing again gives the same bytes, keys sorted, a newline at the end."""
    written = to_json(sample)
    assert to_json(from_json(written)) == written
    assert from_json(written).findings == sample.findings
    assert from_json(written).classes == sample.classes
    assert written.endswith(b"}\n")
    assert list(json.loads(written)) == sorted(json.loads(written))
    assert "支付 生产".encode() in written


def test_read_only_mappings_are_written_as_objects(sample: AuditDocument) -> None:
    """A frozen evidence mapping is no different from a dict."""
    reason = dataclasses.replace(
        sample.findings[0].reasons[0], evidence=MappingProxyType({"b": 1, "a": (1, 2)})
    )
    finding = dataclasses.replace(sample.findings[0], reasons=(reason,))
    raw = json.loads(to_json(dataclasses.replace(sample, findings=(finding,))))
    assert raw["findings"][0]["reasons"][0]["evidence"] == {"a": [1, 2], "b": 1}


def test_schema_is_closed_everywhere() -> None:
    """Every object of the schema but evidence and counts refuses a key that it does not name."""
    Draft202012Validator.check_schema(SCHEMA)
    open_objects: list[str] = []

    def walk(node: Any, path: str) -> None:
        if isinstance(node, dict):
            if node.get("type") == "object" and "additionalProperties" not in node:
                open_objects.append(path)
            for key, value in node.items():
                walk(value, f"{path}/{key}")

    walk(SCHEMA, "")
    assert open_objects == ["/$defs/reason/properties/evidence"]


def _changed(sample: AuditDocument, path: list[str | int], value: Any) -> bytes:
    raw = json.loads(to_json(sample))
    node = raw
    for step in path[:-1]:
        node = node[step]
    node[path[-1]] = value
    return json.dumps(raw).encode()


@pytest.mark.parametrize(
    ("path", "value", "place"),
    [
        (["findings", 2, "verdict"], "FINE", "findings/2/verdict"),
        (["findings", 0, "verdict"], "COMPLIANT", "findings/0/verdict"),
        (["run", "as_of"], "2026-02-09", "run/as_of"),
        (["run", "as_of"], "2026-02-09T00:00:00+01:00", "run/as_of"),
        (["summary", "overall"], "ERROR", "summary/overall"),
        (["summary", "exit_code"], 2, "summary/exit_code"),
        (["classes", 0, "groups"], -1, "classes/0/groups"),
        (["gaps", 0, "secret"], 1, "gaps/0"),
        (["run", "accounts", 0, "account_id"], "12", "run/accounts/0/account_id"),
        (["summary", "verdicts", "PASSED"], 1, "summary/verdicts"),
        (["surplus"], 1, "its top"),
    ],
)
def test_a_wrong_document_is_refused_with_its_place(
    sample: AuditDocument, path: list[str | int], value: Any, place: str
) -> None:
    """One sentence names the place that is against the schema."""
    with pytest.raises(DocumentError, match=rf"^The audit document is wrong at {place}: .*\.$"):
        from_json(_changed(sample, path, value))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"{", "is not JSON"),
        (b'{"schema_version": "1.0"}', "schema_version '1.0' and this program reads '2.0'"),
        (b"[]", "wrong at its top"),
        (b"{}", "wrong at its top"),
    ],
)
def test_other_bytes_are_refused_in_one_sentence(data: bytes, message: str) -> None:
    """Not JSON, another version, another thing: each said in one line."""
    with pytest.raises(DocumentError, match=message) as caught:
        from_json(data)
    assert "\n" not in str(caught.value)

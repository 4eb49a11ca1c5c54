"""The format `ocsf`, by the JSON schema of OCSF."""

import json
from collections import Counter
from collections.abc import Callable
from typing import Any

import jsonschema_rs
import pytest
from ocsf_json_schema import OcsfJsonSchemaEmbedded, get_ocsf_schema

from reports.document import AuditDocument
from reports.formats.ocsf import VERSION


@pytest.fixture(scope="module")
def judge() -> Any:
    """What knows the class Compliance Finding with the profile of the cloud."""
    schema = OcsfJsonSchemaEmbedded(get_ocsf_schema(VERSION)).get_class_schema(
        "compliance_finding", ["cloud"]
    )
    return jsonschema_rs.validator_for(schema)


def _events(data: bytes, judge: Any) -> list[dict[str, Any]]:
    events = [json.loads(line) for line in data.splitlines()]
    assert [error.message for event in events for error in judge.iter_errors(event)] == []
    return events


def test_the_judge_refuses_what_is_no_event(
    judge: Any, written: Callable[[str], tuple[bytes, list[str]]]
) -> None:
    """A word that the class does not have, and one that is not there, are faults."""
    event = _events(written("ocsf")[0], judge)[0]

    assert judge.is_valid(event)
    assert not judge.is_valid({**event, "colour": "red"})
    assert not judge.is_valid({name: value for name, value in event.items() if name != "finding_info"})


def test_an_event_a_finding_a_gap_and_a_group_of_passes(
    sample: AuditDocument, judge: Any, written: Callable[[str], tuple[bytes, list[str]]]
) -> None:
    """Ids and numbers are those of the document; what is unknown is a Warning, and a gap is there too."""
    data, said = written("ocsf")
    events = _events(data, judge)
    of: dict[str, list[dict[str, Any]]] = {}
    for event in events:
        of.setdefault(event["compliance"]["status_code"], []).append(event)

    assert said == []
    passes, gaps = of.pop("COMPLIANT"), of.pop("EVIDENCE_GAP")
    assert sum(event["count"] for event in passes) == sample.summary.verdicts["COMPLIANT"]
    assert [event["finding_info"]["uid"] for event in gaps] == [gap.gap_id for gap in sample.gaps]
    assert {
        verdict: Counter(one["compliance"]["status"] for one in found) for verdict, found in of.items()
    } == {
        "NON_COMPLIANT": {"Fail": 25},
        "WAIVED": {"Fail": 1},
        "INSUFFICIENT_DATA": {"Warning": 19},
        "ERROR": {"Warning": 1},
    }
    ids = {event["finding_info"]["uid"] for found in of.values() for event in found}
    assert ids == {finding.id for finding in sample.findings}
    assert {event["compliance"]["status"] for event in gaps} == {"Warning"}
    (waived,) = of["WAIVED"]
    assert waived["status"] == "Suppressed"
    assert waived["comment"] == (
        "Waived until 2026-02-28 by ciso@example.com: Staging is rebuilt weekly from production; "
        "accepted until the migration ends."
    )
    assert {event["time"] for event in events} == {1_770_595_200_000}  # 2026-02-09T00:00:00Z


def test_a_hostile_name_is_shown(judge: Any, hostile: Callable[[str], bytes]) -> None:
    """Each event is one line, and nothing in it is invisible."""
    data = hostile("ocsf")

    assert len(_events(data, judge)) == 4
    assert all(line.isprintable() for line in data.decode().splitlines())
    assert r"\\u0000\\u001B[2J" in data.decode()

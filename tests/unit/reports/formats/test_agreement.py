"""Every format says the same of an audit: what `verdicts.parquet` has."""

import csv
import dataclasses
import json
import tempfile
import xml.etree.ElementTree as ET
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reports.document import SEVERITIES, VERDICTS, AuditDocument, from_json, to_json
from reports.ids import finding_id
from reports.render import render

_FORMATS = ("markdown", "junit", "sarif", "ocsf", "asff", "oscal")
_LISTS = ("csv", "parquet")
_WAIVER = json.dumps({"reason": "r", "approved_by": "a", "expires": "2026-03-01"})
_JUDGED = st.tuples(
    st.sampled_from(("BKP-COV-001", "BKP-FRQ-001", "BKP-XXX-999")),
    st.sampled_from(("100000000001", "200000000001")),
    st.sampled_from(("", "eu-west-1", "eu-central-1")),
    st.sampled_from(("resource", "vault")),
    st.sampled_from(VERDICTS),
    st.sampled_from(SEVERITIES),
    st.text(max_size=6),
    st.integers(1, 3),
)


def _row(number: int, judged: tuple[Any, ...]) -> dict[str, str]:
    control, account, region, kind, verdict, severity, text, reasons = judged
    found = verdict not in ("COMPLIANT", "NOT_APPLICABLE")
    further = [{"code": "more", "message": text, "evidence": {"n": n}} for n in range(reasons - 1)]
    return {
        "control_id": control, "subject_type": kind, "arn": f"arn:{number}", "account_id": account,
        "region": region, "resource_type": "EBS" if kind == "resource" else "", "name": text,
        "verdict": verdict, "severity": severity, "code": "c" * found, "message": text * found,
        "evidence": "{}" * found, "further": json.dumps(further) if found and further else "",
        "waiver": _WAIVER if verdict == "WAIVED" else "", "account_name": text,
    }  # fmt: skip


def _audit(sample: AuditDocument, rows: list[dict[str, str]]) -> AuditDocument:
    counts = Counter(row["verdict"] for row in rows)
    by_control = {
        control.id: dict(Counter(row["verdict"] for row in rows if row["control_id"] == control.id))
        for control in sample.controls
    }
    found = sum(counts[verdict] for verdict in VERDICTS[:4])
    summary = dataclasses.replace(
        sample.summary, verdicts={verdict: counts[verdict] for verdict in VERDICTS},
        by_control=by_control, findings=found, gaps=2,
    )  # fmt: skip
    return dataclasses.replace(sample, summary=summary)


def _found(files: dict[str, str]) -> dict[str, list[str]]:
    """The ids of the findings in each format that has them, sorted."""
    (run,) = json.loads(files["sarif"])["runs"]
    (result,) = json.loads(files["oscal"])["assessment-results"]["results"]
    props = [{one["name"]: one["value"] for one in each["props"]} for each in result["observations"]]
    events = [json.loads(line) for line in files["ocsf"].splitlines()]
    asff = [one for line in files["asff"].splitlines() for one in json.loads(line)["Findings"]]
    cases = ET.fromstring(files["junit"])[0].iter("testcase")  # noqa: S314 - our own file
    passed = ("COMPLIANT", "EVIDENCE_GAP", "GAP")
    found = {
        "sarif": [one["properties"]["auditor/findingId"] for one in run["results"]],
        "oscal": [one["finding-id"] for one in props if "finding-id" in one],
        "ocsf": [
            one["finding_info"]["uid"] for one in events if one["compliance"]["status_code"] not in passed
        ],
        "asff": [one["Id"] for one in asff if one["ProductFields"]["auditor/Verdict"] not in passed],
        "junit": [case.attrib["name"].split()[-1] for case in cases if len(case)],
    }
    return {name: sorted(ids) for name, ids in found.items()}


def _listed(out: Path) -> dict[str, list[str]]:
    """The ids of the findings in the lists, as often as it has reasons."""
    with (out / "findings.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = [row["finding_id"] for row in csv.DictReader(file)]
    return {"csv": rows, "parquet": pq.read_table(out / "findings.parquet")["finding_id"].to_pylist()}


def _passes(files: dict[str, str]) -> dict[str, int]:
    events = [json.loads(line) for line in files["ocsf"].splitlines()]
    cases = ET.fromstring(files["junit"])[0].iter("testcase")  # noqa: S314 - our own file
    return {
        "ocsf": sum(one.get("count", 0) for one in events),
        "junit": sum(int(one.attrib["name"].split()[0]) for one in cases if not len(one)),
    }


@pytest.mark.parametrize("name", _FORMATS)
def test_a_saved_audit_gives_the_same_bytes(
    sample: AuditDocument, verdicts_parquet: Path, tmp_path: Path, name: str
) -> None:
    """The document that is read again has its keys in another order; the report is the same."""
    saved = from_json(to_json(sample))

    first, again = (
        render(document, verdicts_parquet.parent, tmp_path / str(n), [name], warn=pytest.fail)[0].read_bytes()
        for n, document in enumerate((sample, saved))
    )

    assert list(saved.summary.verdicts) != list(sample.summary.verdicts)
    assert first == again


@settings(max_examples=10, deadline=None)
@given(st.lists(_JUDGED, max_size=12))
def test_all_formats_have_the_findings_and_passes_of_the_table(
    sample: AuditDocument,
    sample_audit: tuple[AuditDocument, pa.Table, pa.Table],
    judged: list[tuple[Any, ...]],
) -> None:
    """The same ids everywhere, none twice and none left out, and as many passes as the table has."""
    rows = [_row(number, one) for number, one in enumerate(judged)]
    document = _audit(sample, rows)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        pq.write_table(pa.Table.from_pylist(rows, sample_audit[1].schema), folder / "verdicts.parquet")
        pq.write_table(sample_audit[2], folder / "gaps.parquet")
        made = render(document, folder, folder / "out", _FORMATS, warn=pytest.fail)
        texts = [path.read_bytes().decode() for path in made]
        render(document, folder, folder / "out", _LISTS, warn=pytest.fail)
        listed = _listed(folder / "out")
    files = dict(zip(_FORMATS, texts, strict=True))

    expected = sorted(
        finding_id(row["control_id"], row["arn"], row["account_id"], row["region"])
        for row in rows
        if row["verdict"] in VERDICTS[:4]
    )
    assert _found(files) == dict.fromkeys(("sarif", "oscal", "ocsf", "asff", "junit"), expected)
    assert files["markdown"].count("| `BKP-") == len(expected) == document.summary.findings
    assert {name: sorted(set(ids)) for name, ids in listed.items()} == dict.fromkeys(listed, expected)
    reasons = sum(one[-1] for one in judged if one[4] in VERDICTS[:4])
    assert {name: len(ids) for name, ids in listed.items()} == {"csv": reasons, "parquet": reasons}
    assert _passes(files) == dict.fromkeys(("ocsf", "junit"), document.summary.verdicts["COMPLIANT"])

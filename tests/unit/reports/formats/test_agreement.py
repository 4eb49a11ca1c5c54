"""Every format says the same of an audit: what `verdicts.parquet` has."""

import csv
import json
import re
import tempfile
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from pypdf import PdfReader

from reports.document import VERDICTS, AuditDocument, from_json, to_json
from reports.ids import finding_id
from reports.render import render
from tests.unit.reports.formats import counted
from tests.unit.reports.formats.generated import CONTROLS, NAMES, WAIVERS, Told, told_audits, written
from tests.unit.reports.formats.page_tree import Node, tree

_FORMATS = ("markdown", "junit", "sarif", "ocsf", "asff", "oscal")
_OTHERS = ("csv", "parquet", "json", "html")
_WORDS = ("Error", "Non-compliant", "Insufficient data", "Waived", "Compliant", "Not applicable")
_WORD = dict(zip(VERDICTS, _WORDS, strict=True))


def _numbers(text: str, patterns: dict[str, tuple[int, ...]]) -> dict[str, tuple[int, ...]]:
    """The numbers that a text says, by the pattern of the sentence."""
    found = {pattern: re.search(pattern, text) for pattern in patterns}
    return {pattern: tuple(map(int, match.groups())) if match else () for pattern, match in found.items()}


def _check_document(document: dict[str, Any], table: counted.Table, folder: Path) -> None:
    outcome = ("overall", "headline", "exit_code", "fail_on")
    assert {k: v for k, v in document["summary"].items() if k not in outcome} == counted.summary(
        table, document
    )
    keys = ("verdict", "severity", "control_id", "code", "findings", "accounts", "regions", "shown")
    assert [tuple(one[key] for key in keys) for one in document["classes"]] == counted.classes(table)
    for one in document["classes"]:
        assert (sum(each["findings"] for each in one["largest"]), len(one["largest"])) == (
            one["findings"], one["groups"],
        )  # fmt: skip
    expected = counted.causes(table)
    names = ("control_id", "code", "findings", "verdicts", "regions", "largest")
    shown = document["causes"]["shown"]
    assert {one["id"]: {name: one[name] for name in names} for one in shown} == expected
    listed = pq.read_table(folder / "causes.parquet").to_pylist()
    assert {one["id"]: (one["findings"], one["accounts"]) for one in listed} == {
        id_: (one["findings"], len(one["largest"])) for id_, one in expected.items()
    }
    assert document["causes"]["rows"] == len(shown) == len(listed) == len(expected)
    assert [one["findings"] for one in document["waivers"]] == counted.waived(table)
    assert sorted(
        (one["control_id"], one["subject"]["arn"], one["verdict"], *(each["code"] for each in one["reasons"]))
        for one in document["findings"]
    ) == sorted((row["control_id"], row["arn"], row["verdict"], *counted.codes(row)) for row in table.found)


def _check_page(page: Node, table: counted.Table, left_out: int) -> None:
    top = page.one("header")
    said = counted.said(table, left_out)
    assert _numbers(f"{top.one('p', class_='lede').text} {top.one('ul', class_='said').text}", said) == said
    tiles = {
        one.one("span", class_="tile-word").text: one.one("span", class_="tile-n").text
        for one in top.all("li", class_="tile")
    }
    assert tiles == counted.tiles(table)
    assert (top.one("h1").text == "Not compliant") == any(
        row["verdict"] == "NON_COMPLIANT" for row in table.rows
    )
    classes, causes = counted.classes(table), counted.causes(table)
    sections = {
        "Causes": len(causes), "Gaps": len(table.gaps), "Controls": len(CONTROLS), "Accounts": 2,
        **({"Reasons": len(classes)} if classes else {}), "Verdicts to look at": len(table.found),
        "Waivers": len(WAIVERS),
    }  # fmt: skip
    links = [one.text.rpartition(" ") for one in page.one("nav").all("a") if [*one.all("span")]]
    assert {name: int(count) for name, _, count in links} == sections
    _check_tables(page, table, classes)
    for one in page.one("section", id="causes").all("li", class_="cause"):
        cause = causes.pop(one.attributes["id"])
        assert one.one("h3").text.split()[0] == str(cause["findings"])
        places = ", ".join(f"{NAMES[each['account_id']]} {each['findings']}" for each in cause["largest"])
        assert one.one("p", class_="meta").text.split(" · ")[2:4] == [
            f"{cause['control_id']} {cause['code']}", places,
        ]  # fmt: skip
    assert causes == {}
    listed = json.loads(page.one("script", id="rows").text)
    assert sorted((one[0], one[6], one[1], *(each[0] for each in one[9])) for one in listed) == sorted(
        (row["control_id"], row["arn"], row["verdict"], *counted.codes(row)) for row in table.found
    )


def _check_tables(page: Node, table: counted.Table, classes: list[tuple[Any, ...]]) -> None:
    assert page.table("summary") == counted.totals(table)
    by_control, by_account = table.by("control_id"), table.by("account_id")
    assert sorted([cells[0].split()[0], *cells[2:]] for cells in page.table("controls")) == [
        [one.id, *counted.with_all(by_control.get(one.id, counted.every({})))] for one in CONTROLS
    ]
    accounts = []
    for name in [*NAMES][:2]:
        needing = table.needing(name)
        part = f"{needing['NON_COMPLIANT']} of {needing.total()}"
        counts = counted.with_all(by_account.get(name, counted.every({})))
        accounts.append([f"{NAMES[name]} {name}", "\N{EN DASH}", part, *counts])
    assert sorted(page.table("accounts"), key=lambda cells: cells[0][-12:]) == accounts
    assert [[*cells[:2], cells[2].split()[0], *cells[3:]] for cells in page.table("classes")] == [
        [_WORD[verdict], control, code, *map(str, counts), f"{shown} of {counts[0]} shown"]
        for verdict, _, control, code, *counts, shown in classes
    ]
    assert sorted(cells[3].split()[-1] for cells in page.table("gaps")) == sorted(
        gap["gap_id"] for gap in table.gaps
    )
    covered = sorted(
        (one.control_id, one.reason, n) for one, n in zip(WAIVERS, counted.waived(table), strict=True)
    )
    assert sorted((cells[0], cells[2], int(cells[-1])) for cells in page.table("waivers")) == covered


def _check_pdf(reader: PdfReader, table: counted.Table, left_out: int) -> None:
    first, *rest = (" ".join(page.extract_text().split()) for page in reader.pages)
    said = counted.said(table, left_out)
    assert _numbers(first, said) == said
    assert " ".join(counted.tiles(table).values()) in first
    assert f"Gaps in the evidence: {len(table.gaps)}" in first
    text = " ".join(rest)
    for cells in counted.totals(table):
        assert " ".join(cells) in text
    if not table.found and not table.gaps:
        return
    by_control, by_account = table.by("control_id"), table.by("account_id")
    for control in CONTROLS:
        counts = " ".join(counted.with_all(by_control.get(control.id, counted.every({}))))
        assert f"{control.id} {str(control.severity).capitalize()} {counts}" in text
    for name in [*NAMES][:2]:
        needing = table.needing(name)
        part = f" · {needing['NON_COMPLIANT']} of {needing.total()} resources" if needing else ""
        assert f"{name}{part} {' '.join(counted.with_all(by_account.get(name, counted.every({}))))}" in text
    for verdict, severity, control, code, findings, accounts, regions, _ in counted.classes(table):
        part = (
            f"{control} · {code} About {control} {severity.capitalize()} · {findings} subjects · "
            f"{accounts} accounts · {regions} Regions"
        )
        assert verdict in VERDICTS
        assert part in re.sub(r"\b1 (subject|account|Region)\b", r"1 \1s", text)


def _found(files: dict[str, str]) -> dict[str, list[str]]:
    """The ids of the findings in each format that has them, sorted."""
    (run,) = json.loads(files["sarif"])["runs"]
    (result,) = json.loads(files["oscal"])["assessment-results"]["results"]
    props = [{one["name"]: one["value"] for one in each["props"]} for each in result.get("observations", ())]
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


def _check_others(out: Path, table: counted.Table) -> None:
    """The formats that list findings, and those that count the passes."""
    names = ("report.md", "findings.junit.xml", "findings.sarif", "findings.ocsf.jsonl",
             "findings.asff.jsonl", "assessment-results.oscal.json")  # fmt: skip
    files = {name: (out / file).read_bytes().decode() for name, file in zip(_FORMATS, names, strict=True)}
    expected = sorted(
        finding_id(row["control_id"], row["arn"], row["account_id"], row["region"]) for row in table.found
    )
    assert _found(files) == dict.fromkeys(("sarif", "oscal", "ocsf", "asff", "junit"), expected)
    assert files["markdown"].count("| `BKP-") == len(expected)
    accounts = len({row["account_id"] for row in table.rows if row["verdict"] == "NON_COMPLIANT"})
    needing = table.needing()
    assert re.findall(
        r"^- ([ARG].*?): (\d+)(?:, with findings: (\d+))?$", files["markdown"], re.MULTILINE
    ) == [
        ("Accounts", "2", str(accounts)),
        ("Resources that need a backup", str(needing.total()), str(needing["NON_COMPLIANT"])),
        ("Gaps in the evidence", str(len(table.gaps)), ""),
    ]
    listed = _listed(out)
    assert {name: sorted(set(ids)) for name, ids in listed.items()} == dict.fromkeys(listed, expected)
    assert {name: len(ids) for name, ids in listed.items()} == dict.fromkeys(listed, len(table.reasons))
    passes = table.verdicts()["COMPLIANT"]
    assert _passes(files) == dict.fromkeys(("ocsf", "junit"), passes)


@settings(max_examples=10, deadline=None)
@given(told_audits)
def test_every_format_counts_and_lists_what_the_verdicts_are(told: Told) -> None:
    """Each number of document and page is that of the rows; each format has each finding, none twice."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        made = written(told, folder)
        table = counted.Table.of(folder, made.required)
        render(made.document, folder, folder / "out", (*_FORMATS, *_OTHERS), warn=pytest.fail)
        raw = (folder / "out" / "document.json").read_bytes()
        assert raw == (folder / "document.json").read_bytes()
        _check_document(json.loads(raw), table, folder)
        _check_page(tree((folder / "out" / "report.html").read_text(encoding="utf-8")), table, int(told[2]))
        _check_others(folder / "out", table)


@pytest.mark.long
@settings(max_examples=5, deadline=None)
@given(told_audits)
def test_the_pdf_counts_what_the_verdicts_are(told: Told) -> None:
    """Headline, tiles, tables and classes of the PDF's text have the numbers of the rows."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        made = written(told, folder)
        render(made.document, folder, folder / "out", ["pdf"], warn=lambda _said: None)
        reader = PdfReader(folder / "out" / "report.pdf")
        _check_pdf(reader, counted.Table.of(folder, made.required), int(told[2]))

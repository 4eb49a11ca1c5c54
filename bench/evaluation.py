"""Evaluation of recorded evidence, of many resources and of many recovery points, and the reports of it."""

import json
from collections import Counter
from pathlib import Path
from typing import Any, Final

from bench.figures import Figure
from bench.measure import CommandError, Cost, command, measure
from reports.formats.registry import NAMES

#: Every format, and the files of those that have a limit of their own.
_ALL: Final = ",".join(NAMES)
_HTML, _PDF = "report.html", "report.pdf"
#: The exit code where there are findings, as there are: the planted ones.
_FINDINGS = 3


def resources(folder: Path, *, quick: bool) -> list[Figure]:
    """Microseconds for each of 100,000 resources, with their plans, jobs and recovery points."""
    run = _write(folder, "estate", accounts=2 if quick else 50)
    costs, document = _evaluate(run, folder, repeats=3)
    summary = document["summary"]
    count, verdicts = sum(summary["resources"].values()), sum(summary["verdicts"].values())
    section = "resources"
    return [
        Figure(section, "resources", "", count),
        Figure(section, "recovery points and jobs", "", summary["recovery_points"] + summary["jobs"]),
        Figure(section, "verdicts", "", verdicts),
        Figure.of(section, "evaluation", "s", [cost.seconds for cost in costs]),
        Figure.of(section, "processor time", "s", [cost.cpu_seconds for cost in costs]),
        Figure.of(section, "for each resource", "µs", [cost.seconds * 1e6 / count for cost in costs]),
        Figure.of(section, "for each verdict", "µs", [cost.seconds * 1e6 / verdicts for cost in costs]),
        Figure.of(section, "peak memory", "MB", [cost.peak_mb for cost in costs]),
    ]


def recovery_points(folder: Path, *, quick: bool) -> list[Figure]:
    """Time and memory for 10.2 million recovery points and 9 million jobs of 100,000 resources."""
    run = _write(folder, "history", accounts=2 if quick else 50)
    costs, document = _evaluate(run, folder, repeats=1 if quick else 2)
    points = document["summary"]["recovery_points"]
    section = "points"
    return [
        Figure(section, "recovery points", "", points),
        Figure(section, "jobs", "", document["summary"]["jobs"]),
        Figure.of(section, "evaluation", "s", [cost.seconds for cost in costs]),
        Figure.of(section, "processor time", "s", [cost.cpu_seconds for cost in costs]),
        Figure.of(section, "for each recovery point", "µs", [cost.seconds * 1e6 / points for cost in costs]),
        Figure.of(section, "peak memory", "MB", [cost.peak_mb for cost in costs], 2048),
    ]


def reports(folder: Path, *, quick: bool) -> list[Figure]:
    """Every report of 100,000 resources, 20,000 of which have findings; the PDF by itself too."""
    run = _write(folder, "neglected", accounts=2 if quick else 50)
    measure(command("auditor", "evaluate", str(run)), folder, codes={_FINDINGS})
    repeats = 1 if quick else 3
    printed = [_report(run, folder, "pdf") for _ in range(repeats)]
    costs = [_report(run, folder, _ALL) for _ in range(repeats)]
    summary = json.loads((run / "document.json").read_text())["summary"]
    count, found = sum(summary["resources"].values()), summary["resources_with_findings"]
    if found * 5 != count:
        raise CommandError(f"{found} of {count} resources have findings, and a fifth should")
    section = "reports"
    return [
        Figure(section, "resources", "", count),
        Figure(section, "resources with findings", "", found),
        Figure(section, "findings", "", summary["findings"]),
        Figure(section, _HTML, "MB", (run / _HTML).stat().st_size / 1e6, 3),
        Figure(section, _PDF, "pages", _pages(run / _PDF), 60),
        Figure.of(section, "the PDF alone", "s", [cost.seconds for cost in printed], 10),
        Figure.of(section, "the PDF alone, processor time", "s", [cost.cpu_seconds for cost in printed]),
        Figure.of(section, "every format", "s", [cost.seconds for cost in costs], 30),
        Figure.of(section, "every format, processor time", "s", [cost.cpu_seconds for cost in costs]),
        Figure.of(
            section, "peak memory, with the PDF's processes", "MB", [cost.peak_mb for cost in costs], 400
        ),
    ]


def _report(run: Path, folder: Path, formats: str) -> Cost:
    return measure(command("auditor", "report", str(run), "--formats", formats), folder)


def _pages(pdf: Path) -> int:
    from pypdf import PdfReader  # noqa: PLC0415 -- nothing is measured after this

    return len(PdfReader(pdf).pages)


def _write(folder: Path, shape: str, *, accounts: int) -> Path:
    measure(command("bench.synthetic", str(folder), shape, str(accounts)), folder)
    return folder / shape


def _evaluate(run: Path, folder: Path, *, repeats: int) -> tuple[list[Cost], dict[str, Any]]:
    """Evaluate a run some times; what it finds must be what was planted."""
    costs = [
        measure(command("auditor", "evaluate", str(run)), folder, codes={_FINDINGS}) for _ in range(repeats)
    ]
    document: dict[str, Any] = json.loads((run / "document.json").read_text())
    planted = json.loads((folder / f"{run.name}.planted.json").read_text())
    found = Counter(finding["control_id"] for finding in document["findings"])
    if found != planted or document["gaps"]:
        raise CommandError(f"The audit of {run.name} found {dict(found)} where {planted} was planted")
    return costs, document

"""Evaluation of recorded evidence: many resources, and many recovery points."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

from bench.figures import Figure
from bench.measure import CommandError, Cost, command, measure

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

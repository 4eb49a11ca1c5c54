"""Whole audits over an endpoint in another process.

One large account in good and in bad health, and an organization of small ones.
"""

import json
from collections import Counter
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from bench.endpoint import endpoint, many, month, write_organization
from bench.figures import Figure
from bench.measure import CommandError, Cost, command, measure

_NIGHTS = 30
_FORMATS = ("--formats", "html,pdf,csv,json")
#: The exit code where there are findings.
_FINDINGS = 3
#: What `bench.plan` keeps, and what the tier of the unhealthy account asks for: one day more.
_KEPT_DAYS = 35


def one_account(folder: Path, *, quick: bool) -> list[Figure]:
    """2,000 volumes and their 60,000 recovery points and jobs: the audit against the bare loop, in turns."""
    volumes, repeats = (100, 1) if quick else (2000, 3)
    write_organization(folder, many("EBS", "volume", volumes), [many("EBS", "other", 1)])
    with endpoint(folder) as sandbox:
        region, variables = sandbox.regions[0], sandbox.variables()
        measure(command("bench.plan", region, str(_KEPT_DAYS)), folder, variables)
        end = month(sandbox, _NIGHTS)
        scope = ("--accounts", "caller", "--regions", region)
        bare = command("bench.bare", region, (end - timedelta(days=30)).isoformat(), "--units")
        pairs = [
            (measure(bare, folder, variables), _audit(folder, variables, end, *scope)) for _ in range(repeats)
        ]
    loops, audits = [loop for loop, _ in pairs], [audit for _, audit in pairs]
    ratios = [audit.seconds / loop.seconds for loop, audit in pairs]
    document = _document(folder)
    calls = _same_calls(folder, loops[-1])
    section = "account"
    return [
        Figure(section, "volumes", "", document["summary"]["resources"]["EBS"]),
        Figure(section, "recovery points", "", document["summary"]["recovery_points"]),
        Figure(section, "jobs", "", document["summary"]["jobs"]),
        Figure(section, "calls", "", calls, 170),
        Figure.of(section, "bare loop with boto3", "s", [loop.seconds for loop in loops]),
        Figure.of(section, "bare loop with boto3, processor time", "s", [loop.cpu_seconds for loop in loops]),
        Figure.of(section, "audit with all reports", "s", [audit.seconds for audit in audits]),
        Figure.of(
            section, "audit with all reports, processor time", "s", [audit.cpu_seconds for audit in audits]
        ),
        Figure.of(section, "audit / bare loop", "times", ratios, 1.3),
        Figure.of(section, "peak memory, largest process", "MB", [audit.largest_mb for audit in audits], 250),
        Figure.of(
            section, "peak memory, with the PDF's processes", "MB", [audit.peak_mb for audit in audits]
        ),
    ]


def unhealthy(folder: Path, *, quick: bool) -> list[Figure]:
    """4,000 volumes and 120,000 recovery points that are all kept too briefly: a finding for each of them."""
    volumes, repeats = (100, 1) if quick else (4000, 3)
    write_organization(folder, many("EBS", "volume", volumes), [many("EBS", "other", 1)])
    tiers = {"silver": {"required": True, "rpo_hours": 26, "customer_key": False, "lock": "none"}}
    tiers["silver"]["retention_days"] = _KEPT_DAYS + 1
    (folder / "tiers.yaml").write_text(json.dumps({"tiers": tiers, "assignment": [], "default": "silver"}))
    with endpoint(folder) as sandbox:
        region, variables = sandbox.regions[0], sandbox.variables()
        measure(command("bench.plan", region, str(_KEPT_DAYS)), folder, variables)
        end = month(sandbox, _NIGHTS)
        scope = ("--accounts", "caller", "--regions", region, "--tiers", str(folder / "tiers.yaml"))
        bare = command("bench.bare", region, (end - timedelta(days=30)).isoformat())
        pairs = [
            (
                measure(bare, folder, variables),
                _audit(folder, variables, end, *scope, codes={_FINDINGS}),
            )
            for _ in range(repeats)
        ]
    loops, audits = [loop for loop, _ in pairs], [audit for _, audit in pairs]
    _same_calls(folder, loops[-1])
    document = _document(folder)
    found = document["summary"]["by_control"]["BKP-RET-002"]["NON_COMPLIANT"]
    if found != document["summary"]["recovery_points"]:
        raise CommandError(f"{found} recovery points have a finding, and all of them should")
    run, section = folder / "runs" / "latest", "unhealthy"
    return [
        Figure(section, "recovery points with a finding", "", found),
        Figure.of(section, "bare loop with boto3", "s", [loop.seconds for loop in loops]),
        Figure.of(section, "audit with all reports", "s", [audit.seconds for audit in audits]),
        Figure.of(
            section, "audit with all reports, processor time", "s", [audit.cpu_seconds for audit in audits]
        ),
        Figure.of(
            section,
            "audit / bare loop",
            "times",
            [audit.seconds / loop.seconds for loop, audit in pairs],
            1.3,
        ),
        Figure.of(section, "peak memory, largest process", "MB", [audit.largest_mb for audit in audits], 250),
        Figure(section, "document.json", "MB", (run / "document.json").stat().st_size / 1e6, 5),
        Figure(section, "findings.csv", "MB", (run / "findings.csv").stat().st_size / 1e6),
    ]


def organization(folder: Path, *, quick: bool) -> list[Figure]:
    """20 accounts of 40 resources of three kinds, pushed to with the policies that are shipped."""
    accounts = 3 if quick else 20
    resources = [*many("EBS", "disk", 20), *many("RDS", "database", 10)]
    members = [[*resources, *many("DynamoDB", f"member-{number}", 10)] for number in range(accounts)]
    write_organization(folder, [], members)
    with endpoint(folder) as sandbox:
        variables, regions = sandbox.variables(), ("--regions", ",".join(sandbox.regions))
        measure(command("auditor", "push", *regions), folder, variables)
        end = month(sandbox, _NIGHTS)
        memory = _audit(folder, variables, end, *regions)
        audits = [_audit(folder, variables, end, *regions, sampled=False) for _ in range(1 if quick else 3)]
    document = _document(folder)
    section = "organization"
    return [
        Figure(section, "accounts", "", len(document["run"]["accounts"])),
        Figure(section, "resources", "", sum(document["summary"]["resources"].values())),
        Figure(section, "recovery points", "", document["summary"]["recovery_points"]),
        Figure(section, "calls", "", document["run"]["calls"]),
        Figure.of(section, "audit with all reports", "s", [audit.seconds for audit in audits], 10),
        Figure.of(section, "processor time", "s", [audit.cpu_seconds for audit in audits]),
        Figure.of(section, "peak memory, with the PDF's processes", "MB", [memory.peak_mb]),
    ]


def _audit(
    folder: Path,
    variables: Mapping[str, str],
    end: datetime,
    *scope: str,
    codes: Collection[int] = (0,),
    sampled: bool = True,
) -> Cost:
    """One audit of a month: a healthy one must end complete and compliant."""
    arguments = command("auditor", "audit", *scope, "--as-of", end.isoformat(), *_FORMATS)
    return measure(arguments, folder, variables, codes=codes, sampled=sampled)


def _document(folder: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((folder / "runs" / "latest" / "document.json").read_text())
    return document


def _same_calls(folder: Path, bare: Cost) -> int:
    """How many calls the audit sent; the bare loop must have sent the very same."""
    import pyarrow.parquet as pq  # noqa: PLC0415 -- nothing is measured after this

    rows = pq.read_table(folder / "runs" / "latest" / "evidence" / "calls.parquet").to_pylist()
    ours: Counter[str] = Counter()
    for row in rows:
        ours[row["operation"]] += row["calls"]
    theirs = Counter(json.loads(bare.printed))
    if ours != theirs:
        raise CommandError(f"The audit sent {dict(ours - theirs)} more and {dict(theirs - ours)} less calls")
    return ours.total()

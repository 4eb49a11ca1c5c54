"""What `verdicts.parquet` and `gaps.parquet` come to, counted here row by row."""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

import pyarrow.parquet as pq

from reports.document import SEVERITIES, VERDICTS
from tests.unit.reports.formats.generated import WAIVERS

#: Of several verdicts about a subject this one counts first.
_WORST: Final = (
    "NON_COMPLIANT",
    "ERROR",
    "INSUFFICIENT_DATA",
    "WAIVED",
    "COMPLIANT",
    "NOT_APPLICABLE",
)
#: Verdicts of a resource of which nothing can be stated.
_OPEN: Final = ("ERROR", "INSUFFICIENT_DATA", "NOT_APPLICABLE")
Row = Mapping[str, str]


@dataclass(frozen=True)
class Table:
    """The rows of a run's tables. `required` says by ARN whether a resource needs a backup."""

    rows: list[dict[str, str]]
    gaps: list[dict[str, str]]
    required: Mapping[str, bool | None]

    @classmethod
    def of(cls, folder: Path, required: Mapping[str, bool | None]) -> Self:
        """Those in a folder."""
        verdicts, gaps = (
            pq.read_table(folder / f"{name}.parquet").to_pylist() for name in ("verdicts", "gaps")
        )
        return cls(verdicts, gaps, required)

    @property
    def found(self) -> list[dict[str, str]]:
        """The rows that are findings."""
        return [row for row in self.rows if row["verdict"] in VERDICTS[:4]]

    @property
    def reasons(self) -> list[tuple[dict[str, str], str, str]]:
        """Each finding with the code and the cause of each of its reasons."""
        return [
            (row, code, cause)
            for row in self.found
            for code, cause in zip(codes(row), row["causes"].split(), strict=True)
        ]

    def by(self, column: str) -> dict[str, dict[str, int]]:
        """How many of each verdict, by what a column says."""
        found: dict[str, Counter[str]] = {}
        for row in self.rows:
            found.setdefault(row[column], Counter())[row["verdict"]] += 1
        return {key: every(counts) for key, counts in found.items()}

    def verdicts(self) -> dict[str, int]:
        """How many of each verdict."""
        return every(Counter(row["verdict"] for row in self.rows))

    def subjects(self, kind: str, account_id: str = "") -> dict[str, str]:
        """The verdict of each subject of a kind, of all accounts or one, by ARN."""
        said: dict[str, list[str]] = {}
        for row in self.rows:
            if row["subject_type"] == kind and row["account_id"].startswith(account_id):
                said.setdefault(row["arn"], []).append(row["verdict"])
        return {arn: min(verdicts, key=_WORST.index) for arn, verdicts in said.items()}

    def needing(self, account_id: str = "") -> Counter[str]:
        """How many resources that need a backup have each verdict."""
        return Counter(
            verdict for arn, verdict in self.subjects("resource", account_id).items() if self.required[arn]
        )


def every(counts: Mapping[str, int]) -> dict[str, int]:
    """The count of every verdict, none absent."""
    return {verdict: counts.get(verdict, 0) for verdict in VERDICTS}


def codes(row: Row) -> list[str]:
    """The codes of a finding."""
    return [row["code"], *(one["code"] for one in json.loads(row["further"] or "[]"))]


def said(table: Table, left_out: int) -> dict[str, tuple[int, ...]]:
    """The numbers of each sentence of page one, by its pattern; a sentence that is not said is not here."""
    needing, counts = table.needing(), table.verdicts()
    points, gone = (Counter(table.subjects(kind).values()) for kind in ("recovery_point", "deleted_resource"))
    tiers = Counter(map(str, table.required.values()))
    accounts = {row["account_id"] for row in table.rows if row["verdict"] == "NON_COMPLIANT"}
    undecided = sum(needing[verdict] for verdict in _OPEN) + tiers["None"]
    unreached = counts["ERROR"] + counts["INSUFFICIENT_DATA"]
    bad = "NON_COMPLIANT"
    said = {
        r"(\d+) of (\d+) resources that need backup ha": (needing[bad], needing.total()),
        r"not known whether (\d+)": (tiers["None"],),
        r"(\d+) resources? could not be judged": (undecided,),
        r"(\d+) resources? (?:is|are) waived": (needing["WAIVED"],),
        r"(\d+) of (\d+) resources (?:is|are) exempt": (tiers["False"], tiers.total()),
        r"(\d+) of (\d+) resources that were deleted": (gone[bad], gone.total()),
        r"(\d+) of (\d+) accounts ha": (len(accounts), 2),
        r"(\d+) accounts? of the organization (?:was|were) left out because": (left_out,),
        r"(\d+) of (\d+) recovery points ha": (points[bad], points.total()),
        r"(\d+) of (\d+) verdicts (?:is|are) non": (counts[bad], len(table.rows) if counts[bad] else 0),
        r"(\d+) verdicts? could not be reached": (unreached,),
    }
    return {pattern: numbers if numbers[-1] else () for pattern, numbers in said.items()}


def summary(table: Table, document: dict[str, Any]) -> dict[str, Any]:
    """The counts of the document's summary."""
    needing, kinds = table.needing(), {row["arn"]: row["resource_type"] for row in table.rows}
    points, gone = (Counter(table.subjects(kind).values()) for kind in ("recovery_point", "deleted_resource"))
    left_out = {one["status"]: 1 for one in document["run"]["accounts"] if one["left_out"]}
    judged = {arn.split(":")[4] for arn in table.required}
    return {
        "verdicts": table.verdicts(),
        "by_control": table.by("control_id"),
        "by_account": table.by("account_id"),
        "by_severity": table.by("severity"),
        "findings": len(table.found),
        "gaps": len(table.gaps),
        "accounts": len(document["run"]["accounts"]),
        "accounts_with_findings": sum(
            counts["NON_COMPLIANT"] > 0 for counts in table.by("account_id").values()
        ),
        "accounts_left_out": left_out,
        "accounts_unread": 0,
        "resources": Counter(kinds[arn] for arn in table.required),
        "resources_required": needing.total(),
        "resources_with_findings": needing["NON_COMPLIANT"],
        "resources_exempt": sum(one is False for one in table.required.values()),
        "resources_unknown": sum(one is None for one in table.required.values()),
        "resources_by_verdict": every(needing),
        "resources_by_account": {name: every(table.needing(name)) for name in judged},
        "deleted_resources": gone.total(),
        "deleted_resources_with_findings": gone["NON_COMPLIANT"],
        "recovery_points": points.total(),
        "recovery_points_with_findings": points["NON_COMPLIANT"],
        "recovery_points_by_verdict": every(points),
        "jobs": 0,
    }


def classes(table: Table) -> list[tuple[Any, ...]]:
    """Of each class its key, findings, accounts, Regions and findings that are shown, worst first."""
    members: dict[tuple[str, ...], list[dict[str, str]]] = {}
    for row, code, _ in table.reasons:
        members.setdefault((row["verdict"], row["severity"], row["control_id"], code), []).append(row)
    classes = [
        (*key, len(rows), *(len({row[of] for row in rows}) for of in ("account_id", "region")), len(rows))
        for key, rows in members.items()
    ]
    return sorted(
        classes, key=lambda one: (VERDICTS.index(one[0]), SEVERITIES.index(one[1]), -one[4], *one[2:4])
    )


def causes(table: Table) -> dict[str, dict[str, Any]]:
    """Of each cause what it counts, by id."""
    members: dict[str, list[tuple[dict[str, str], str]]] = {}
    for row, code, cause in table.reasons:
        members.setdefault(cause, []).append((row, code))
    return {
        cause: {
            "control_id": rows[0][0]["control_id"],
            "code": rows[0][1],
            "findings": len(rows),
            "verdicts": Counter(row["verdict"] for row, _ in rows),
            "regions": len({row["region"] for row, _ in rows}),
            "largest": [
                {"account_id": name, "findings": count}
                for name, count in sorted(
                    Counter(row["account_id"] for row, _ in rows).items(), key=lambda one: (-one[1], one[0])
                )
            ],
        }
        for cause, rows in members.items()
    }


def waived(table: Table) -> list[int]:
    """How many findings each waiver covers."""
    covers = Counter(
        (row["control_id"], json.loads(row["waiver"])["reason"]) for row in table.found if row["waiver"]
    )
    return [covers[waiver.control_id, waiver.reason] for waiver in WAIVERS]


def with_all(counts: dict[str, int]) -> list[str]:
    """The cells of a row of counts: every verdict, and all of them."""
    return [str(counts[verdict]) for verdict in VERDICTS] + [str(sum(counts.values()))]


def totals(table: Table) -> list[list[str]]:
    """The cells of what is counted apart: resources, recovery points, verdicts."""
    points = Counter(table.subjects("recovery_point").values())
    return [
        ["Resources that need backup, each once", *with_all(every(table.needing()))],
        ["Recovery points, each once", *with_all(every(points))],
        ["All verdicts", *with_all(table.verdicts())],
    ]


def tiles(table: Table) -> dict[str, str]:
    """The tiles of page one."""
    needing = table.needing()
    unknown, exempt = (sum(one is kind for one in table.required.values()) for kind in (None, False))
    return {
        "With findings": str(needing["NON_COMPLIANT"]),
        "Not judged": str(sum(needing[verdict] for verdict in _OPEN) + unknown),
        "Waived": str(needing["WAIVED"]),
        "Compliant": str(needing["COMPLIANT"]),
        "Exempt": str(exempt),
    }

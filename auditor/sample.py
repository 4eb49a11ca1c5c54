"""A sample of a population, which anybody can draw again, and what is needed to test each member.

A member's key is `ACCOUNT/REGION/ARN`, for an expected backup with `/PLAN/RULE/DUE` after it. The sample is
the members with the smallest SHA-256 of `SEED/KEY`: it hangs on seed and keys alone, not on the order of the
rows, on a library or on this program.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from heapq import nsmallest
from itertools import count
from pathlib import Path
from shlex import quote
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from auditor import files
from auditor.audit import DOCUMENT
from auditor.evidence.layout import file_name
from auditor.evidence.store import Evidence
from auditor.model.errors import UsageError
from reports.document import AuditDocument, DocumentError, from_json
from reports.text_columns import as_text

#: The populations by the word of `--of`, and of what their members' keys are made.
POPULATIONS: Final = {
    "resources": ("account_id", "region", "arn"),
    "slots": ("account_id", "region", "arn", "plan", "rule", "due"),
}
#: The evidence behind a member.
_EVIDENCE: Final = {
    "resources": ("resources", "backup_plans", "backup_selections", "backup_jobs", "recovery_points"),
    "slots": ("backup_plans", "backup_selections", "backup_jobs", "recovery_points"),
}
_BATCH: Final = 65_536


@dataclass(frozen=True, slots=True)
class SampleMember:
    """One member: its row of the population, times as RFC 3339, and how it is tested."""

    key: str
    row: Mapping[str, Any]
    evidence: Sequence[tuple[str, str]]
    commands: Sequence[str]


@dataclass(frozen=True, slots=True)
class Sample:
    """What was drawn from `file`, of `rows` rows: `matching` of them were in question."""

    run_id: str
    file: str
    sha256: str
    rows: int
    matching: int
    seed: str
    members: Sequence[SampleMember]


def sample(run: Path, of: str, *, seed: str, size: int, where: Mapping[str, str]) -> Sample:
    """Draw `size` members from the population `of` of a judged run, or all where there are fewer.

    Only rows whose columns have the texts in `where` are in question.

    Raises:
        UsageError: the run has no populations, or another one than its document names; `where` names a
            column that there is not.
        AuditorError: the evidence is not as it was written.
    """
    document = _document(run)
    known = {str(entry["file"]): entry for entry in document.populations}
    name = f"{of}.parquet"
    path = run / name
    if name not in known or not path.is_file():
        raise UsageError(f"{run} has no {name}: run `auditor evaluate {run}` first.")
    digest = files.digest(path)
    if digest != known[name]["sha256"]:
        raise UsageError(f"{path} is not the one that {DOCUMENT} names; run `auditor evaluate {run}` again.")
    evidence = Evidence.open(run)
    with pq.ParquetFile(path) as file:
        _check_columns(where, file.schema_arrow, name)
        matching = count()
        ranked = nsmallest(size, _ranked(file, of, seed, where, matching))
        rows = _rows(file, [number for *_, number in ranked])
    members = [
        SampleMember(key, row, list(_evidence(evidence, of, row)), list(_commands(of, row)))
        for (_, key, _), row in zip(ranked, rows, strict=True)
    ]
    return Sample(document.run.id, name, digest, known[name]["rows"], next(matching), seed, members)


def _document(run: Path) -> AuditDocument:
    try:
        return from_json(files.read(run / DOCUMENT))
    except FileNotFoundError:
        raise UsageError(f"{run} has not been judged yet: run `auditor evaluate {run}` first.") from None
    except DocumentError as error:
        raise UsageError(f"{run / DOCUMENT}: {error}") from None


def _check_columns(where: Mapping[str, str], schema: pa.Schema, name: str) -> None:
    unknown = sorted(where.keys() - set(schema.names))
    if unknown:
        raise UsageError(f"{name} has no column {unknown[0]!r}; it has {', '.join(schema.names)}.")


def _ranked(
    file: pq.ParquetFile, of: str, seed: str, where: Mapping[str, str], matching: "count[int]"
) -> Iterator[tuple[str, str, int]]:
    """Digest, key and row number of every row in question; each moves `matching` on."""
    columns = [*dict.fromkeys((*POPULATIONS[of], *where))]
    first = 0
    for batch in file.iter_batches(batch_size=_BATCH, columns=columns):
        named = {name: as_text(batch.column(name)) for name in columns}
        chosen = np.arange(first, first + batch.num_rows)
        first += batch.num_rows
        for name, wanted in where.items():
            kept = pc.fill_null(pc.equal(named[name], wanted), False)  # noqa: FBT003 -- Arrow's word for no
            named = {other: column.filter(kept) for other, column in named.items()}
            chosen = chosen[np.array(kept.to_pylist(), bool)]
        keys = zip(*(named[name].to_pylist() for name in POPULATIONS[of]), strict=True)
        for number, parts in zip(chosen.tolist(), keys, strict=True):
            next(matching)
            key = "/".join(part or "" for part in parts)
            yield sha256(f"{seed}/{key}".encode()).hexdigest(), key, number


def _rows(file: pq.ParquetFile, numbers: Sequence[int]) -> list[dict[str, Any]]:
    """The rows of these numbers, in their order; what is not known is left out."""
    found: dict[int, dict[str, Any]] = {}
    first = 0
    for batch in file.iter_batches(batch_size=_BATCH):
        here = [number for number in numbers if first <= number < first + batch.num_rows]
        for number in here:
            row = batch.slice(number - first, 1)
            told = {
                name: (as_text(column) if pa.types.is_timestamp(column.type) else column).to_pylist()[0]
                for name, column in zip(row.schema.names, row.columns, strict=True)
            }
            found[number] = {name: value for name, value in told.items() if value not in (None, "")}
        first += batch.num_rows
    return [found[number] for number in numbers]


def _evidence(evidence: Evidence, of: str, row: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Name and SHA-256 of each file of the evidence in which the member is proved."""
    for table in _EVIDENCE[of]:
        name = file_name(table, row["account_id"], row["region"])
        digest = evidence.digest(name)
        if digest is not None:
            yield name, digest


def _commands(of: str, row: Mapping[str, Any]) -> Iterator[str]:
    """What asks AWS itself: commands of the account, in its Region."""
    region, arn = quote(row["region"]), quote(row["arn"])
    if of == "resources":
        yield f"aws resourcegroupstaggingapi get-resources --resource-arn-list {arn} --region {region}"
    elif "job_id" in row:
        job = quote(row["job_id"])
        yield f"aws backup describe-backup-job --backup-job-id {job} --region {region}"
    else:
        yield (
            f"aws backup list-backup-jobs --by-resource-arn {arn} --by-created-after {row['due']} "
            f"--by-created-before {row['start_by']} --region {region}"
        )
    yield f"aws backup list-recovery-points-by-resource --resource-arn {arn} --region {region}"

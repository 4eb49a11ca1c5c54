"""`causes.csv`: every cause of findings, the worst first, each with its sentence."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO, Final

import orjson
import pyarrow.parquet as pq

from reports import causes
from reports.document import AuditDocument
from reports.render_csv import writer
from reports.text_columns import texts
from reports.words import Words

_PARTS: Final = ("verdicts", "kinds", "cause", "largest", "by_owner", "example")
_COLUMNS: Final = (
    *("cause_id", "control_id", "code", "severity", "verdict", "says", "findings", "non_compliant", "waived"),
    *("accounts", "regions", "largest_accounts", "owners", "largest_owners", "owners_counted"),
    *("first_seen", "age_days"),
    *("kind", "name", "plan", "why", "detail", "remediation", "example", "next_command"),
    *("response", "response_owner", "response_due"),
)


def causes_csv(document: AuditDocument, source: Path, words: Words, target: BinaryIO) -> None:
    """Write a row for each cause of `causes.parquet`."""
    names = {str(one["account_id"]): str(one["name"]) for one in document.run.accounts}
    answers = causes.responses(document)
    with writer(target, _COLUMNS) as write:
        for found in _read(source):
            rows = [_row(document, cause, names, words) | _answered(answers, cause) for cause in found]
            write([texts(row[name] for row in rows) for name in _COLUMNS])


def _read(source: Path) -> Iterator[list[dict[str, Any]]]:
    """Yield the causes of `causes.parquet`, some at a time, as the document has them."""
    with pq.ParquetFile(source) as file:
        for batch in file.iter_batches(1_024):
            yield [{**row, **{part: orjson.loads(row[part]) for part in _PARTS}} for row in batch.to_pylist()]


def _row(
    document: AuditDocument, cause: Mapping[str, Any], names: Mapping[str, str], words: Words
) -> dict[str, str]:
    problem, remediation = causes.problem_of(document, cause)
    counts = ("findings", "accounts", "regions", "owners")
    return {
        **{name: str(cause[name]) for name in ("control_id", "code", "severity", "verdict", *counts)},
        **{name: cause["cause"][name] for name in ("kind", "name", "plan", "why", "detail")},
        "cause_id": cause["id"],
        "says": causes.sentence(cause, words.text(problem), names, words),
        "non_compliant": str(cause["verdicts"].get("NON_COMPLIANT", 0)),
        "waived": str(cause["verdicts"].get("WAIVED", 0)),
        "largest_accounts": "; ".join(f"{one['account_id']} {one['findings']}" for one in cause["largest"]),
        "largest_owners": "; ".join(f"{one['owner']} {one['findings']}" for one in cause["by_owner"]),
        "owners_counted": "true" if cause["owners_counted"] else "false",
        "first_seen": cause["first_seen"],
        "age_days": str(causes.age_days(cause, document.run.as_of)),
        "remediation": words.unread() if cause["code"] in causes.OF_GAPS else words.text(remediation),
        "example": cause["example"]["arn"],
        "next_command": causes.next_command(cause),
    }


def _answered(answers: Mapping[str, Mapping[str, Any]], cause: Mapping[str, Any]) -> dict[str, str]:
    answered = answers.get(cause["id"], {})
    return {
        "response": answered.get("response", ""),
        "response_owner": answered.get("owner", ""),
        "response_due": answered.get("due", ""),
    }

"""Where verdicts go.

Every one into `verdicts.parquet`, those that are no pass also into the document's findings.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from auditor.evaluate.arrow import EMPTY, numbers, texts
from auditor.evaluate.gaps import Gaps
from auditor.judge.verdicts import CODE, ORDER, Judged, gap_reason
from auditor.model.organization import Account
from auditor.model.policy import Control
from auditor.model.verdicts import Gap, Reason, Verdict, Waiver
from reports.document import VERDICTS, Finding, ReasonEntry, Subject

_WORD: Final = pa.dictionary(pa.int32(), pa.string())
SCHEMA: Final = pa.schema(
    [
        ("control_id", _WORD),
        ("subject_type", _WORD),
        ("arn", pa.string()),
        ("account_id", _WORD),
        ("region", _WORD),
        ("resource_type", _WORD),
        ("name", pa.string()),
        ("verdict", _WORD),
        ("severity", _WORD),
        ("code", _WORD),
        ("message", pa.string()),
    ]
)
_WORDS: Final = texts(str(verdict) for verdict in ORDER)
_ROW_GROUP: Final = 65_536
#: Which table lists a subject: without it nobody knows which subjects there are.
TABLE_OF: Final = {
    "resource": "resources",
    "plan": "backup_plans",
    "vault": "backup_vaults",
    "recovery_point": "recovery_points",
}


class VerdictSink:
    """Takes judged frames in order; a context manager that closes the file.

    Raises `OSError` where it cannot write.
    """

    def __init__(self, path: Path, gaps: Mapping[str, Gap]) -> None:
        self.findings: list[Finding] = []
        self.counts: Counter[tuple[str, str, str, str]] = Counter()  # control, account, severity, verdict
        self.waived: Counter[Waiver] = Counter()  # how many findings each waiver covers
        self.rests_on: set[str] = set()  # ids of the gaps that are why a verdict could not be reached
        self._gaps = gaps
        words = [field.name for field in SCHEMA if field.type == _WORD]
        self._writer = pq.ParquetWriter(path, SCHEMA, compression="zstd", use_dictionary=words)
        self._held: list[pa.Table] = []

    def __enter__(self) -> Self:
        """Nothing to prepare."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Write the rest and close the file."""
        if error is None:
            self._flush(1)
        self._writer.close()

    def add(self, judged: Judged) -> None:
        """Record every verdict of one control over one frame."""
        frame, control = judged.answered.frame, judged.answered.control
        if not frame.size:
            return
        self.rests_on.update(judged.gap_ids())
        self.waived.update(judged.waivers.values())
        first: dict[int, Reason] = {}
        for index in judged.failures().tolist():
            reasons = judged.reasons(index, self._gaps)
            if reasons:
                first[index] = reasons[0]
            subject = Subject(
                frame.called,
                frame.arn[index].as_py(),
                frame.account_id,
                frame.region,
                frame.resource_type[index].as_py(),
                frame.name[index].as_py(),
            )
            verdict = ORDER[judged.code[index]]
            self.findings.append(_finding(control, subject, verdict, reasons, judged.waivers.get(index)))
        for number, count in zip(*np.unique(judged.code, return_counts=True), strict=True):
            self.counts[control.id, frame.account_id, str(control.severity), ORDER[number]] += int(count)
        self._write(
            control,
            frame.called,
            frame.account_id,
            frame.region,
            arn=frame.arn,
            resource_type=frame.resource_type,
            name=frame.name,
            codes=judged.code,
            code=_sparse(frame.size, {index: reason.code for index, reason in first.items()}),
            message=_sparse(frame.size, {index: reason.message for index, reason in first.items()}),
        )

    def add_unlisted(self, control: Control, unread: Gaps, accounts: Mapping[str, Account]) -> None:
        """Record that the subjects of `control` could not be listed somewhere.

        One finding for each such place.
        """
        for account_id, region in unread.scopes(TABLE_OF[control.subject]):
            account = accounts[account_id]
            arn = f"arn:{account.partition}:iam::{account_id}:root"
            ids = unread.ids((TABLE_OF[control.subject],), account_id, region or None)
            here = [self._gaps[gap_id] for gap_id in ids if self._gaps[gap_id].region in ("", region)]
            reason = gap_reason(here)
            subject = Subject("account", arn, account_id, region, "", account.name)
            self.findings.append(_finding(control, subject, Verdict.INSUFFICIENT_DATA, (reason,), None))
            self.counts[control.id, account_id, str(control.severity), Verdict.INSUFFICIENT_DATA] += 1
            self._write(
                control,
                "account",
                account_id,
                region,
                arn=texts([arn]),
                resource_type=texts([""]),
                name=texts([account.name]),
                codes=np.array([CODE[Verdict.INSUFFICIENT_DATA]], np.int8),
                code=texts([reason.code]),
                message=texts([reason.message]),
            )

    def _write(
        self,
        control: Control,
        subject: str,
        account_id: str,
        region: str,
        *,
        codes: np.ndarray,
        **columns: pa.Array,
    ) -> None:
        size = len(codes)

        def same(value: str) -> pa.DictionaryArray:
            return pa.DictionaryArray.from_arrays(numbers(np.zeros(size, np.int32)), texts([value]))

        arrays = [
            same(control.id),
            same(subject),
            columns["arn"],
            same(account_id),
            same(region),
            columns["resource_type"].dictionary_encode(),
            columns["name"],
            pa.DictionaryArray.from_arrays(numbers(codes.astype(np.int32)), _WORDS),
            same(str(control.severity)),
            columns["code"].dictionary_encode(),
            columns["message"],
        ]
        self._held.append(pa.Table.from_arrays(arrays, schema=SCHEMA))
        self._flush(_ROW_GROUP)

    def _flush(self, least: int) -> None:
        """Write what is held as a row group, where it is so many rows: frames of small accounts are short."""
        if sum(table.num_rows for table in self._held) >= least:
            self._writer.write_table(pa.concat_tables(self._held).unify_dictionaries())
            self._held.clear()


def _sparse(size: int, found: Mapping[int, str]) -> pa.Array:
    """The texts found at their places, nothing elsewhere."""
    if not found:
        return pa.repeat(EMPTY, size)
    column = np.full(size, "", object)
    column[list(found)] = list(found.values())
    return texts(column)


def _finding(
    control: Control, subject: Subject, verdict: Verdict, reasons: Sequence[Reason], waiver: Waiver | None
) -> Finding:
    return Finding(
        control_id=control.id,
        subject=subject,
        verdict=str(verdict),
        severity=str(control.severity),
        reasons=tuple(ReasonEntry(reason.code, reason.message, reason.evidence) for reason in reasons),
        waiver=None if waiver is None else written(waiver),
    )


def written(waiver: Waiver) -> dict[str, str]:
    """A waiver as the document says it."""
    return {**asdict(waiver), "expires": waiver.expires.isoformat()}


def counted(path: Path) -> dict[str, int]:
    """How many of each verdict a file of verdicts holds; raises `OSError` where there is none."""
    counts = dict.fromkeys(VERDICTS, 0)
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(columns=["verdict"]):
            for row in pc.value_counts(batch.column(0)).to_pylist():
                counts[row["values"]] += row["counts"]
    return counts

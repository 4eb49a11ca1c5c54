"""Where verdicts go: every one into `verdicts.parquet`, with its evidence where it is no pass.

Findings are counted by class, and only the first of each become objects, for the document.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from types import TracebackType
from typing import BinaryIO, Final, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from auditor.evaluate.arrow import numbers, texts
from auditor.evaluate.facts import Column, Frame
from auditor.evaluate.gaps import GapIndex
from auditor.judge.cause_ids import CauseIds, spread
from auditor.judge.causes import Causes
from auditor.judge.classes import Classes, ClassKey, keys_of
from auditor.judge.row_groups import WORD, RowGroups
from auditor.judge.texts import json_text
from auditor.judge.told import Told
from auditor.judge.verdicts import CODE, ORDER, Judged, gap_reason
from auditor.model.organization import Account
from auditor.model.policy import Control
from auditor.model.verdicts import Attestation, Gap, Verdict, Waiver
from reports.document import Finding, ReasonEntry, Subject

SCHEMA: Final = pa.schema(
    [
        ("control_id", WORD),
        ("subject_type", WORD),
        ("arn", pa.string()),
        ("account_id", WORD),
        ("region", WORD),
        ("resource_type", WORD),
        ("name", pa.string()),
        ("verdict", WORD),
        ("severity", WORD),
        ("code", WORD),
        ("message", pa.string()),
        # of a finding: the evidence of its reason and the reasons after the first as JSON, and its waiver
        ("evidence", pa.string()),
        ("further", pa.string()),
        ("waiver", WORD),
        ("account_name", WORD),
        ("causes", WORD),  # of a finding: the id of the cause of each of its reasons, parted by blanks
    ]
)
_WORDS: Final = texts(str(verdict) for verdict in ORDER)
_SLICE: Final = 4_096  # subjects whose evidence is put together at a time
_VAULT: Final = "recovery_point.vault_arn"
#: Which table lists a subject: without it nobody knows which subjects there are.
TABLE_OF: Final = {
    "resource": "resources",
    "plan": "backup_plans",
    "vault": "backup_vaults",
    "vault_policy": "backup_vaults",
    "recovery_point": "recovery_points",
    "key": "recovery_points",
}


class VerdictSink:
    """Takes judged frames in order; a context manager that writes the file to its end.

    Raises `OSError` where it cannot write.
    """

    def __init__(
        self,
        file: BinaryIO,
        gaps: Mapping[str, Gap],
        accounts: Mapping[str, Account],
        owner_tag: str = "",
    ) -> None:
        self.classes = Classes()
        self.causes = Causes(owner_tag)
        self.counts: Counter[tuple[str, str, str, str]] = Counter()  # control, account, severity, verdict
        self.waived: Counter[Waiver] = Counter()  # how many findings each waiver covers
        self.attested: Counter[Attestation] = Counter()  # how many verdicts each attestation is told beside
        self.undecided: Counter[Waiver] = Counter()  # how many it may cover: that is not known
        self.unused: frozenset[Waiver] = frozenset()  # those that surely cover nothing
        self.rests_on: set[str] = set()  # ids of the gaps that are why a verdict could not be reached
        self._gaps = gaps
        self._accounts = accounts
        self._file = RowGroups(file, SCHEMA)

    def __enter__(self) -> Self:
        """Nothing to prepare."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Write the rest and the end of the file."""
        self._file.__exit__(kind, error, trace)

    def add(self, judged: Judged) -> None:
        """Record every verdict of one control over one frame."""
        frame, control = judged.answered.frame, judged.answered.control
        if not frame.size:
            return
        self.rests_on.update(judged.gap_ids())
        for number, count in zip(*np.unique(judged.code, return_counts=True), strict=True):
            self.counts[control.id, frame.account_id, str(control.severity), ORDER[number]] += int(count)
        self.waived.update(judged.waivers.values())
        self.undecided.update(judged.undecided)
        self.attested.update(judged.attestations.values())
        told = Told.of(judged, self._gaps)
        causes, cause = self._classify(told).words()
        for start in range(0, frame.size, _SLICE):
            size = min(_SLICE, frame.size - start)
            here = slice(*np.searchsorted(told.rows, (start, start + size)))
            self._write(
                control,
                frame.called,
                frame.account_id,
                frame.region,
                arn=frame.arn.slice(start, size),
                resource_type=frame.resource_type.slice(start, size),
                name=frame.name.slice(start, size),
                codes=judged.code[start : start + size],
                causes=spread(causes, size, told.rows[here] - start, cause[here]),
                **told.between(start, start + size).columns(start, size),
            )

    def _classify(self, told: Told) -> CauseIds:
        """Count the findings by class and keep the first of each; gives the causes of all."""
        found = CauseIds(told)
        frame, control = told.judged.answered.frame, told.judged.answered.control
        self.classes.findings += len(told.rows)
        for key, rows in _members(told, control):
            found.put(key[-1], rows, *self.causes.add(key, told, rows))
            wanted = self.classes.wants(key, frame.account_id, frame.region)
            first = _first_by_arn(frame, rows, self.classes.limit) if wanted else rows[:0]
            self.classes.add(
                key,
                account_id=frame.account_id,
                region=frame.region,
                grouped_by="vault" if _VAULT in frame.facts else "account",
                groups=_groups(frame, rows),
                findings=[self._finding(told.judged, index) for index in first.tolist()],
            )
        return found

    def _finding(self, judged: Judged, index: int) -> Finding:
        frame, control = judged.answered.frame, judged.answered.control
        waiver = judged.waivers.get(index)
        return Finding(
            control_id=control.id,
            subject=Subject(
                frame.called,
                frame.arn[index].as_py(),
                frame.account_id,
                frame.region,
                frame.resource_type[index].as_py(),
                frame.name[index].as_py(),
            ),
            verdict=str(ORDER[judged.code[index]]),
            severity=str(control.severity),
            reasons=tuple(
                ReasonEntry(reason.code, reason.message, reason.evidence)
                for reason in judged.reasons(index, self._gaps)
            ),
            waiver=None if waiver is None else waiver.told(),
        )

    def add_unlisted(self, control: Control, unread: GapIndex) -> None:
        """Record that the subjects of `control` could not be listed somewhere.

        One finding for each such place.
        """
        for account_id, region in unread.scopes(TABLE_OF[control.subject]):
            account = self._accounts[account_id]
            arn = f"arn:{account.partition}:iam::{account_id}:root"
            ids = unread.ids((TABLE_OF[control.subject],), account_id, region or None)
            here = [self._gaps[gap_id] for gap_id in ids if self._gaps[gap_id].region in ("", region)]
            reason = gap_reason(here)
            finding = Finding(
                control.id,
                Subject("account", arn, account_id, region, "", account.name),
                str(Verdict.INSUFFICIENT_DATA),
                str(control.severity),
                (ReasonEntry(reason.code, reason.message, reason.evidence),),
            )
            self.classes.findings += 1
            (key,) = keys_of(finding)
            cause = self.causes.add_unlisted(key, account_id, region, arn, reason.evidence)
            self.classes.add(
                key,
                account_id=account_id,
                region=region,
                grouped_by="account",
                groups={account_id: 1},
                findings=[finding],
            )
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
                evidence=texts([json_text(reason.evidence)]),
                further=texts([""]),
                waiver=texts([""]),
                causes=texts([cause]).dictionary_encode(),
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
            columns["evidence"],
            columns["further"],
            columns["waiver"].dictionary_encode(),
            same(self._accounts[account_id].name),
            columns["causes"],
        ]
        self._file.add(pa.Table.from_arrays(arrays, schema=SCHEMA))


def _members(told: Told, control: Control) -> Iterator[tuple[ClassKey, NDArray[np.int64]]]:
    """The classes among findings, and the subjects of each."""
    if not len(told.rows):
        return
    pairs = told.number * len(ORDER) + told.judged.code[told.rows]
    distinct, inverse = np.unique(pairs, return_inverse=True)
    held: defaultdict[ClassKey, list[int]] = defaultdict(list)
    for position, pair in enumerate(distinct.tolist()):
        said, verdict = divmod(pair, len(ORDER))
        for code in dict.fromkeys(reason.code for reason in told.said[said].reasons) or ("",):
            held[str(ORDER[verdict]), str(control.severity), control.id, code].append(position)
    for key, positions in held.items():
        chosen = np.zeros(len(distinct), bool)
        chosen[positions] = True
        yield key, told.rows[chosen[inverse]]


def _first_by_arn(frame: Frame, rows: NDArray[np.int64], limit: int) -> NDArray[np.int64]:
    if len(rows) <= limit:
        return rows
    options = pc.SelectKOptions(limit, [("arn", "ascending")])
    first = pc.select_k_unstable(frame.arn.take(numbers(rows)), options=options)
    chosen: NDArray[np.int64] = rows[np.array(first.to_pylist())]
    return chosen


def _groups(frame: Frame, rows: NDArray[np.int64]) -> dict[str, int]:
    """How many of the findings lie in each vault, or in the account."""
    vaults = frame.facts.get(_VAULT)
    if not isinstance(vaults, Column):
        return {frame.account_id: len(rows)}
    codes, counts = np.unique(vaults.codes[rows], return_counts=True)
    names = [*vaults.values, ""]  # of the code -1
    return {names[code]: count for code, count in zip(codes.tolist(), counts.tolist(), strict=True)}

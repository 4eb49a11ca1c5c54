"""Which findings of an earlier publish are over: those that this run looked for, judged, and no longer has.

Silence ends none. A finding is over where this run has another verdict on its subject, or where it read the
whole account and Region without a gap, asked the control, and no job or recovery point tells of the subject;
for a resource, where it collected those.
One that says what was not read is over where this run read that.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import asdict
from itertools import chain
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from auditor.audit import GAPS
from auditor.evaluate.arrow import texts
from auditor.evaluate.gaps import HISTORY_LIMIT
from auditor.evaluate.needs import ASKED_BY
from auditor.evidence.asked_tables import ASKED_TABLES
from auditor.evidence.native_tables import NATIVE_ASKED
from auditor.evidence.store import Evidence
from auditor.evidence.table_schemas import BACKUP_TAGS, EVERYTHING, PARTITIONED
from auditor.judge.given_subjects import ATTESTATION, WAIVER
from auditor.judge.sink import TABLE_OF
from auditor.judge.sinks import VERDICTS
from auditor.judge.verdict_file import opened
from auditor.publish.outgoing import UNREAD, Outgoing, Place, name_of
from reports.document import AuditDocument
from reports.formats.asff import ACCOUNT_ID
from reports.ids import finding_id
from reports.listing import gaps
from reports.text_columns import as_text

_BATCH: Final = 65_536
#: Tables that tell of a resource after it was deleted.
_TRACES: Final = ("backup_jobs", "recovery_points")

#: Tables that are collected for all controls, whatever tiers, parameters, registers and frameworks ask for.
_ALWAYS: Final = PARTITIONED.keys() - {*ASKED_BY, *ASKED_TABLES, *NATIVE_ASKED.values(), BACKUP_TAGS}

#: Findings by place, each as Security Hub has it.
Gone = Mapping[Place, list[dict[str, Any]]]


class Looked:
    """What a run looked at, and so may call over what it no longer finds.

    Raises:
        AuditorError: the evidence is not as it was written.
        OSError: a table of the run cannot be read.
    """

    def __init__(self, run: Path, evidence: Evidence, document: AuditDocument, outgoing: Outgoing) -> None:
        self._verdicts = run / VERDICTS
        self._evidence = evidence
        self._outgoing = outgoing
        self._controls = {
            control.id: TABLE_OF.get(control.subject, control.subject) for control in document.controls
        }
        self._given = {WAIVER: document.waivers, ATTESTATION: document.attestations}
        self._tables = set(evidence.metadata.get("tables", EVERYTHING))
        recorded = evidence.read("gaps", columns=["account_id", "region", "error", "provides"]).to_pylist()
        rested_on = (
            asdict(gap) for gap in gaps(run / GAPS)
        )  # and what the controls needed and was not asked
        self._hidden: defaultdict[Place, set[str]] = defaultdict(set)
        for gap in chain(recorded, rested_on):
            if gap["error"] != HISTORY_LIMIT:
                self._hidden[gap["account_id"], gap["region"]].update(gap["provides"])
        self._read = set(evidence.partitions())

    @property
    def places(self) -> Collection[Place]:
        """Where this run read something."""
        return self._evidence.partitions()

    def over(self, gone: Gone) -> set[tuple[Place, str]]:
        """Which of the findings that the run no longer has are over, by place and id.

        Raises:
            UsageError: `verdicts.parquet` is not as it was written.
            OSError: it cannot be read.
        """
        judged = self._judged(gone)
        found = set()
        for place, findings in gone.items():
            traces = self._traces(place, findings) if self._has_read(place) else set()
            for finding in findings:
                key = (place, str(finding["Id"]))
                if key in judged or self._is_over(place, finding, traces):
                    found.add(key)
        return found

    def _is_over(self, place: Place, finding: Mapping[str, Any], traces: Collection[str]) -> bool:
        fields, is_whole = finding["ProductFields"], self._has_read(place)
        table = self._controls.get(finding["GeneratorId"])
        is_told = name_of(finding) in self._outgoing.names(place)
        if finding["GeneratorId"] == UNREAD:
            tables = set(str(fields.get("auditor/Provides", "-")).split()) - {"-"}
            is_read = self._has_read(place, tables)
            return is_told or (is_read and self._tables.issuperset(tables or _ALWAYS))
        if fields["auditor/Verdict"] == "COMPLIANT":
            return is_told or (is_whole and table is not None)
        given = self._given.get(_subject(finding).partition("/")[0])
        if given is not None:  # without waivers no control over them is asked, and so with attestations
            return is_whole and (table is not None or not given)
        is_account = _subject(finding).startswith(ACCOUNT_ID)
        if is_account and fields["auditor/Verdict"] == "INSUFFICIENT_DATA":
            return table is not None and self._has_read(place, {table})  # its subjects could not be listed
        is_traced = table != "resources" or self._tables.issuperset(_TRACES)
        return is_whole and table is not None and is_traced and _subject(finding) not in traces

    def _has_read(self, place: Place, tables: AbstractSet[str] = frozenset()) -> bool:
        """Whether the run read a place and no gap hides anything of `tables` there; without them, of any."""
        hidden = self._hidden[place] | self._hidden[place[0], ""]
        return place in self._read and (hidden.isdisjoint(tables) if tables else not hidden)

    def _judged(self, gone: Gone) -> set[tuple[Place, str]]:
        """Those of which the run has a verdict: another one, as it would have the finding otherwise."""
        arns = {_subject(finding) for findings in gone.values() for finding in findings}
        if not arns:
            return set()
        columns, wanted, found = ["control_id", "arn", "account_id", "region"], texts(sorted(arns)), set()
        with opened(self._verdicts) as file:
            for batch in file.iter_batches(_BATCH, columns=columns):
                named = pa.table({name: as_text(batch.column(name)) for name in columns})
                for row in named.filter(pc.is_in(named["arn"], value_set=wanted)).to_pylist():
                    place = row["account_id"], row["region"]
                    found.add((place, finding_id(row["control_id"], row["arn"], *place)))
        return found

    def _traces(self, place: Place, findings: Iterable[Mapping[str, Any]]) -> set[str]:
        """Of which subjects there are jobs and recovery points still."""
        wanted = texts(sorted({_subject(finding) for finding in findings}))
        found: set[str] = set()
        for table in _TRACES:
            arns = as_text(self._evidence.read(table, *place, columns=["resource_arn"])["resource_arn"])
            found.update(arns.filter(pc.is_in(arns, value_set=wanted)).to_pylist())
        return found


def _subject(finding: Mapping[str, Any]) -> str:
    """The ARN of what a finding is about; "" where it cannot be told."""
    try:
        return str(finding["Resources"][0]["Id"])
    except (LookupError, TypeError):
        return ""

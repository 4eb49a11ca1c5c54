"""What a change makes of a run, as entries: who loses is a finding, what is no longer known is unknown.

Who gains is none. An entry is about something of the run and not about a line of an input, so it stands at
the first input; it is known again by control, ARN and the codes of its reasons, whatever the run is called.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from heapq import merge
from itertools import chain
from typing import TYPE_CHECKING, Final

from auditor.check.declared import Declaration
from auditor.check.difference import HeldSubject, Way
from auditor.check.formats.words import counted, further_protection, held, promised, verdict_word
from auditor.check.result import CheckEntry
from auditor.model.verdicts import Reason, Severity, Verdict
from reports.ids import stable_id

if TYPE_CHECKING:
    from auditor.check.difference import Difference, ProtectionChange, VerdictChange
    from auditor.check.result import CheckResult

#: What stands for a control where none says it.
NOT_KNOWN: Final = "protection-not-known"
NOT_HELD: Final = "not-held-against-run"
_NOBODY: Final = HeldSubject("", "", "", "", "", "", "")
_NAMED: Final = 3
_VERDICTS: Final = list(Verdict)
_SEVERITIES: Final = list(Severity)


@dataclass(frozen=True, slots=True)
class HeldEntry(CheckEntry):
    """An entry about something of a run."""

    @property
    def id(self) -> str:
        """The same against every run of which the same is said."""
        codes = sorted(reason.code for reason in self.reasons)
        return stable_id("check-against", json.dumps([self.control_id, self.arn, codes]))


def entries(result: "CheckResult") -> Sequence[CheckEntry]:
    """The entries of a result, with those of the run that it is held against, worst first."""
    difference = result.against
    if difference is None:
        return result.entries
    file = result.inputs[0]["file"] if result.inputs else f"{difference.run}/document.json"
    found = sorted(_of(difference, file), key=_rank)
    return [*merge(result.entries, found, key=_rank)]


def _rank(entry: CheckEntry) -> tuple[int, int]:
    return _VERDICTS.index(entry.verdict), _SEVERITIES.index(entry.severity)


def _of(difference: "Difference", file: str) -> Iterator[HeldEntry]:
    for change in difference.changes:
        if change.way in (Way.LOSES, Way.UNKNOWN):
            yield _changed(change, difference, file)
    for one in further_protection(difference):
        if one.way == "unknown":
            yield _promised(one, difference, file)
    nothing = difference.proves_nothing
    unmapped = difference.unmapped or (["no verdict could be compared"] if nothing else [])
    for sentence in unmapped:
        reason = Reason(NOT_HELD, f"not held against {difference.run}: {sentence}", {})
        verdict = Verdict.ERROR if nothing else Verdict.INSUFFICIENT_DATA
        yield _entry(NOT_HELD, "", Severity.LOW, verdict, _NOBODY, file, (reason,), "")


def _changed(change: "VerdictChange", difference: "Difference", file: str) -> HeldEntry:
    pair = f"{verdict_word(change.before)} -> {verdict_word(change.after)}"
    said = [f"against {difference.run}, {pair}"]
    said += [f"it protects {_named(change.affected)}"] if change.affected else []
    head = Reason(str(change.way), "; ".join(said), {})
    verdict = Verdict.NON_COMPLIANT if change.after is None else change.after
    reasons = (head, *change.reasons)
    return _entry(
        change.control_id, change.title, change.severity, verdict, change.subject, file, reasons, change.fix
    )


def _promised(change: "ProtectionChange", difference: "Difference", file: str) -> HeldEntry:
    tier = f", tier {change.tier}" if change.tier else ""
    reasons = (Reason(change.way, f"against {difference.run}{tier}: {promised(change)}", {}),)
    title, verdict = "What plans promise is known", Verdict.INSUFFICIENT_DATA
    return _entry(NOT_KNOWN, title, Severity.LOW, verdict, change.subject, file, reasons, "")


def _entry(
    control_id: str,
    title: str,
    severity: Severity,
    verdict: Verdict,
    subject: HeldSubject,
    file: str,
    reasons: tuple[Reason, ...],
    fix: str,
) -> HeldEntry:
    return HeldEntry(
        control_id=control_id,
        title=title or control_id,
        severity=severity,
        verdict=verdict,
        subject_type=subject.subject_type,
        resource_type=subject.resource_type,
        arn=subject.arn,
        account_id=subject.account_id,
        region=subject.region,
        declaration=Declaration(file, held(subject) if subject.arn else "the run"),
        reasons=reasons,
        fix=fix,
    )


def _named(subjects: Sequence[HeldSubject]) -> str:
    """The first ones by name, and how many more there are."""
    more = len(subjects) - _NAMED
    names = [held(one) for one in subjects[:_NAMED]]
    return ", ".join(chain(names, [f"and {counted(more, 'more resource')}"] if more > 0 else []))

"""Classes of findings: all of them counted, the first of each kept for the document.

A class shares verdict, severity, control and reason code. The document is bounded whatever the organization,
so only so many findings become objects.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np
import orjson

from reports.document import (
    MAX_BYTES,
    MAX_FINDINGS,
    MAX_OF_CLASS,
    SEVERITIES,
    VERDICTS,
    ClassEntry,
    Finding,
    ReasonEntry,
)

#: verdict, severity, control id and code
ClassKey = tuple[str, str, str, str]
#: Findings listed of each class: the first of these with which the document keeps its bounds.
_STEPS: Final = (MAX_FINDINGS, MAX_OF_CLASS, 30, 20, 12, 8, 5, 3, 2, 1)
_LARGEST: Final = 10  # groups that a class names
#: Evidence that is longer, in bytes of JSON, is cut where it would make the document too long.
_LONG: Final = 2_000
_ITEMS: Final = 5
_TEXT: Final = 500


@dataclass(slots=True)
class Class:
    """One class: how many findings, where, and the first of them by account, Region and ARN."""

    grouped_by: str
    findings: int = 0
    accounts: set[str] = field(default_factory=set)
    regions: set[str] = field(default_factory=set)
    groups: Counter[str] = field(default_factory=Counter)
    first: list[Finding] = field(default_factory=list)


class Classes:
    """The classes of a run, and the findings that are kept.

    All are kept while `findings`, which counts them, is at most `MAX_FINDINGS`; then the first `MAX_OF_CLASS`
    of each class.
    """

    def __init__(self) -> None:
        self.by_key: dict[ClassKey, Class] = {}
        self.findings = 0

    @property
    def limit(self) -> int:
        """How many findings of a class are kept."""
        return MAX_FINDINGS if self.findings <= MAX_FINDINGS else MAX_OF_CLASS

    def wants(self, key: ClassKey, account_id: str, region: str) -> bool:
        """Whether a finding of this class there may be among the first of it."""
        entry = self.by_key.get(key)
        if entry is None or len(entry.first) < self.limit:
            return True
        last = entry.first[self.limit - 1].subject
        return (account_id, region) <= (last.account_id, last.region)

    def add(
        self,
        key: ClassKey,
        *,
        account_id: str,
        region: str,
        grouped_by: str,
        groups: Mapping[str, int],
        findings: Iterable[Finding],
    ) -> None:
        """Count findings of a class in one account and Region; `findings` are the first of them."""
        entry = self.by_key.setdefault(key, Class(grouped_by))
        entry.findings += sum(groups.values())
        entry.accounts.add(account_id)
        entry.regions.add(region)
        entry.groups.update(groups)
        entry.first = sorted([*entry.first, *findings], key=place)[: self.limit]

    def published(self) -> tuple[tuple[ClassEntry, ...], tuple[Finding, ...]]:
        """The classes, worst first, and the findings that the document lists, in its order."""
        ordered = sorted(self.by_key.items(), key=_worst_first)
        listed = self._listed(ordered)
        shown: Counter[ClassKey] = Counter(key for finding in listed for key in keys_of(finding))
        return tuple(_entry(key, entry, shown[key]) for key, entry in ordered), listed

    def _listed(self, ordered: Sequence[tuple[ClassKey, Class]]) -> tuple[Finding, ...]:
        steps = _STEPS if self.findings <= MAX_FINDINGS else _STEPS[1:]
        for step in steps:
            listed = _distinct(finding for _, entry in ordered for finding in entry.first[:step])
            if len(listed) <= MAX_FINDINGS and _size(listed) <= MAX_BYTES:
                return listed
        # one of each class is too much still: their evidence is cut, and then the last classes have none
        cut = [replace(entry.first[0], reasons=_cut(entry.first[0].reasons)) for _, entry in ordered]
        ends = np.cumsum([_size([finding]) for finding in cut])
        return _distinct(cut[: min(MAX_FINDINGS, int(np.searchsorted(ends, MAX_BYTES, "right")))])


def keys_of(finding: Finding) -> Iterator[ClassKey]:
    """The classes that a finding is in: one for each of its codes."""
    for code in dict.fromkeys(reason.code for reason in finding.reasons) or ("",):
        yield finding.verdict, finding.severity, finding.control_id, code


def place(finding: Finding) -> tuple[int, str, str, str, str]:
    """The order of findings: severity, control, account, Region, ARN."""
    subject = finding.subject
    severity = SEVERITIES.index(finding.severity)
    return severity, finding.control_id, subject.account_id, subject.region, subject.arn


def _distinct(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Each finding once, in the document's order, though it is in several classes."""
    found = {(*place(finding), finding.verdict): finding for finding in findings}
    return tuple(found[key] for key in sorted(found))


def _worst_first(item: tuple[ClassKey, Class]) -> tuple[int, int, int, str, str]:
    (verdict, severity, control_id, code), entry = item
    return VERDICTS.index(verdict), SEVERITIES.index(severity), -entry.findings, control_id, code


def _entry(key: ClassKey, entry: Class, shown: int) -> ClassEntry:
    largest = sorted(entry.groups.items(), key=lambda item: (-item[1], item[0]))[:_LARGEST]
    return ClassEntry(
        *key,
        findings=entry.findings,
        accounts=len(entry.accounts),
        regions=len(entry.regions),
        shown=shown,
        grouped_by=entry.grouped_by,
        groups=len(entry.groups),
        largest=tuple({"group": group, "findings": count} for group, count in largest),
    )


def _size(findings: Iterable[Finding]) -> int:
    """Bytes of findings as the document writes them."""
    return sum(len(orjson.dumps(one, default=dict, option=orjson.OPT_INDENT_2)) for one in findings)


def _cut(reasons: Sequence[ReasonEntry]) -> tuple[ReasonEntry, ...]:
    return tuple(
        replace(reason, message=reason.message[:_TEXT], evidence=_shortened(reason.evidence))
        if len(orjson.dumps(reason.evidence, default=dict)) > _LONG
        else reason
        for reason in reasons[:_ITEMS]
    )


def _shortened(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _shortened(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_shortened(item) for item in value[:_ITEMS]]
    return value[:_TEXT] if isinstance(value, str) else value

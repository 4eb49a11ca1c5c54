"""Causes of findings: what the findings of one control and reason have in common that one thing explains.

A cause is a part of a class (`auditor.judge.classes`): the findings whose evidence names the same selection,
rule, plan, vault, failed call or account. All findings are counted, none becomes an object.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import pyarrow.compute as pc
from numpy.typing import NDArray

from auditor.derive.columns import ABSENT
from auditor.evaluate.arrow import array, numbers
from auditor.evaluate.facts import Column, Frame, Lazy, encode
from auditor.evaluate.gaps import OURS
from auditor.evaluate.unlisted import NOT_LISTED
from auditor.evaluate.unread import NOT_READ
from auditor.judge.classes import ClassKey
from auditor.judge.told import Told
from auditor.model.verdicts import Verdict
from reports.causes import OF_GAPS
from reports.document import SEVERITIES
from reports.ids import cause_id

Codes = NDArray[np.int64]
#: Control, code, and the cause's kind, name, plan, why and detail: what its id follows from.
CauseKey = tuple[str, ...]

#: What a cause that a fact names only by a text is: by the fact's path, else by the path's first part.
_KINDS: Final = {"recovery_point.vault_arn": "vault", "resource.type": "type", "key.vaults": "vaults"}
_PARTS: Final = ("kind", "name", "plan", "why", "detail")
#: What demands an act comes before what is unknown and what is accepted.
_WORST: Final = (Verdict.NON_COMPLIANT, Verdict.ERROR, Verdict.INSUFFICIENT_DATA, Verdict.WAIVED)
#: Causes of one control and reason, and owners of one cause, that are told apart; the rest is one.
MOST_CAUSES: Final = 1_000
MOST_OWNERS: Final = 1_000
_LARGEST: Final = 10  # accounts and owners that a cause names
_NAME: Final = 300  # letters of a name
_NOWHERE: Final = ("\uffff", "", "")  # after every account


@dataclass(slots=True)
class Cause:
    """One cause: how many findings of which verdicts, where, of what, and whose."""

    severity: str
    verdicts: Counter[str] = field(default_factory=Counter)
    accounts: Counter[str] = field(default_factory=Counter)
    regions: set[str] = field(default_factory=set)
    kinds: Counter[str] = field(default_factory=Counter)
    owners: Counter[str] = field(default_factory=Counter)
    more_owners: int = 0  # findings of owners that are not told apart
    example: tuple[str, str, str] = _NOWHERE  # account, Region and ARN of the first subject

    @property
    def verdict(self) -> str:
        """The worst of its verdicts."""
        return str(next(verdict for verdict in _WORST if self.verdicts[verdict]))


class Causes:
    """The causes of a run. `owner_tag` is the key of the tag that names a resource's owner; "" is none."""

    def __init__(self, owner_tag: str = "") -> None:
        self.by_key: dict[CauseKey, Cause] = {}
        self.owner_tag = owner_tag
        self._of_reason: Counter[CauseKey] = Counter()
        self._owned: tuple[Frame, Column] | None = None

    def add(self, key: ClassKey, told: Told, rows: Codes) -> tuple[list[str], Codes]:
        """Count the findings `rows` of a class in one frame.

        Gives the ids of their causes, and for each finding which of them it has.
        """
        verdict, severity, control_id, code = key
        frame = told.judged.answered.frame
        named, codes = _named(told, code, rows)
        kind = frame.resource_type.dictionary_encode() if frame.subject == "resource" else None
        owners = self._owners(frame) if self.owner_tag else None
        order = np.argsort(codes, kind="stable")
        used, starts = np.unique(codes[order], return_index=True)
        ids: list[str] = []
        for number, chosen in zip(used.tolist(), np.split(rows[order], starts[1:]), strict=True):
            own, cause = self._cause((control_id, code, *named[number]), severity)
            ids.append(cause_id(*own))
            cause.verdicts[verdict] += len(chosen)
            cause.accounts[frame.account_id] += len(chosen)
            cause.regions.add(frame.region)
            arn = pc.min(frame.arn.take(numbers(chosen))).as_py()
            cause.example = min(cause.example, (frame.account_id, frame.region, arn))
            if kind is None:
                cause.kinds[frame.called] += len(chosen)
            else:
                cause.kinds.update(
                    _counted(array(kind.indices, np.int32), kind.dictionary.to_pylist(), chosen)
                )
            if owners is not None:
                self._own(cause, _counted(owners.codes, owners.values, chosen))
        return ids, np.searchsorted(used, codes)

    def add_unlisted(
        self, key: ClassKey, account_id: str, region: str, arn: str, evidence: Mapping[str, Any]
    ) -> str:
        """Count that the subjects of a control could not be listed in one place; gives the cause's id."""
        verdict, severity, control_id, code = key
        own, cause = self._cause((control_id, code, *_of_gaps(evidence)), severity)
        cause.verdicts[verdict] += 1
        cause.accounts[account_id] += 1
        cause.regions.add(region)
        cause.kinds["account"] += 1
        cause.example = min(cause.example, (account_id, region, arn))
        if self.owner_tag:
            self._own(cause, {"": 1})
        return cause_id(*own)

    def _cause(self, key: CauseKey, severity: str) -> tuple[CauseKey, Cause]:
        reason = key[:2]
        if key not in self.by_key:
            if self._of_reason[reason] >= MOST_CAUSES:
                key = (*reason, "other", "", "", "", "")
            if key not in self.by_key:
                self._of_reason[reason] += 1
                self.by_key[key] = Cause(severity)
        return key, self.by_key[key]

    def _own(self, cause: Cause, counted: Mapping[str, int]) -> None:
        for owner, count in counted.items():
            if owner in cause.owners or len(cause.owners) < MOST_OWNERS:
                cause.owners[owner] += count
            else:
                cause.more_owners += count

    def _owners(self, frame: Frame) -> Column:
        """The owner of each resource of a frame: the value of the tag, "" where there is none."""
        if self._owned is None or self._owned[0] is not frame:
            tags = [None] * frame.size if frame.population is None else frame.population.inventory.tags
            self._owned = frame, encode([(one or {}).get(self.owner_tag, "") for one in tags])
        return self._owned[1]

    def entries(self, first_seen: Mapping[str, str], as_of: str) -> list[dict[str, Any]]:
        """Every cause as the document says it, the worst first.

        `first_seen` has the time at which an earlier run first saw a cause, by id.
        """
        ordered = sorted(self.by_key.items(), key=_worst_first)
        return [_entry(key, cause, first_seen, as_of) for key, cause in ordered]


def _worst_first(item: tuple[CauseKey, Cause]) -> tuple[Any, ...]:
    key, cause = item
    verdict = cause.verdict
    return (
        [*map(str, _WORST)].index(verdict),
        SEVERITIES.index(cause.severity),
        -cause.verdicts[verdict],
        key,
    )


def _entry(key: CauseKey, cause: Cause, first_seen: Mapping[str, str], as_of: str) -> dict[str, Any]:
    id_ = cause_id(*key)
    return {
        "id": id_,
        "control_id": key[0],
        "code": key[1],
        "severity": cause.severity,
        "verdict": cause.verdict,
        "verdicts": {str(verdict): cause.verdicts[verdict] for verdict in _WORST if cause.verdicts[verdict]},
        "findings": cause.verdicts.total(),
        "kinds": dict(sorted(cause.kinds.items(), key=_largest)),
        "cause": dict(zip(_PARTS, key[2:], strict=True)),
        "accounts": len(cause.accounts),
        "regions": len(cause.regions - {""}),
        "largest": [{"account_id": account, "findings": count} for account, count in _first(cause.accounts)],
        "owners": len(cause.owners.keys() - {""}),
        "by_owner": [{"owner": owner, "findings": count} for owner, count in _first(cause.owners)],
        "owners_counted": not cause.more_owners,
        "first_seen": first_seen.get(id_, as_of),
        "example": dict(zip(("account_id", "region", "arn"), cause.example, strict=True)),
    }


def _largest(item: tuple[str, int]) -> tuple[int, str]:
    return -item[1], item[0]


def _first(counted: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(counted.items(), key=_largest)[:_LARGEST]


def _counted(codes: NDArray[Any], values: Sequence[str], rows: Codes) -> dict[str, int]:
    used, counts = np.unique(codes[rows], return_counts=True)
    return {values[code]: count for code, count in zip(used.tolist(), counts.tolist(), strict=True)}


def _named(told: Told, code: str, rows: Codes) -> tuple[list[tuple[str, ...]], Codes]:
    """The causes of findings of one code in one frame, and for each finding its number among them."""
    control, frame = told.judged.answered.control, told.judged.answered.frame
    column: Column | None = None
    if code in control.causes:
        path = control.causes[code].named_by
        column = _column(frame, path, rows)
        values = [_of_fact(path, value, frame) for value in column.values]
        return [*values, _of_account(frame)], np.where(column.codes == ABSENT, len(values), column.codes)
    if code in OF_GAPS:
        number = told.number[np.searchsorted(told.rows, rows)]
        return [_of_gaps(said.reasons[0].evidence if said.reasons else {}) for said in told.said], number
    kind = ("control", control.id, "", code, "") if code not in control.reasons else _of_account(frame)
    return [kind], np.zeros(len(rows), np.int64)


def _column(frame: Frame, path: str, rows: Codes) -> Column:
    """The fact `path` of the subjects `rows`."""
    for _, column in frame.matching(path)[:1]:
        if isinstance(column, Lazy):
            return encode([column.at(index) for index in rows.tolist()])
        return Column(column.codes[rows], column.values)
    return Column(np.full(len(rows), ABSENT, np.int64), [])


def _of_fact(path: str, value: Any, frame: Frame) -> tuple[str, ...]:
    kind = _KINDS.get(path, path.split(".", maxsplit=1)[0])
    if isinstance(value, Sequence) and not isinstance(value, str):
        if not value:
            return _of_account(frame)
        value = ", ".join(sorted(map(str, value)))
    if isinstance(value, Mapping):
        told = {"kind": kind, **{part: str(value.get(part, "")) for part in _PARTS if part in value}}
    else:
        told = {"kind": kind, "name": str(value).rpartition(":")[2] if kind == "vault" else str(value)}
    if told["kind"] == "account":
        told["name"] = frame.account_id
    return tuple(told.get(part, "")[:_NAME] for part in _PARTS)


def _of_account(frame: Frame) -> tuple[str, ...]:
    return "account", frame.account_id, "", "", ""


def _of_gaps(evidence: Mapping[str, Any]) -> tuple[str, ...]:
    """The first of the gaps: the call that failed, or what was read and settles nothing."""
    for gap in evidence.get("gaps", ())[:1]:
        service, _, operation = str(gap["operation"]).partition(":")
        if service == OURS:
            return "fact", operation, "", "unsettled", ""
        why = "not_asked" if gap["error"] in (NOT_READ, NOT_LISTED) else "unread"
        return "call", f"{service}:{operation}", "", why, str(gap["error"])
    return "call", "", "", "unread", ""

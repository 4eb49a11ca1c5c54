"""Waivers as subjects of controls: what a run found each of them to cover, and what of that is not known."""

import gettext
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import numpy as np

from auditor.evaluate.arrow import texts
from auditor.evaluate.ask import Asker
from auditor.evaluate.facts import Frame, Hole, encode
from auditor.evaluate.subjects import Subjects
from auditor.judge.accepted import coverage
from auditor.judge.sink import TABLE_OF
from auditor.judge.verdicts import CODE, Judged, judge
from auditor.model.arn import place_of
from auditor.model.policy import Control
from auditor.model.verdicts import Verdict, Waiver
from reports.waivers import covers
from reports.words import Words

#: The type of these subjects.
WAIVER: Final = "waiver"
_STATED: Final = [CODE[one] for one in (Verdict.NON_COMPLIANT, Verdict.WAIVED, Verdict.COMPLIANT)]
_OPEN: Final = [CODE[one] for one in (Verdict.INSUFFICIENT_DATA, Verdict.ERROR)]
_UNDECIDED: Final = (
    "A waiver may cover findings of resources whose tags or organizational units are not known."
)
_UNJUDGED: Final = "A waiver may cover what a control could not judge."
_WORDS: Final = Words(gettext.NullTranslations(), "en")


def waiver_arn(said: Mapping[str, Any]) -> str:
    """What stands in the place of an ARN of a waiver, from what it says, key by key."""
    return f"{WAIVER}/{said['control_id']}/{covers(said, _WORDS)}/{said['expires']}"


class WaiverSubjects:
    """What the verdicts of a run say of its waivers: hand it each of them, then ask what waivers come to."""

    def __init__(self, waivers: Sequence[Waiver], controls: Sequence[Control], subjects: Subjects) -> None:
        self._waivers = waivers
        self._controls = controls
        self._asked = {control.id: TABLE_OF.get(control.subject, "") for control in controls}
        self._subjects = subjects
        unread = subjects.unread
        self._unread = {table: unread.scopes(table) for table in {*self._asked.values()} if table}
        self._read = {account for account, _ in subjects.evidence.partitions()}
        self._on = subjects.as_of.date()
        self._findings: Counter[Waiver] = Counter()
        self._judged: Counter[str] = Counter()
        self._gaps: defaultdict[Waiver, set[str]] = defaultdict(set)

    def add(self, judged: Judged) -> None:
        """Take note of the verdicts of one control over one frame."""
        control_id = judged.answered.control.id
        own = [one for one in self._waivers if one.control_id == control_id and self._on <= one.expires]
        if not own:
            return
        self._judged[control_id] += int(np.isin(judged.code, _STATED).sum())
        self._findings.update(judged.waivers.values())
        for waiver in judged.undecided:
            self._gaps[waiver].add(self._unknown("waivers", _UNDECIDED))
        rows = np.flatnonzero(np.isin(judged.code, _OPEN))
        for waiver in own if len(rows) else ():
            sure, open_ = coverage(waiver, judged.answered.frame, rows)
            if (sure | open_).any():
                ids = judged.gaps_of(rows[sure | open_])
                self._gaps[waiver].update(ids or {self._unknown("controls", _UNJUDGED)})
            rows = rows[~sure]  # whatever they come to, no later one covers them

    def judged(self, asker: Asker) -> Iterator[Judged]:
        """The verdicts of the controls that judge waivers."""
        for frame in self._frames():
            for control in self._controls:
                if control.subject == WAIVER:
                    yield judge(asker.ask(control, frame), (), self._on)

    def unused(self) -> frozenset[Waiver]:
        """Those in force that cover no finding, where that is certain: all was read that they may cover."""
        held = [one for one in self._waivers if self._on <= one.expires and not self._findings[one]]
        return frozenset(one for one in held if self._looked_at(one) and not self._open(one))

    def _frames(self) -> Iterator[Frame]:
        """The waivers by the account that answers for each, in the order of the file."""
        held: defaultdict[str, list[Waiver]] = defaultdict(list)
        for waiver in self._waivers if self._subjects.inventories else ():
            held[self._account(waiver)].append(waiver)
        for account_id, waivers in sorted(held.items()):
            yield self._frame(account_id, waivers)

    def _frame(self, account_id: str, waivers: Sequence[Waiver]) -> Frame:
        told = [one.told() for one in waivers]
        scopes = [covers(one, _WORDS) for one in told]
        gaps = [self._open(one) for one in waivers]
        said = {
            f"waiver.{key}": encode([one.get(key) for one in told])
            for key in ("control_id", "reason", "approved_by", "owner", "ticket", "expires")
        }
        return Frame(
            subject=WAIVER,
            account_id=account_id,
            region="",
            arn=texts(waiver_arn(one) for one in told),
            resource_type=texts("" for _ in waivers),
            name=texts(f"{one.control_id}: {scope}" for one, scope in zip(waivers, scopes, strict=True)),
            facts={
                **said,
                "waiver.covers": encode(scopes),
                "waiver.in_force": encode([self._on <= one.expires for one in waivers]),
                "waiver.looked_at": encode([self._looked_at(one) for one in waivers]),
                "waiver.used": encode(
                    [self._findings[one] > 0 for one in waivers], *_holes(gaps, passes=True)
                ),
                "waiver.findings": encode([self._findings[one] for one in waivers], *_holes(gaps)),
                "waiver.judged": encode([self._judged[one.control_id] for one in waivers]),
            },
        )

    def _open(self, waiver: Waiver) -> tuple[str, ...]:
        """The gaps for which it is not known all that a waiver covers."""
        table, (account_id, named) = self._asked.get(waiver.control_id, ""), _place(waiver)
        unread = self._subjects.unread
        ids = {
            gap
            for account, region in self._unread.get(table, ())
            if account_id in ("", account) and ("" in (named, region) or named == region)
            for gap in unread.ids((table,), account, region or None)
        }
        return tuple(sorted(ids | self._gaps[waiver]))

    def _looked_at(self, waiver: Waiver) -> bool:
        """Whether the run asked its control, and read every place in which it can cover something."""
        about, (account_id, region) = self._subjects.evidence.metadata, _place(waiver)
        everywhere = bool(about.get("management_account_id"))
        whole = (about.get("provenance") or {}).get("regions_left_out", []) is None
        return (
            waiver.control_id in self._asked
            and (account_id in self._read if account_id else everywhere)
            and (region in about["regions"] if region else whole)
        )

    def _account(self, waiver: Waiver) -> str:
        """The account that answers for it: the one that it names, else that of the organization."""
        accounts, (named, _) = self._subjects.accounts, _place(waiver)
        management = str(self._subjects.evidence.metadata.get("management_account_id") or "")
        first = self._subjects.inventories[0].scope.account.account_id
        return next((one for one in (named, management) if one in accounts), first)

    def _unknown(self, about: str, message: str) -> str:
        return self._subjects.inventories[0].scope.unknown("evaluate", "Undecided", about, message)


def _place(waiver: Waiver) -> tuple[str, str]:
    """The account and the Region that a waiver names, "" where it names none."""
    account_id, region = place_of(waiver.subject)
    named = waiver.account or (account_id if account_id.isdigit() else "")
    return named, "" if {*region} & {*"*?"} else region


def _holes(gaps: Sequence[tuple[str, ...]], *, passes: bool = False) -> list[Hole]:
    """More may be covered than is known: of each waiver by its gaps."""
    return [
        Hole(ids, np.array([one == ids for one in gaps], bool), partial=True, passes=passes)
        for ids in dict.fromkeys(gaps)
        if ids
    ]

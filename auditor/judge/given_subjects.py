"""Waivers and attestations as subjects of controls: what is common to both."""

import gettext
from abc import ABC, abstractmethod
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, Generic, TypeVar

import numpy as np

from auditor.evaluate.arrow import texts
from auditor.evaluate.ask import Asker
from auditor.evaluate.facts import Column, Frame, Hole, encode
from auditor.evaluate.subjects import Subjects
from auditor.judge.sink import TABLE_OF
from auditor.judge.verdicts import Judged, judge
from auditor.model.arn import place_of
from auditor.model.policy import Control
from auditor.model.verdicts import Attestation, Waiver
from reports.document import AuditDocument
from reports.waivers import covers
from reports.words import Words

WAIVER: Final = "waiver"
ATTESTATION: Final = "attestation"
#: The types of these subjects.
GIVEN: Final = (WAIVER, ATTESTATION)
Given = TypeVar("Given", Waiver, Attestation)
_WORDS: Final = Words(gettext.NullTranslations(), "en")


def given_arn(kind: str, said: Mapping[str, Any]) -> str:
    """What stands in the place of an ARN of a waiver or attestation, from what it says, key by key."""
    return f"{kind}/{said['control_id']}/{covers(said, _WORDS)}/{said['expires']}"


def said_of(document: AuditDocument, kind: str, arn: str) -> dict[str, Any]:
    """What a waiver or attestation of a run says, under its type; nothing of other subjects."""
    entries = {WAIVER: document.waivers, ATTESTATION: document.attestations}.get(kind, ())
    found = [one for one in entries if given_arn(kind, one) == arn]
    return {kind: found[0]} if found else {}


class GivenSubjects(ABC, Generic[Given]):
    """What the verdicts of a run say of entries of a file: hand it each of them, then ask what they come to.

    `kind` is one of `GIVEN`, `told` the keys of an entry that are facts as they are.
    """

    kind: str
    told: tuple[str, ...]

    def __init__(self, entries: Sequence[Given], controls: Sequence[Control], subjects: Subjects) -> None:
        self._entries: Sequence[Given] = entries
        self._controls, self._subjects = controls, subjects
        self._asked = {control.id: TABLE_OF.get(control.subject, "") for control in controls}
        unread = subjects.unread
        self._unread = {table: unread.scopes(table) for table in {*self._asked.values()} if table}
        self._read = {account for account, _ in subjects.evidence.partitions()}
        self._on = subjects.as_of.date()
        self._counted: Counter[Given] = Counter()
        self._judged: Counter[str] = Counter()
        self._gaps: defaultdict[Given, set[str]] = defaultdict(set)

    def add(self, judged: Judged) -> None:
        """Take note of the verdicts of one control over one frame."""
        control_id = judged.answered.control.id
        own = [one for one in self._entries if one.control_id == control_id and self._counts(one)]
        if own:
            self._add(judged, own)

    @abstractmethod
    def _add(self, judged: Judged, own: Sequence[Given]) -> None:
        """Take note of verdicts of the control of `own`, which count."""

    @abstractmethod
    def _counts(self, one: Given) -> bool:
        """Whether an entry counts at as_of."""

    @abstractmethod
    def _facts(self, entries: Sequence[Given]) -> dict[str, Column]:
        """The facts of entries beside what they say and cover."""

    def judged(self, asker: Asker) -> Iterator[Judged]:
        """The verdicts of the controls that judge these entries."""
        for frame in self._frames():
            for control in self._controls:
                if control.subject == self.kind:
                    yield judge(asker.ask(control, frame), (), self._on)

    def _frames(self) -> Iterator[Frame]:
        """The entries by the account that answers for each, in the order of the file."""
        held: defaultdict[str, list[Given]] = defaultdict(list)
        for one in self._entries if self._subjects.inventories else ():
            held[self._account(one)].append(one)
        for account_id, entries in sorted(held.items()):
            yield self._frame(account_id, entries)

    def _frame(self, account_id: str, entries: Sequence[Given]) -> Frame:
        said = [one.told() for one in entries]
        scopes = [covers(one, _WORDS) for one in said]
        facts = {f"{self.kind}.{key}": encode([one.get(key) for one in said]) for key in self.told}
        return Frame(
            subject=self.kind,
            account_id=account_id,
            region="",
            arn=texts(given_arn(self.kind, one) for one in said),
            resource_type=texts("" for _ in entries),
            name=texts(f"{one.control_id}: {scope}" for one, scope in zip(entries, scopes, strict=True)),
            facts={
                **facts,
                f"{self.kind}.covers": encode(scopes),
                f"{self.kind}.looked_at": encode([self._looked_at(one) for one in entries]),
                **self._facts(entries),
            },
        )

    def _used(self, entries: Sequence[Given]) -> tuple[Column, Column]:
        """Whether each covers something, and how much: more where that is not known."""
        gaps = [self._open(one) for one in entries]
        used = encode([self._counted[one] > 0 for one in entries], *_holes(gaps, passes=True))
        return used, encode([self._counted[one] for one in entries], *_holes(gaps))

    def _open(self, one: Given) -> tuple[str, ...]:
        """The gaps for which it is not known all that an entry covers."""
        table, (account_id, named) = self._asked.get(one.control_id, ""), _place(one)
        unread = self._subjects.unread
        ids = {
            gap
            for account, region in self._unread.get(table, ())
            if account_id in ("", account) and ("" in (named, region) or named == region)
            for gap in unread.ids((table,), account, region or None)
        }
        return tuple(sorted(ids | self._gaps[one]))

    def _looked_at(self, one: Given) -> bool:
        """Whether the run asked its control, and read every place in which it can cover something."""
        about, (account_id, region) = self._subjects.evidence.metadata, _place(one)
        everywhere = bool(about.get("management_account_id"))
        whole = (about.get("provenance") or {}).get("regions_left_out", []) is None
        return (
            one.control_id in self._asked
            and (account_id in self._read if account_id else everywhere)
            and (region in about["regions"] if region else whole)
        )

    def _account(self, one: Given) -> str:
        """The account that answers for it: the one that it names, else that of the organization."""
        accounts, (named, _) = self._subjects.accounts, _place(one)
        management = str(self._subjects.evidence.metadata.get("management_account_id") or "")
        first = self._subjects.inventories[0].scope.account.account_id
        return next((one for one in (named, management) if one in accounts), first)

    def _unknown(self, about: str, message: str) -> str:
        return self._subjects.inventories[0].scope.unknown("evaluate", "Undecided", about, message)


def _place(one: Waiver | Attestation) -> tuple[str, str]:
    """The account and the Region that an entry names, "" where it names none."""
    account_id, region = place_of(one.subject)
    named = one.account or (account_id if account_id.isdigit() else "")
    return named, "" if {*region} & {*"*?"} else region


def _holes(gaps: Sequence[tuple[str, ...]], *, passes: bool = False) -> list[Hole]:
    """More may be covered than is known: of each entry by its gaps."""
    return [
        Hole(ids, np.array([one == ids for one in gaps], bool), partial=True, passes=passes)
        for ids in dict.fromkeys(gaps)
        if ids
    ]

"""The verdicts of a run before and after a change, side by side."""

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Final

import numpy as np

from auditor.check.against.changed import ChangedInventory, PlaceChange
from auditor.check.against.subjects import resource_of, subject_of
from auditor.check.difference import HeldSubject, ToldVerdict, VerdictChange, Way
from auditor.evaluate.arrow import texts
from auditor.evaluate.ask import Asker
from auditor.evaluate.facts import Frame
from auditor.evaluate.gaps import Scope
from auditor.evaluate.inventory import Inventory
from auditor.evaluate.membership import Membership, memberships
from auditor.evaluate.plans import plan_frame
from auditor.evaluate.resources import declared_facts
from auditor.evaluate.subjects import Subjects
from auditor.evaluate.tagged import tagged
from auditor.evaluate.vault_policies import vault_policy_frame
from auditor.evaluate.vaults import vault_frame
from auditor.judge.verdicts import CODE, ORDER, Judged, judge
from auditor.model.policy import Control
from auditor.model.verdicts import Reason, Verdict, Waiver

_SUBJECTS: Final = ("resource", "plan", "vault", "vault_policy")
_NONE: Final = -1
_BAD: Final = (Verdict.NON_COMPLIANT, Verdict.ERROR)
_SILENT: Final = (None, Verdict.NOT_APPLICABLE)
_ELSEWHERE: Final = "protection_not_among_inputs"


@dataclass(frozen=True, slots=True)
class Situation:
    """The evidence of a run as it is or would be, and what judges it: its controls by id."""

    subjects: Subjects
    controls: Mapping[str, Control]
    asker: Asker
    waivers: Sequence[Waiver]

    @property
    def on(self) -> date:
        """The day of the verdicts."""
        return self.subjects.as_of.date()

    def frames(self, inventory: Inventory) -> dict[str, Frame]:
        """What only declarations tell of the subjects of an account and Region, by their type."""
        keys = inventory.source_keys if isinstance(inventory, ChangedInventory) else None
        resources = Frame(
            subject="resource",
            account_id=inventory.scope.account.account_id,
            region=inventory.scope.region,
            arn=texts(inventory.arn),
            resource_type=texts(inventory.resource_type),
            name=texts(inventory.name),
            facts=declared_facts(inventory, keys),
            units=inventory.scope.account.ou_path,
            has_tag=tagged(inventory.tags),
        )
        whole, as_of = self.subjects.whole, self.subjects.as_of
        vaults, policies = (
            (inventory.vault_frame(whole, as_of), inventory.vault_policy_frame())
            if isinstance(inventory, ChangedInventory)
            else (vault_frame(inventory, whole, as_of), vault_policy_frame(inventory))
        )
        found = (resources, plan_frame(inventory, whole, as_of), vaults, policies)
        return dict(zip(_SUBJECTS, found, strict=True))

    def judged(self, control_id: str, frame: Frame) -> Judged | None:
        """The verdicts of a control on the subjects of a frame, None where it is not asked about them."""
        control = self.controls.get(control_id)
        if control is None or control.subject != frame.subject:
            return None
        return judge(self.asker.ask(control, frame), self.waivers, self.on)


class VerdictComparison:
    """The verdicts of two situations, one account and Region at a time; `compared` counts them.

    `still_unknown` counts those that are unknown before and after, where a change has a part in them.
    `told` has what is said after the change of what is `wanted`, by control and ARN.
    """

    def __init__(
        self,
        before: Situation,
        after: Situation,
        places: Mapping[Scope, PlaceChange],
        wanted: AbstractSet[tuple[str, str]] = frozenset(),
    ) -> None:
        self.compared = self.still_unknown = 0
        self.told: dict[tuple[str, str], ToldVerdict] = {}
        self._before, self._after, self._places, self._wanted = before, after, places, wanted

    def changes(self) -> Iterator[VerdictChange]:
        """Every verdict that is another after the change."""
        ids = sorted({*self._before.controls, *self._after.controls})
        pairs = zip(self._before.subjects.inventories, self._after.subjects.inventories, strict=True)
        for earlier, later in pairs:
            frames = (self._before.frames(earlier), self._after.frames(later))
            account = later.scope.account.account_id
            change = self._places.get((account, later.scope.region), PlaceChange())
            for subject in _SUBJECTS:
                pair = _Pair(frames[0][subject], frames[1][subject], change, (earlier, later))
                for control_id in ids:
                    yield from self._of_control(control_id, pair)

    def _of_control(self, control_id: str, pair: "_Pair") -> Iterator[VerdictChange]:
        judged = (
            self._before.judged(control_id, pair.before),
            self._after.judged(control_id, pair.after),
        )
        if judged == (None, None):
            return
        self._tell(control_id, judged[1], pair)
        codes = tuple(
            np.array([*(one.code if one is not None else [_NONE] * frame.size), _NONE], np.int64)
            for one, frame in zip(judged, (pair.before, pair.after), strict=True)
        )
        earlier, later = codes[0][pair.rows[0]], codes[1][pair.rows[1]]
        silent = (_NONE, CODE[Verdict.NOT_APPLICABLE])
        self.compared += int((~np.isin(earlier, silent) | ~np.isin(later, silent)).sum())
        if pair.touched or self._before.controls != self._after.controls:
            unknown = CODE[Verdict.INSUFFICIENT_DATA]
            self.still_unknown += int(((earlier == unknown) & (later == unknown)).sum())
        for number in np.flatnonzero(earlier != later).tolist():
            rows = int(pair.rows[0][number]), int(pair.rows[1][number])
            found = self._change(control_id, pair, rows, judged)
            if found is not None:
                yield found

    def _tell(self, control_id: str, judged: Judged | None, pair: "_Pair") -> None:
        """Keep what is said of the subjects that somebody wants to know of."""
        if judged is None or not self._wanted:
            return
        for row, arn in enumerate(judged.answered.frame.arn.to_pylist()):
            if (control_id, arn) in self._wanted:
                verdict = ORDER[judged.code[row]]
                silent = verdict in (Verdict.COMPLIANT, Verdict.NOT_APPLICABLE)
                reasons = () if silent else judged.reasons(row, self._after.subjects.gaps)
                if verdict is Verdict.NON_COMPLIANT and arn in pair.elsewhere:
                    verdict, reasons = Verdict.INSUFFICIENT_DATA, pair.elsewhere[arn]
                self.told[control_id, arn] = ToldVerdict(verdict, reasons)

    def _change(
        self,
        control_id: str,
        pair: "_Pair",
        rows: tuple[int, int],
        judged: tuple[Judged | None, Judged | None],
    ) -> VerdictChange | None:
        verdicts: list[Verdict | None] = [
            None if one is None or row == _NONE else ORDER[one.code[row]]
            for one, row in zip(judged, rows, strict=True)
        ]
        hidden: tuple[Reason, ...] = ()
        if verdicts[1] is Verdict.NON_COMPLIANT:
            hidden = pair.elsewhere.get(pair.after.arn[rows[1]].as_py(), ())
            verdicts[1] = Verdict.INSUFFICIENT_DATA if hidden else verdicts[1]
        way = _way(*verdicts)
        if way is None:
            return None
        situations = (self._before, self._after)
        side = 1 if rows[1] != _NONE else 0
        told = 0 if way is Way.GAINS and verdicts[0] is not None else 1
        reasons, said = hidden, judged[told]
        if said is not None and rows[told] != _NONE and not hidden:
            reasons = said.reasons(rows[told], situations[told].subjects.gaps)
        control = self._after.controls.get(control_id) or self._before.controls[control_id]
        frame, inventory, row = (pair.before, pair.after)[side], pair.inventories[side], rows[side]
        return VerdictChange(
            control_id,
            control.title,
            control.severity,
            subject_of(frame, inventory, row),
            verdicts[0],
            verdicts[1],
            way,
            reasons,
            pair.affected(side, row) if frame.subject == "plan" else (),
            control.remediation,
        )


class _Pair:
    """The subjects of one type before and after, each with its row in both frames, -1 where it is in none.

    `elsewhere` has the new resources that something may protect which no input declares, by ARN.
    """

    def __init__(
        self, before: Frame, after: Frame, change: PlaceChange, inventories: tuple[Inventory, Inventory]
    ) -> None:
        self.before, self.after, self.inventories = before, after, inventories
        self.touched = change.anything
        self.elsewhere: dict[str, tuple[Reason, ...]] = {}
        if after.subject == "resource":
            said = {arn: one.elsewhere for arn, one in change.resources_in.items() if one.elsewhere}
            held = {*before.arn.to_pylist()} if said else set()
            new = ((arn, clause) for arn, clause in said.items() if arn not in held)
            self.elsewhere = {arn: (Reason(_ELSEWHERE, clause, {}),) for arn, clause in new}
        if before.arn.equals(after.arn):
            same = np.arange(before.size)
            self.rows = (same, same)
            return
        rows = {arn: row for row, arn in enumerate(before.arn.to_pylist())}
        later = [rows.pop(change.renamed.get(arn, arn), _NONE) for arn in after.arn.to_pylist()]
        gone = [*rows.values()]
        self.rows = (
            np.array([*later, *gone], np.int64),
            np.array([*range(after.size), *(_NONE for _ in gone)], np.int64),
        )

    def affected(self, side: int, row: int) -> list[HeldSubject]:
        """The resources that a plan protects, before (0) or after, and whose tier asks for backups."""
        inventory = self.inventories[side]
        tiers = inventory.scope.tiers.tiers
        required = [number for number, name in enumerate(inventory.tier_names) if tiers[name]["required"]]
        sure = self._members[side][inventory.current_plans[row].plan_id].sure
        chosen = sure & np.isin(inventory.tier, required)
        return [resource_of(inventory, index) for index in np.flatnonzero(chosen).tolist()]

    @cached_property
    def _members(self) -> tuple[Mapping[str, Membership], Mapping[str, Membership]]:
        return memberships(self.inventories[0]), memberships(self.inventories[1])


def _way(before: Verdict | None, after: Verdict | None) -> Way | None:
    """What becomes of a verdict; None where there is nothing to say of it."""
    if after in _BAD:
        return None if before in _BAD else Way.LOSES
    if after is Verdict.INSUFFICIENT_DATA:
        return Way.UNKNOWN
    if after is Verdict.WAIVED:
        return Way.WAIVED
    if after in _SILENT:
        return None if before in _SILENT else Way.UNASKED
    return Way.ASKED if before in _SILENT else Way.GAINS

"""Facts of accounts by the register of matters: which legal holds are missing, narrow, or nobody's.

A register is a file of the user's (`auditor.catalogue.holds`); without one nothing is asked.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, Final

from auditor.derive.holds import TakenIn, left_out
from auditor.evaluate.columns import rows
from auditor.evaluate.facts import Hole
from auditor.evaluate.gaps import GapIndex, Scope, Unknowns
from auditor.evaluate.shortened import first_ten
from auditor.evaluate.times import epoch_ms, long_after, parse
from auditor.evidence.asked_tables import ENDED, LEGAL_HOLDS
from auditor.model.holds import Matter, Matters

if TYPE_CHECKING:
    from auditor.evidence.store import Evidence

MATTERS, HOLDS = "account.open_matters", "account.legal_holds"
UNHELD, CANCELLED, NARROW = "account.unheld_matters", "account.cancelled_holds", "account.narrow_holds"
UNNAMED, OVERDUE = "account.unnamed_holds", "account.overdue_holds"
OF_REGISTER: Final = (MATTERS, UNHELD, CANCELLED, NARROW, HOLDS, UNNAMED, OVERDUE)
#: The matters that demand a recovery point.
OF_POINTS: Final = "recovery_point.matters"
ACTIVE: Final = "ACTIVE"
_KNOWN: Final = (ACTIVE, "CREATING", *ENDED)
_OF_MATTERS: Final = (UNHELD, CANCELLED, NARROW)
_OF_HOLDS: Final = (HOLDS, UNNAMED, OVERDUE)
_OPERATION: Final = "ListLegalHolds"
_DAY, _MINUTE = timedelta(days=1), timedelta(minutes=1)

Hold = Mapping[str, Any]


@dataclass(slots=True)
class _Found:
    """What is said of one account, by fact, and the gaps that hide more of it."""

    said: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    gaps: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    def unknown(self, gaps: Sequence[str], *paths: str) -> None:
        for path in paths:
            self.gaps[path].update(gaps)


class Register:
    """The matters, and the legal holds of all accounts of a run; account by account they are compared."""

    def __init__(self, evidence: "Evidence", matters: Matters, known: GapIndex, unknowns: Unknowns) -> None:
        self._evidence, self._known, self._unknowns = evidence, known, unknowns
        read, as_of = (parse(evidence.metadata[name]) for name in ("collected_at", "as_of"))
        self._past = long_after(epoch_ms(read), epoch_ms(as_of))
        self._as_of: datetime = as_of
        self._on: date = as_of.date()
        self._matters = matters
        self._places = evidence.partitions()

    @property
    def accounts(self) -> frozenset[str]:
        """The accounts that open matters name."""
        return frozenset(name for one in self._matters if one.is_open(self._on) for name in one.accounts)

    def facts(self, account_id: str) -> tuple[dict[str, Any], dict[str, Hole]]:
        """The facts of an account by path, and what of them is not known."""
        found = _Found()
        regions = [region for account, region in self._places if account == account_id]
        holds = {region: self._read((account_id, region)) for region in regions}
        open_ = [one for one in self._matters if one.is_open(self._on) and account_id in one.accounts]
        for matter in open_:
            for region in matter.regions:
                self._matter(found, matter, (account_id, region), holds.get(region))
        self._nobodys(found, account_id, holds)
        living = [one for held in holds.values() for one in held if one["status"] not in ENDED]
        facts: dict[str, Any] = {path: first_ten(found.said[path]) for path in OF_REGISTER}
        facts |= {MATTERS: len({one.name for one in open_}), HOLDS: len(living)}
        return facts, {
            path: Hole(tuple(sorted(ids)), partial=True) for path, ids in found.gaps.items() if ids
        }

    def _read(self, place: Scope) -> list[Hold]:
        held = rows(self._evidence.read(LEGAL_HOLDS, *place))
        return [one for one in held if one["created_at"] <= self._as_of]

    def _matter(self, found: _Found, matter: Matter, place: Scope, held: Sequence[Hold] | None) -> None:
        """Compare one matter with the holds of one place, None where it was not read."""
        named = [one for one in held or () if matter.hold in (one["hold_id"], one["title"])]
        active = [one for one in named if one["status"] == ACTIVE and not self._past]
        gaps = self._gaps(place, named, read=held is not None)
        what = f"{matter.name}: '{matter.hold}' in {place[1]}"
        if active:
            told = [one for one in active if one["vaults"] is not None]
            missing = [*left_out(matter, [_taken_in(one) for one in told], self._on)] if told else []
            if gaps and (missing or not told):
                found.unknown(gaps, NARROW)
            elif missing:
                found.said[NARROW].append(f"{what} lacks {'; '.join(missing)}")
        elif gaps:
            found.unknown(gaps, *_OF_MATTERS)
        elif ended := [one for one in named if one["status"] in ENDED]:
            last = max(ended, key=lambda one: one["created_at"])
            since = f" since {last['cancelled_at']:%Y-%m-%d}" if last["cancelled_at"] else ""
            found.said[CANCELLED].append(f"{what} is {last['status']}{since}")
        else:
            state = ", which is being made" if named else ""
            found.said[UNHELD].append(f"{what}{state}")

    def _nobodys(self, found: _Found, account_id: str, holds: Mapping[str, Sequence[Hold]]) -> None:
        """The holds that no matter names, and those whose matters are all over."""
        found.unknown(self._known.ids((LEGAL_HOLDS,), account_id), *_OF_HOLDS)
        for region, held in holds.items():
            place = (account_id, region)
            found.unknown(self._doubts(place, held), *_OF_HOLDS)
            for one in held if not self._past else ():
                if one["status"] in ENDED:
                    continue
                names = {one["hold_id"], one["title"]}
                of = [matter for matter in self._matters if matter.hold in names and matter.demands(*place)]
                what = f"'{one['title']}' ({one['hold_id']}) in {region}"
                if not of:
                    found.said[UNNAMED].append(what)
                elif not any(matter.is_open(self._on) for matter in of):
                    last = max(of, key=lambda matter: matter.until or date.max)
                    found.said[OVERDUE].append(f"{what} of {last.name}, over since {last.until}")

    def _gaps(self, place: Scope, named: Sequence[Hold], *, read: bool) -> tuple[str, ...]:
        """The gaps that hide holds of a place."""
        found = self._known.ids((LEGAL_HOLDS,), *place)
        if not read and not found:
            said = f"A matter demands a legal hold in {place[1]}, which was not read in account {place[0]}."
            found = (self._unknowns.add(*place, _OPERATION, "NotRead", "legal holds", said),)
        return (*found, *self._doubts(place, named))

    def _doubts(self, place: Scope, holds: Sequence[Hold]) -> tuple[str, ...]:
        return tuple(
            self._unknowns.add(*place, _OPERATION, error, "legal holds", said)
            for error, said in doubts(holds, past=self._past)
        )


def doubts(holds: Sequence[Hold], *, past: bool) -> list[tuple[str, str]]:
    """Why it is not known which of `holds` were active at as_of: an error and a sentence each."""
    found = []
    if past:
        found.append(("ReadLater", "The legal holds were read long after as_of."))
    odd = sorted({one["status"] for one in holds} - {*_KNOWN})
    if odd:
        found.append(("Unknown", f"A legal hold has the state {', '.join(odd)}, which is not known here."))
    return found


def _taken_in(hold: Hold) -> TakenIn:
    first, last, made = hold["from_at"], hold["to_at"], hold["created_at"]
    return TakenIn(
        tuple(hold["vaults"]),
        tuple(hold["resources"] or ()),
        None if first is None else (first + _DAY - first.resolution).date(),
        made.date() if last is None or last >= made else _last_day(last),
    )


def _last_day(end: datetime) -> date:
    """The last day of which a range that ends then leaves nothing out but less than a minute.

    Whether one that ends at midnight has the day that begins then is not stated (aws-backup.md 4.8): it has.
    """
    return end.date() if end.time() == time.min else (end + _MINUTE).date() - _DAY

"""The document's part `scope`: the matrix of what was looked at, bounded, and what was not."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Final

from auditor.evaluate.subjects import Subjects
from auditor.judge.limits import limits, unexamined
from auditor.judge.scope import KINDS, STATES, PlaceScope

#: Rows of the matrix, accounts that a row names, and Regions.
ROWS: Final = 40
NAMED: Final = 10
#: The states of what was read whole.
_WHOLE: Final = frozenset({"READ", "NOT_NEEDED", "NOT_OFFERED"})


def scope_part(
    subjects: Subjects,
    found: Sequence[PlaceScope],
    names: Mapping[str, str],
    exempt: Mapping[str, Any],
    tagged: Mapping[str, int | None],
) -> dict[str, Any]:
    """Make it of every place; `names` are those of accounts by id.

    Places with the same states are one row: the Regions of an account, the accounts that were read whole in
    the same Regions, and, where there are more rows than are kept, any accounts with the same Regions.
    """
    about = subjects.evidence.metadata.get("provenance") or {}
    single = _by_account(found)
    rows = _merged(single, _WHOLE)
    if len(rows) > ROWS:
        rows = _merged(single, frozenset(STATES))
    rows.sort(key=_worst_first)
    shown = rows[:ROWS]
    listed = (about.get("organization") or {}).get("accounts")
    return {
        "kinds": list(KINDS),
        "accounts": {"listed": listed, **_counted(found)},
        "places": len(found),
        "rows": [_row(accounts, regions, states, names) for accounts, regions, states in shown],
        "row_count": len(rows),
        "by_kind": [
            {
                "kind": kind,
                "states": dict(sorted(Counter(one.states[number] for one in found).items())),
                "found": _found(found, number),
            }
            for number, kind in enumerate(KINDS)
        ],
        "regions_left_out": about.get("regions_left_out"),
        "exempt": dict(exempt),
        "unexamined": unexamined(tagged),
        "limits": limits(),
    }


_Row = tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]


def _by_account(found: Sequence[PlaceScope]) -> list[_Row]:
    regions: defaultdict[tuple[str, tuple[str, ...]], list[str]] = defaultdict(list)
    for one in found:
        regions[one.account_id, one.states].append(one.region)
    return [((account_id,), tuple(where), states) for (account_id, states), where in regions.items()]


def _merged(rows: Sequence[_Row], sharing: frozenset[str]) -> list[_Row]:
    """Make one row of the accounts with the same Regions and states, where all their states are `sharing`."""
    accounts: defaultdict[tuple[str, tuple[str, ...], tuple[str, ...]], list[str]] = defaultdict(list)
    for (account_id,), where, states in rows:
        accounts["" if sharing.issuperset(states) else account_id, where, states].append(account_id)
    return [(tuple(several), where, states) for (_, where, states), several in accounts.items()]


def _worst_first(row: _Row) -> tuple[Any, ...]:
    counted = Counter(row[2])
    return *(-counted[state] for state in STATES[:-1]), row[0], row[1]


def _row(
    accounts: Sequence[str], regions: Sequence[str], states: Sequence[str], names: Mapping[str, str]
) -> dict[str, Any]:
    return {
        "accounts": [{"account_id": one, "name": names.get(one, "")} for one in accounts[:NAMED]],
        "account_count": len(accounts),
        "regions": [region for region in regions if region][:NAMED],
        "region_count": sum(bool(region) for region in regions),
        "states": list(states),
    }


def _counted(found: Sequence[PlaceScope]) -> dict[str, int]:
    """Accounts by what was read of them: an account is PARTLY read where anything in it is not."""
    states: defaultdict[str, set[str]] = defaultdict(set)
    for one in found:
        states[one.account_id].update(one.states)
    return dict(sorted(Counter(_of_account(seen) for seen in states.values()).items()))


def _of_account(states: set[str]) -> str:
    asked = (states - {"NOT_NEEDED", "NOT_OFFERED"}) or states
    if asked.isdisjoint(("READ", "PARTLY")):  # nothing was read: it is what is worst
        return min(asked, key=STATES.index)
    return "READ" if asked == {"READ"} else "PARTLY"


def _found(found: Sequence[PlaceScope], number: int) -> int | None:
    """How many there are where it was read; None where it was read nowhere."""
    counts = [count for one in found if (count := one.counts[number]) is not None]
    return sum(counts) if counts else None

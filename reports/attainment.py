"""How much of what was due was made in time, by account and day: the worst accounts, drawn and in words."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow.compute as pc
from markupsafe import Markup
from numpy.typing import NDArray

from reports.document import AuditDocument
from reports.periods import batches, due_ms, plain
from reports.populations import attainment
from reports.text import clean
from reports.text_columns import EMPTY, array, texts
from reports.words import Words

_DAY_MS: Final = 86_400_000
#: Cells of a row; a longer period has cells of several days.
_CELLS: Final = 62
_WIDE: Final = 360.0
_TALL: Final = 14.0
_EDGE: Final = 3.0
#: The least height of what was not made in time, so that one of a thousand is seen.
_LEAST: Final = 1.5
_DAYS_NAMED: Final = 3
_IN_TIME: Final = ("MET", "ABSORBED")
#: What became of a slot: not over yet, made in time, or (2) neither.
_PENDING: Final = 0
_GOOD: Final = 1


@dataclass(frozen=True, slots=True)
class _Counted:
    """Of each account, by cell of the period: how many slots are over, and how many were made in time."""

    accounts: Mapping[str, int]
    over: NDArray[np.int64]
    good: NDArray[np.int64]
    days: int  # of a cell


def by_day(
    document: AuditDocument, tables: Path | None, names: Mapping[str, str], words: Words, limit: int
) -> dict[str, Any]:
    """Return the rows of the worst accounts as `view.bounded` does, and the `ends` of the period.

    {} where the run has no populations, or nothing was due whose time is over. `without` counts the accounts
    that have no row because nothing was due in them, or what was due is not known.
    """
    if tables is None or not (tables / "slots.parquet").exists():
        return {}
    counted = _counted(tables / "slots.parquet", document.run.period_start, document.run.period_end)
    rows = [(int(over.sum()), int(good.sum())) for over, good in zip(counted.over, counted.good, strict=True)]
    known = [(account, number) for account, number in counted.accounts.items() if rows[number][0]]
    if not known:
        return {}
    known.sort(key=lambda one: (rows[one[1]][1] / rows[one[1]][0], -rows[one[1]][0], one[0]))
    first = datetime.fromisoformat(document.run.period_start).astimezone(UTC)
    unknown = _unknown(tables)
    shown = [
        {
            **_row(counted, number, first, words),
            "id": account,
            "name": names.get(account, ""),
            "unknown": unknown.get(account, 0),
        }
        for account, number in known[:limit]
    ]
    run = document.run
    listed = {str(one["account_id"]) for one in run.accounts if not one.get("left_out")}
    return {
        "shown": shown,
        "count": len(known),
        "rest": len(known) - len(shown),
        "without": len(listed - {account for account, _ in known}),
        "days": counted.days,
        "from": words.day(run.period_start),
        "to": words.day(run.period_end),
    }


def _row(counted: _Counted, number: int, first: datetime, words: Words) -> dict[str, Any]:
    over, good = counted.over[number], counted.good[number]
    bad = np.flatnonzero(over > good)
    worst = bad[np.lexsort((bad, good[bad] / over[bad]))]
    total, made = int(over.sum()), int(good.sum())
    told = [_named(cell, counted, number, first) for cell in worst[:_DAYS_NAMED].tolist()]
    share = _share(total, made)
    said = words.plural("{share} of {n} backup", "{share} of {n} backups", total, share=share)
    return {
        "share": share,
        "total": total,
        "said": clean(said),
        "days": told,
        "more": max(0, len(bad) - _DAYS_NAMED),
        "svg": _svg(over, good, words.text("{said}; the text beside it has the data.", said=said)),
    }


def _named(cell: int, counted: _Counted, number: int, first: datetime) -> str:
    share = _share(int(counted.over[number][cell]), int(counted.good[number][cell]))
    return f"{first + timedelta(days=cell * counted.days):%Y-%m-%d} {share}"


def _share(over: int, good: int) -> str:
    return attainment({"MET": good, "MISSED": over - good})


def _svg(over: NDArray[np.int64], good: NDArray[np.int64], title: str) -> Markup:
    """Return a row of cells, each filled from below with what was not made in time; none without slots."""
    wide = (_WIDE - 2 * _EDGE) / len(over)
    frames, fills = "", ""
    for cell, (due, made) in enumerate(zip(over.tolist(), good.tolist(), strict=True)):
        if not due:
            continue
        left, inner = _EDGE + cell * wide + 0.08 * wide, 0.84 * wide
        frames += f"M{left:.1f} 1h{inner:.1f}v{_TALL - 2:g}h-{inner:.1f}z"
        if made < due:
            tall = max(_LEAST, (_TALL - 2) * (due - made) / due)
            fills += f"M{left:.1f} {_TALL - 1:g}h{inner:.1f}v-{tall:.1f}h-{inner:.1f}z"
    parts = f'<path class="t-day" d="{frames}" fill="#eef3ef" stroke="#8a94a3" stroke-width=".5"/>'
    if fills:
        parts += f'<path class="t-lost" d="{fills}" fill="#b42318"/>'
    drawn = Markup(parts)  # noqa: S704 - drawn here, of numbers
    return Markup('<svg class="days" viewBox="0 0 {} {}" role="img"><title>{}</title>{}</svg>').format(
        f"{_WIDE:g}", f"{_TALL:g}", clean(title), drawn
    )


def _counted(source: Path, start: str, end: str) -> _Counted:
    first, last = (round(datetime.fromisoformat(time).timestamp() * 1_000) for time in (start, end))
    days = max(1, -(-(last - first) // (_DAY_MS * _CELLS)))
    cells = max(1, -(-(last - first) // (_DAY_MS * days)))
    accounts: dict[str, int] = {}
    over, good = (np.zeros((0, cells), np.int64) for _ in range(2))
    for account, due, state in _slots(source):
        numbers = np.array([accounts.setdefault(name, len(accounts)) for name in account[1]], np.int64)
        if len(accounts) > len(over):
            more = np.zeros((len(accounts) - len(over), cells), np.int64)
            over, good = np.concatenate([over, more]), np.concatenate([good, more])
        place = numbers[account[0]] * cells + np.clip((due - first) // (_DAY_MS * days), 0, cells - 1)
        over += np.bincount(place[state != _PENDING], minlength=over.size).reshape(over.shape)
        good += np.bincount(place[state == _GOOD], minlength=good.size).reshape(good.shape)
    return _Counted(accounts, over, good, days)


def _slots(source: Path) -> Iterator[tuple[tuple[NDArray[Any], Sequence[str]], NDArray[Any], NDArray[Any]]]:
    """Give of some slots at a time the account as (codes, ids), when each was due, and what became of it."""
    words = texts(["PENDING"]), texts(_IN_TIME)
    for batch in batches(source, ("account_id", "due", "state")):
        account = pc.fill_null(plain(batch.column("account_id")), EMPTY).dictionary_encode()
        state = plain(batch.column("state"))
        pending, good = (array(pc.is_in(state, value_set=one).cast("uint8"), np.uint8) for one in words)
        became = np.where(pending, _PENDING, np.where(good, _GOOD, 2))
        yield (
            (array(account.indices, np.int32), account.dictionary.to_pylist()),
            due_ms(batch.column("due")),
            became,
        )


def _unknown(tables: Path) -> dict[str, int]:
    """Return in how many resources of each account what was due is not known."""
    found: dict[str, int] = {}
    for batch in batches(tables / "resources.parquet", ("account_id", "slots_expected")):
        some = batch.filter(pc.is_null(batch.column("slots_expected")))
        for one in plain(some.column("account_id")).value_counts().to_pylist():
            found[one["values"]] = found.get(one["values"], 0) + one["counts"]
    return found

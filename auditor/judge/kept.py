"""How long recovery points are kept and how vaults are locked, beside what the tiers demand.

It is counted as the facts say it, for the picture in the reports; the verdicts are the controls'.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from auditor.evaluate.facts import Column, Frame

_UNKNOWN: Final = "unknown"
#: What is only on its way into an air-gapped vault is kept until it is copied: nothing is demanded of it.
_ON_ITS_WAY: Final = "DELETE_AFTER_COPY"
#: Tier, the kind of copy ("" for what is none), and the days that are demanded.
_Demand = tuple[str, str, int]
_COPY, _ACCOUNT_COPY = "copy", "account_copy"


@dataclass(slots=True)
class _Points:
    points: int = 0
    short: int = 0
    unknown: int = 0
    for_ever: int = 0
    least_days: float = np.inf


@dataclass(slots=True)
class KeptTally:
    """Counts over the frames of a run: of recovery points by demand, of vaults by demand and lock."""

    points: dict[_Demand, _Points] = field(default_factory=dict)
    locks: Counter[tuple[str, str]] = field(default_factory=Counter)

    def add(self, frame: Frame) -> None:
        """Count the subjects of a frame."""
        if frame.subject == "recovery_point" and frame.size:
            self._add_points(frame)
        elif frame.subject == "vault" and frame.size:
            demanded = _values(frame, "vault.demanded_lock", _UNKNOWN)
            locks = [_state(value) for value in _values(frame, "vault.lock", {})]
            self.locks.update(zip(demanded, locks, strict=True))

    def _add_points(self, frame: Frame) -> None:
        tier, days = _column(frame, "tier"), _column(frame, "recovery_point.retention_days")
        never, copied = _flags(frame, "recovery_point.never_expires"), _flags(frame, "recovery_point.is_copy")
        account = _flags(frame, "recovery_point.in_another_account")
        region = _flags(frame, "recovery_point.in_another_region")
        kept = np.array([*days.values, np.nan], float)[np.where(_unknown(days), -1, days.codes)]
        kept = np.where(never, np.inf, kept)
        event = _column(frame, "recovery_point.delete_after_event")
        stays = np.array([*(value != _ON_ITS_WAY for value in event.values), True])[event.codes]
        for number, value in enumerate(tier.values):
            of_tier = (tier.codes == number) & ~_unknown(tier) & stays & bool(value["required"])
            asked = {kind: value[kind]["retention_days"] for kind in (_COPY, _ACCOUNT_COPY) if kind in value}
            for places, kinds in (
                (~copied, {"": value.get("retention_days")}),
                (region & ~account, {_COPY: asked.get(_COPY)}),
                (account & ~region, {_ACCOUNT_COPY: asked.get(_ACCOUNT_COPY)}),
                (account & region, asked),  # serves either
            ):
                chosen = kept[of_tier & places]
                demands = [(least, kind) for kind, least in kinds.items() if least is not None]
                if demands and len(chosen):
                    demanded, kind = min(demands)
                    self._count((value["name"], kind, demanded), chosen)

    def _count(self, demand: _Demand, kept: NDArray[np.float64]) -> None:
        entry = self.points.setdefault(demand, _Points())
        known = kept[~np.isnan(kept)]
        entry.points += len(kept)
        entry.unknown += len(kept) - len(known)
        entry.short += int((known < demand[2]).sum())
        entry.for_ever += int(np.isinf(known).sum())
        entry.least_days = min(entry.least_days, float(known.min(initial=np.inf)))

    def part(self) -> dict[str, Any]:
        """The part `kept` of the document; `least_days` is null where none has an end that is known."""
        return {
            "retention": [
                {
                    "tier": tier,
                    "copy": bool(kind),
                    "account_copy": kind == _ACCOUNT_COPY,
                    "demanded_days": demanded,
                    "points": entry.points,
                    "short": entry.short,
                    "unknown": entry.unknown,
                    "for_ever": entry.for_ever,
                    "least_days": None if np.isinf(entry.least_days) else _cut(entry.least_days),
                }
                for (tier, kind, demanded), entry in sorted(self.points.items())
            ],
            "locks": [
                {"demanded": demanded, "lock": lock, "vaults": count}
                for (demanded, lock), count in sorted(self.locks.items())
            ],
        }


def _cut(days: float) -> float:
    """To the hundredth below, so that what is too brief does not look as if it were enough."""
    near = round(days, 2)
    return near if near <= days else round(near - 0.01, 2)


def _state(lock: Mapping[str, Any]) -> str:
    """The lock that is in force."""
    if "mode" not in lock:
        return _UNKNOWN
    return str(lock["mode"]) if lock.get("in_force") else "none"


def _column(frame: Frame, path: str) -> Column:
    found = frame.facts[path]
    if not isinstance(found, Column):
        raise TypeError(f"{path} is a column")
    return found


def _unknown(column: Column) -> NDArray[np.bool_]:
    """Which subjects have a value that is not known, or not known in full."""
    found = np.zeros(len(column.codes), bool)
    for hole in column.holes:
        found |= hole.mask(len(found))
    return found


def _flags(frame: Frame, path: str) -> NDArray[np.bool_]:
    column = _column(frame, path)
    flags: NDArray[np.bool_] = np.array([*map(bool, column.values), False])[column.codes]
    return flags


def _values(frame: Frame, path: str, unknown: Any) -> list[Any]:
    """The value of each subject; `unknown` where it is not known."""
    column = _column(frame, path)
    values = [*column.values, unknown]
    codes = np.where(_unknown(column), -1, column.codes)
    return [values[code] for code in codes.tolist()]

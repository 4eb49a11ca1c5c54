"""What a matter demands and the legal holds of that name leave out (aws-backup.md 4.8).

A hold takes in what matches when it is made, so never what was created later. Days are compared, UTC: whether
a hold that ends at midnight has the day that begins then is not stated, and counts as if it had. A day that
is not over is not demanded yet.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from auditor.model.holds import Matter
from auditor.model.resource_types import types_of_arn

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class TakenIn:
    """What one hold takes in: () is of every vault, or of every resource; `first` None is no limit."""

    vaults: tuple[str, ...]
    resources: tuple[str, ...]
    first: date | None
    last: date


def left_out(matter: Matter, holds: Sequence[TakenIn], on: date) -> Iterator[str]:
    """Say of what a matter demands what none of its holds takes in; `on` is the day of the judgement."""
    for vault in matter.vaults or (None,):
        for resource in matter.resources or (None,):
            taking = [one for one in holds if _takes(one, vault, resource)]
            what = f"{resource or 'every resource'} in {f'vault {vault}' if vault else 'every vault'}"
            days = _days(matter, taking, on) if taking else ""
            if days is not None:
                yield f"{what}{days}"


def _takes(hold: TakenIn, vault: str | None, resource: str | None) -> bool:
    if hold.vaults and vault not in hold.vaults:
        return False
    if not hold.resources or resource in hold.resources:
        return True
    return resource is not None and not types_of_arn(resource).isdisjoint(hold.resources)


def _days(matter: Matter, taking: Sequence[TakenIn], on: date) -> str | None:
    """The first days that are left out, in words; None where there are none."""
    first = matter.first or date.min
    last = min(matter.last or max(one.last for one in taking), on - _DAY)
    missing = first
    for one in sorted(taking, key=lambda one: one.first or date.min):
        if (one.first or date.min) > missing:
            break
        if one.last >= last:
            return None
        missing = max(missing, one.last + _DAY)
    if missing > last:
        return None
    return " from its beginning on" if missing == date.min else f" from {missing} on"

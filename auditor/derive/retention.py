"""How long recovery points are kept, in days of 24 h (aws-backup.md 4.3)."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from auditor.model.plans import Lifecycle

#: In a column of epoch milliseconds: there is no such time (the recovery point never expires).
NEVER_MS: Final = np.iinfo(np.int64).min
_DAY: Final = timedelta(days=1)
_DAY_MS: Final = 86_400_000


class Retention(StrEnum):
    """How a lifecycle compares with what a tier demands."""

    MEETS = "meets"
    BELOW_FLOOR = "below_floor"
    ABOVE_CEILING = "above_ceiling"
    NEVER_EXPIRES = "never_expires"


def meets(lifecycle: Lifecycle, floor_days: float, ceiling_days: float | None) -> Retention:
    """Compare a lifecycle with a floor and a ceiling, both included; `ceiling_days` None is no ceiling.

    A lifecycle without end meets every floor; with a ceiling it is `NEVER_EXPIRES`.
    """
    days = lifecycle.delete_after_days
    if days is None:
        return Retention.MEETS if ceiling_days is None else Retention.NEVER_EXPIRES
    if days < floor_days:
        return Retention.BELOW_FLOOR
    if ceiling_days is not None and days > ceiling_days:
        return Retention.ABOVE_CEILING
    return Retention.MEETS


def retained_days(created: datetime, delete_at: datetime | None) -> float | None:
    """Days of 24 h from creation to AWS's calculated deletion; None when it never expires."""
    return None if delete_at is None else (delete_at - created) / _DAY


def retained_days_array(
    created_ms: NDArray[np.int64], delete_at_ms: NDArray[np.int64]
) -> NDArray[np.float64]:
    """`retained_days` over columns of epoch milliseconds: infinity where `delete_at_ms` is `NEVER_MS`."""
    days = (delete_at_ms - created_ms) / _DAY_MS
    return np.where(delete_at_ms == NEVER_MS, np.inf, days)

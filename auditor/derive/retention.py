"""How long recovery points are kept, in days of 24 h (aws-backup.md 4.3)."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

_DAY_MS: Final = 86_400_000


def retained_days(created_ms: NDArray[np.int64], delete_at_ms: NDArray[np.int64]) -> NDArray[np.float64]:
    """Days from creation to AWS's calculated deletion, both epoch milliseconds; nan where either is negative.

    A negative time means that there is none: the recovery point never expires, or its age is not known.
    """
    known = (created_ms >= 0) & (delete_at_ms >= 0)
    return np.where(known, (delete_at_ms - created_ms) / _DAY_MS, np.nan)

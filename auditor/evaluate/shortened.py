"""A list of what a finding names: the first ten, and how many more there are."""

from collections.abc import Sequence
from typing import Final

_NAMED: Final = 10


def first_ten(said: Sequence[str]) -> list[str]:
    """The first ten as they are, and in one more text how many are left."""
    more = len(said) - _NAMED
    return [*said[:_NAMED], *([f"and {more} more"] if more > 0 else ())]

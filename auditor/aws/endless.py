"""Listings that never end: an endpoint may give a new next token for ever.

The bounds are beyond what any account holds. A vault has a million recovery points at most (AWS Backup,
quotas), 1,000 a page; 30 days of jobs of 20,000 resources, every six hours, are 2,400 pages.
"""

from collections.abc import Callable, Mapping
from time import monotonic
from typing import Any, Final

#: Pages of a listing, pages in a row without an item, and seconds from its first page to its last.
MOST_PAGES: Final = 20_000
MOST_BLANK: Final = 500
MOST_SECONDS: Final = 4 * 3600.0

#: What of a page is no content.
ABOUT: Final = frozenset(
    {
        "ContinuationToken",
        "LastEvaluatedBackupArn",
        "LastEvaluatedTableName",
        "Marker",
        "NextMarker",
        "NextToken",
        "nextToken",
        "PaginationToken",
        "ResponseMetadata",
    }
)


class Listing:
    """The pages of one listing, one after the other. `clock` gives seconds and only serves tests."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._began = clock()
        self._pages = 0
        self._blank = 0
        self._last: Mapping[str, Any] = {}

    def why(self, page: Mapping[str, Any]) -> str:
        """Say why `page` is one too many; "" where the listing may go on. Times are of the clock."""
        content = {name: value for name, value in page.items() if name not in ABOUT}
        blank = not any(len(value) for value in content.values() if hasattr(value, "__len__"))
        self._pages += 1
        self._blank = self._blank + 1 if blank else 0
        repeated = not blank and content == self._last
        self._last = content
        if repeated:
            return "The listing gives the same page again."
        if self._blank > MOST_BLANK:
            return f"The listing has {MOST_BLANK:,} pages in a row without an item."
        if self._pages > MOST_PAGES:
            return f"The listing has more than {MOST_PAGES:,} pages."
        if self._clock() - self._began > MOST_SECONDS:
            return f"The listing takes longer than {MOST_SECONDS / 3600:.0f} hours."
        return ""

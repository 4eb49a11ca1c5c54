"""Counts of others that are asked beside the evidence."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from auditor.collect.totals import see_organization


@pytest.mark.parametrize(("pages", "known"), [(250, True), (251, False)])
def test_a_listing_that_is_too_long_is_not_counted(pages: int, *, known: bool) -> None:
    """And it says so; one page less is."""

    def listed(*_asked: str) -> Iterator[dict[str, Any]]:
        for number in range(pages):
            yield {"Accounts": [{"Id": f"{number:012d}", "Status": "ACTIVE"}]}

    seen = see_organization(SimpleNamespace(pages=listed), ("o-1", "1"))  # type: ignore[arg-type]  # one method

    assert (seen.accounts is not None and len(seen.accounts) == pages) is known
    note = "ListAccounts: The listing has more than 250 pages, so it was not counted."
    assert seen.notes == (() if known else (note,))

"""Listings end at bounds that no account reaches."""

from typing import Any

import pytest

from auditor.aws import endless
from auditor.aws.endless import Listing


def page(*items: str, token: str = "") -> dict[str, Any]:
    """A page of a listing, as it is parsed."""
    return {"Items": list(items), "NextToken": token, "ResponseMetadata": {"RequestId": token}}


def test_pages_that_differ_may_go_on() -> None:
    """Other items, pages without any, and the same items again later."""
    listing = Listing()

    assert [
        listing.why(one) for one in (page("a"), page("b"), page(), page(), page("a"), page("a", "b"))
    ] == [""] * 6


@pytest.mark.parametrize("name", ["NextToken", "LastEvaluatedTableName", "LastEvaluatedBackupArn", "Marker"])
def test_a_page_does_not_come_twice(name: str) -> None:
    """The same items under another token, whatever the service calls it."""
    listing = Listing()

    assert [listing.why({"Items": ["a"], name: token}) for token in "xy"] == [
        "",
        "The listing gives the same page again.",
    ]


def test_blank_pages_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """So many in a row may be; one with an item begins the count anew."""
    monkeypatch.setattr(endless, "MOST_BLANK", 2)
    listing = Listing()
    pages = (page(), page(), page("a"), page(), page(), page())

    assert [listing.why(one) for one in pages] == [
        *[""] * 5,
        "The listing has 2 pages in a row without an item.",
    ]


def test_pages_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """So many and no more."""
    monkeypatch.setattr(endless, "MOST_PAGES", 2)
    listing = Listing()

    assert [listing.why(page(item)) for item in "abc"] == ["", "", "The listing has more than 2 pages."]


def test_time_ends() -> None:
    """From the first page to the last one."""
    times = iter([0.0, endless.MOST_SECONDS, endless.MOST_SECONDS + 1])
    listing = Listing(lambda: next(times))

    assert [listing.why(page("a")), listing.why(page("b"))] == ["", "The listing takes longer than 4 hours."]

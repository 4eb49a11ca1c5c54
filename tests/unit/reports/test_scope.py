"""Which kinds have a column in what a report says of the scope."""

import gettext
import re
from dataclasses import replace
from typing import Any

import pytest

from reports.document import AuditDocument
from reports.render_html import html
from reports.scope import completeness
from reports.words import Words

ENGLISH = Words(gettext.NullTranslations(), "en")
KINDS = ["EBS", "EFS", "restore jobs"]


def scope(found: dict[str, int], *rows: list[str]) -> dict[str, Any]:
    """The scope of one account, with how many of each kind were found and rows of their states."""
    who = [{"account_id": "111122223333", "name": "one"}]
    place = {"accounts": who, "account_count": 1, "regions": ["eu-west-1"], "region_count": 1}
    return {
        "kinds": [*found],
        "rows": [{**place, "states": states} for states in rows],
        "row_count": len(rows),
        "by_kind": [{"kind": kind, "found": count, "states": {"READ": 1}} for kind, count in found.items()],
        "accounts": {"listed": 1, "READ": 1},
        "places": len(rows),
        "regions_left_out": [],
        "exempt": {"count": 0, "groups": 0, "shown": []},
        "unexamined": {"types": [], "properties": []},
        "limits": [],
    }


def columns(sample: AuditDocument, *rows: list[str]) -> tuple[list[str], str]:
    """The columns, and the types without one, of places with states: of a volume, no EFS, restores."""
    told = scope(dict(zip(KINDS, (1, 0, 0), strict=True)), *rows)
    made = completeness(replace(sample, scope=told, reconciliation=()), ENGLISH)
    return made["kinds"], made["empty"]


@pytest.mark.parametrize("restores", ["NOT_NEEDED", "DENIED"])
def test_a_type_of_which_there_is_none_has_no_column_beside_a_place_that_is_denied(
    sample: AuditDocument, restores: str
) -> None:
    """Whether something was not needed there says nothing of the type."""
    assert columns(sample, ["READ", "READ", "READ"], ["DENIED", "DENIED", restores]) == (
        ["EBS", "Restores"],
        "EFS",
    )


def test_a_type_that_was_denied_alone_has_a_column(sample: AuditDocument) -> None:
    """Of it nothing is known there."""
    assert columns(sample, ["READ", "READ", "READ"], ["READ", "DENIED", "NOT_NEEDED"]) == (
        ["EBS", "EFS", "Restores"],
        "",
    )


@pytest.mark.parametrize(("kinds", "widths"), [(15, [15]), (17, [15, 2])])
def test_more_kinds_than_fit_stand_in_a_second_table(
    sample: AuditDocument, kinds: int, widths: list[int]
) -> None:
    """Each with the accounts again."""
    told = scope({f"kind {number}": 1 for number in range(kinds)}, ["READ"] * kinds)
    page = html(replace(sample, scope=told), ENGLISH)

    tables = re.findall(r'<table class="list matrix".*?</table>', page, re.DOTALL)
    assert [len(re.findall(r'data-kind="kind \d+"', one)) for one in tables] == widths
    assert [len(re.findall(r'scope="col">kind \d+<', one)) for one in tables] == widths
    assert all(one.count("111122223333") == 1 for one in tables)

"""Which kinds have a column in what a report says of the scope."""

import gettext
from dataclasses import replace

import pytest

from reports.document import AuditDocument
from reports.scope import completeness
from reports.words import Words

ENGLISH = Words(gettext.NullTranslations(), "en")
KINDS = ["EBS", "EFS", "restore jobs"]


def columns(sample: AuditDocument, *rows: list[str]) -> tuple[list[str], str]:
    """The columns, and the types without one, of places with states: of a volume, no EFS, restores."""
    who = [{"account_id": "111122223333", "name": "one"}]
    place = {"accounts": who, "account_count": 1, "regions": ["eu-west-1"], "region_count": 1}
    found = [
        {"kind": kind, "found": count, "states": {"READ": 1}}
        for kind, count in zip(KINDS, (1, 0, 0), strict=True)
    ]
    scope = {
        "kinds": KINDS,
        "rows": [{**place, "states": states} for states in rows],
        "row_count": len(rows),
        "by_kind": found,
        "accounts": {"listed": 1, "READ": 1},
        "places": len(rows),
        "regions_left_out": [],
        "exempt": {"count": 0, "groups": 0, "shown": []},
        "unexamined": {"types": [], "properties": []},
        "limits": [],
    }
    made = completeness(replace(sample, scope=scope, reconciliation=()), ENGLISH)
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

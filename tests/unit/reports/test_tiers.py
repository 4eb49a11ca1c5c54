"""What the tiers demand, as the document's schema declares it."""

import gettext
from collections.abc import Mapping
from typing import Any

import pytest

from reports import tiers
from reports.document import DocumentError
from reports.words import Words

WORDS = Words(gettext.NullTranslations(), "en")
GOLD = {
    "name": "gold",
    "required": True,
    "rpo_hours": 24,
    "retention_days": 35,
    "retention_max_days": 90,
    "customer_key": True,
    "lock": "compliance",
    "copy": {"retention_days": 30},
}
PLAIN = {"name": "plain", "required": True, "rpo_hours": 1.5, "retention_days": 1, "customer_key": False,
         "lock": "none"}  # fmt: skip
EXEMPT = {"name": "exempt", "required": False}
KEPT = "kept at least 30 days"
HEADINGS = ["Longest time without a usable recovery point", "Retention", "Customer managed key", "Vault lock"]


def test_each_demand_is_said_in_the_column_of_its_title() -> None:
    """Two share the column of retention; what asks for nothing is empty; an exempt tier has no demand."""
    assert tiers.table([GOLD, PLAIN, EXEMPT], WORDS, 20, 80) == {
        "headings": [*HEADINGS, "Copy in another Region"],
        "shown": [
            {
                "name": "gold",
                "required": True,
                "cells": ["24 h", "at least 35 days, at most 90", "demanded", "compliance", KEPT],
            },
            {"name": "plain", "required": True, "cells": ["1.5 h", "at least 1 days", "", "", ""]},
            {"name": "exempt", "required": False, "cells": ["", "", "", "", ""]},
        ],
        "rest": 0,
    }  # fmt: skip


@pytest.mark.parametrize("tier", [PLAIN, EXEMPT])
def test_what_no_tier_demands_is_told_too(tier: Mapping[str, Any]) -> None:
    """That nobody asks for a copy is worth reading."""
    assert tiers.table([tier], WORDS, 20, 80)["headings"] == [*HEADINGS, "Copy in another Region"]


@pytest.mark.parametrize(("demands", "headings"), [({}, ["old"]), ({"fresh": 1}, ["old", "fresh"])])
def test_a_key_may_have_a_column_only_where_it_is_demanded(
    monkeypatch: pytest.MonkeyPatch, demands: Mapping[str, Any], headings: list[str]
) -> None:
    """So a document from before the key existed is shown as it was."""
    fresh = {"type": "integer", "only_if_demanded": True}
    monkeypatch.setattr(
        tiers, "_schema", lambda: {"properties": {"old": {"type": "integer"}, "fresh": fresh}}
    )
    table = tiers.table([{"name": "gold", "required": True, **demands}], WORDS, 20, 80)
    assert table["headings"] == headings


def test_tables_are_bounded() -> None:
    """So many tiers, so many characters, and how many are not shown."""
    table = tiers.table([{**PLAIN, "name": "x" * 100}] * 3, WORDS, 2, 10)
    assert ([len(tier["name"]) for tier in table["shown"]], table["rest"]) == ([10, 10], 1)


@pytest.mark.parametrize(
    ("schema", "value", "said"),
    [
        ({"type": "integer"}, 2, "2"),
        ({"type": "boolean"}, True, "demanded"),
        ({"type": "boolean", "shown": "tested"}, True, "tested"),
        ({"type": "boolean", "shown": "tested"}, False, ""),
        ({"type": "array", "shown": "in {}"}, ["a", "b"], "in a, b"),
        ({"type": "string"}, "{x}", "{x}"),
    ],
)
def test_a_new_key_is_a_column_by_its_own_name(
    monkeypatch: pytest.MonkeyPatch, schema: Mapping[str, Any], value: object, said: str
) -> None:
    """Without `title` its name is the heading, without `shown` its value is said as it is."""
    monkeypatch.setattr(
        tiers, "_schema", lambda: {"properties": {"name": {}, "required": {}, "fresh": schema}}
    )
    table = tiers.table([{"name": "gold", "required": True, "fresh": value}], WORDS, 20, 80)
    assert (table["headings"], table["shown"][0]["cells"]) == (["fresh"], [said])


def test_tiers_that_a_document_can_hold_pass_and_others_are_named() -> None:
    """An unknown key, and one that is missing."""
    tiers.check([GOLD, PLAIN, EXEMPT])
    for wrong in ({**GOLD, "fresh": 1}, {"name": "gold", "required": True}):
        with pytest.raises(DocumentError, match=r"^tier gold: "):
            tiers.check([EXEMPT, wrong])

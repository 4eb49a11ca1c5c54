"""The annex on how a run came about."""

import gettext
from dataclasses import replace
from typing import Any

import pytest

from reports import provenance
from reports.document import AuditDocument
from reports.templating import environment
from reports.words import Words

ENGLISH = Words(gettext.NullTranslations(), "en")


def page(document: AuditDocument, *, brief: bool) -> str:
    """The part of the page that has it, for the PDF where it is brief."""
    made: dict[str, Any] = provenance.annex(document, ENGLISH)
    return (
        environment(ENGLISH)
        .get_template("provenance.html.j2")
        .render(provenance=made, brief=brief, part_heading="h2")
    )


@pytest.mark.parametrize(("brief", "defaults"), [(True, False), (False, True)])
def test_only_the_pdf_leaves_out_what_has_its_default(
    sample: AuditDocument, *, brief: bool, defaults: bool
) -> None:
    """It says how many those are; what was chosen is in both."""
    made = page(sample, brief=brief)

    assert ("fail_on" in made, "controls.copy_max_age_rpos" in made) == (defaults, defaults)
    assert all(name in made for name in ("regions", "external_id", "as_of", "waivers"))
    assert ("3 more have their defaults; document.json has their values." in made) is brief


def test_where_nothing_was_chosen_the_pdf_has_no_table_of_it(sample: AuditDocument) -> None:
    """Only the sentence."""
    said = sample.provenance
    entry = {"name": "fail_on", "value": "low", "origin": "default", "step": "judge"}

    made = page(replace(sample, provenance={**said, "settings": [entry], "parameters": []}), brief=True)

    assert "1 more has its default" in made
    assert '<th scope="row">fail_on' not in made
    assert 'aria-labelledby="settings-h"' not in made

import dataclasses
import gettext
from typing import Any

import pytest

from reports.document import AuditDocument
from reports.headline import result, sentences, share
from reports.words import Words

ENGLISH = Words(gettext.NullTranslations(), "en")


def _said(sample: AuditDocument, **changes: Any) -> list[str]:
    return sentences(dataclasses.replace(sample.summary, **changes), ENGLISH)


def test_resources_come_first_then_accounts_then_verdicts(sample: AuditDocument) -> None:
    """Each resource counts once, recovery points apart, and what could not be read is said first."""
    assert _said(sample) == [
        (
            "7 of 170 resources that need backup have findings; it is not known whether 2 more need backup; "
            "1 account could not be read."
        ),
        "12 resources could not be judged.",
        "28 of 200 resources are exempt from backup (14 %).",
        "5 of 8 accounts have findings.",
        "Counted apart: 14 of 4,218 recovery points have findings.",
        (
            "25 of 704 verdicts are non-compliant. 20 verdicts could not be reached because evidence is "
            "missing; they do not count as compliant."
        ),
    ]


@pytest.mark.parametrize(
    ("headline", "word", "met"),
    [
        ("non_compliant", "Not compliant", False),
        ("incomplete", "Evidence incomplete", False),
        ("nothing_in_scope", "Nothing in scope", False),
        ("nothing_but_exempt", "Nothing but exempt resources", False),
        ("nothing_judged", "Nothing was judged", False),
        ("waived", "Compliant, with 3 findings waived", False),
        ("compliant", "Compliant", True),
    ],
)
def test_every_demand_is_met_under_one_headline_only(
    sample: AuditDocument, headline: str, word: str, met: object
) -> None:
    """Not over waived findings, not over missing evidence, not where nothing was at stake."""
    changes: dict[str, Any] = {"headline": headline, "verdicts": {"COMPLIANT": 9, "WAIVED": 3}}
    summary = dataclasses.replace(sample.summary, **changes)
    assert result(summary, ENGLISH) == word
    assert (
        "Every demand that applies is met, as the recorded evidence shows." in _said(sample, **changes)
    ) is met


def test_one_is_said_as_one(sample: AuditDocument) -> None:
    """A single resource, account or waived finding has its own sentence."""
    said = _said(sample, resources_with_findings=1, accounts_with_findings=1, deleted_resources=4,
                 deleted_resources_with_findings=1, recovery_points_with_findings=1)  # fmt: skip
    assert said[0].startswith("1 of 170 resources that need backup has findings;")
    assert said[0].endswith("; 1 account could not be read.")
    assert "1 of 4 resources that were deleted in the period has findings." in said
    assert "1 of 8 accounts has findings." in said
    assert "Counted apart: 1 of 4,218 recovery points has findings." in said
    waived = dataclasses.replace(sample.summary, headline="waived", verdicts={"WAIVED": 1})
    assert result(waived, ENGLISH) == "Compliant, with 1 finding waived"


def test_where_no_resource_needs_backup_nothing_is_counted(sample: AuditDocument) -> None:
    """An account that could not be read is said, and no share of nothing."""
    nothing = {
        "resources_required": 0,
        "resources_exempt": 0,
        "resources_unknown": 0,
        "resources_by_verdict": {},
    }
    said = _said(sample, **nothing, verdicts={}, recovery_points_by_verdict={})
    assert said == [
        "No resource that needs backup was found in what could be read; 1 account could not be read.",
        "5 of 8 accounts have findings.",
        "Nothing was judged.",
    ]
    assert _said(sample, **nothing, gaps=0, verdicts={}, accounts_unread=0)[0] == (
        "No resource that needs backup was found."
    )


@pytest.mark.parametrize(
    ("found", "bad", "said"),
    [
        (0, 2, "0 of 170 resources that need backup have findings; 2 findings are of something else."),
        (0, 1, "0 of 170 resources that need backup have findings; 1 finding is of something else."),
        (0, 0, "0 of 170 resources that need backup have findings."),
        (1, 2, "1 of 170 resources that need backup has findings."),
    ],
)
def test_findings_of_none_of_the_resources_are_said_to_be_of_something_else(
    sample: AuditDocument, found: int, bad: int, said: str
) -> None:
    """Of a vault, a plan or a waiver: "Not compliant" is never over nothing at all."""
    changes: dict[str, Any] = {"resources_with_findings": found, "verdicts": {"NON_COMPLIANT": bad}}
    assert _said(sample, **changes, resources_unknown=0, accounts_unread=0)[0] == said


@pytest.mark.parametrize(
    ("part", "total", "said"),
    [(0, 9, "0"), (1, 1000, "1"), (999, 1000, "99"), (9, 9, "100"), (28, 200, "14")],
)
def test_a_share_is_never_rounded_to_all_or_nothing(part: int, total: int, said: str) -> None:
    """One exempt resource of a thousand is not 0 %, and one other is not lost in 100 %."""
    assert share(part, total) == said

"""Causes in words: one sentence that names the problem, where, how many, whose, and since when."""

import dataclasses
import gettext
from typing import Any

import pytest

from reports import causes
from reports.document import AuditDocument
from reports.render_html import html
from reports.words import Words

WORDS = Words(gettext.NullTranslations(), "en")
NAMES = {"111111111111": "legacy", "222222222222": "web-shop"}
AS_OF = "2026-02-09T00:00:00Z"


def cause(named: tuple[str, str, str, str, str], **other: Any) -> dict[str, Any]:
    """Twelve volumes in one account, for what `named` names: kind, name, plan, why and detail."""
    return {
        "id": "cause-000000000000", "control_id": "BKP-COV-001", "code": "not_selected", "severity": "high",
        "verdict": "NON_COMPLIANT", "verdicts": {"NON_COMPLIANT": 12}, "findings": 12, "kinds": {"EBS": 12},
        "cause": dict(zip(("kind", "name", "plan", "why", "detail"), named, strict=True)),
        "accounts": 1, "regions": 1, "largest": [{"account_id": "111111111111", "findings": 12}],
        "owners": 0, "by_owner": [], "owners_counted": True, "first_seen": AS_OF,
        "example": {"account_id": "111111111111", "region": "eu-west-1", "arn": "arn:aws:ec2:x"},
        **other,
    }  # fmt: skip


EXCLUDED = ("selection", "by-hand", "nightly", "excluded", "")
ONE = {"verdicts": {"NON_COMPLIANT": 1}, "findings": 1, "kinds": {"EBS": 1}}


@pytest.mark.parametrize(
    ("named", "problem", "other", "said"),
    [
        (
            EXCLUDED, "have no backup", {},
            ("12 EBS volumes in legacy have no backup, because selection by-hand of plan nightly excludes "
            "them by NotResources."),
        ),
        (
            EXCLUDED, "have no backup", ONE,
            ("1 EBS volume in legacy has no backup, because selection by-hand of plan nightly excludes "
            "it by NotResources."),
        ),
        (
            ("rule", "night", "silver", "failed", "COMPLETED, category ACCESS_DENIED"), "were without one",
            {"kinds": {"RDS": 7, "EFS": 5}},
            ("12 resources (7 RDS, 5 EFS) in legacy were without one, because backups of rule night of plan "
            "silver ended COMPLETED, category ACCESS_DENIED."),
        ),
        (
            ("plan", "weekdays", "", "", ""), "back up less often than the tier demands",
            {**ONE, "kinds": {"plan": 1}},
            "1 backup plan in legacy backs up less often than the tier demands: weekdays.",
        ),
        (
            ("vault", "gold", "", "", ""), "are not encrypted", {"kinds": {"recovery_point": 12}},
            "12 recovery points in legacy are not encrypted, in vault gold.",
        ),
        (
            ("vaults", "bronze, gold", "", "", ""), "are disabled though backups need a usable key",
            {**ONE, "kinds": {"key": 1}},
            "1 key in legacy is disabled though backups need a usable key, in bronze, gold.",
        ),
        (
            ("call", "backup:ListBackupJobs", "", "unread", "Throttling"), "",
            {**ONE, "verdict": "INSUFFICIENT_DATA", "code": "evidence_gap", "kinds": {"EFS": 1}},
            ("1 EFS resource in legacy could not be judged by BKP-COV-001, because backup:ListBackupJobs "
            "failed (Throttling)."),
        ),
        (
            ("call", "backup:ListBackupJobs", "", "unread", "Throttling"), "",
            {**ONE, "verdict": "INSUFFICIENT_DATA", "code": "attested"},
            ("1 EBS volume in legacy is attested by a person and could not be judged by BKP-COV-001, because "
            "backup:ListBackupJobs failed (Throttling)."),
        ),
        (
            ("account", "111111111111", "", "", ""), "",
            {
                "accounts": 2,
                "largest": [{"account_id": "222222222222", "findings": 8}, {"account_id": "111111111111",
                            "findings": 4}],
            },
            "12 EBS volumes in legacy and web-shop do not meet BKP-COV-001.",
        ),
        (
            ("other", "", "", "", ""), "keep too little", {"accounts": 3},
            "12 EBS volumes in 3 accounts keep too little, for many causes, which are not told apart.",
        ),
        (
            EXCLUDED, "have no backup", {"verdicts": {"NON_COMPLIANT": 11, "WAIVED": 1}},
            ("12 EBS volumes in legacy have no backup, because selection by-hand of plan nightly excludes "
            "them by NotResources; 1 of them is waived."),
        ),
    ],
)  # fmt: skip
def test_a_sentence_names_the_problem(
    named: tuple[str, str, str, str, str], problem: str, other: dict[str, Any], said: str
) -> None:
    """How many of what, where, what is wrong, and what explains it; of one, of many, of several kinds."""
    assert causes.sentence(cause(named, **other), problem, NAMES, WORDS) == said


@pytest.mark.parametrize(
    ("first_seen", "said"),
    [
        (AS_OF, "first seen in this run"),
        ("2026-02-08T00:00:01Z", "since 2026-02-08, 0 days"),
        ("2026-02-08T00:00:00Z", "since 2026-02-08, 1 day"),
        ("2026-01-05T00:00:00Z", "since 2026-01-05, 35 days"),
    ],
)
def test_the_age_is_in_whole_days(first_seen: str, said: str) -> None:
    """On both sides of a day."""
    assert causes.age(cause(EXCLUDED, first_seen=first_seen), AS_OF, WORDS) == said


@pytest.mark.parametrize(("number", "more"), [(3, ""), (4, ", and 1 more owner"), (5, ", and 2 more owners")])
def test_three_owners_are_named_and_the_others_are_counted(number: int, more: str) -> None:
    """One without an owner is named as such."""
    owned = [{"owner": f"team-{n}", "findings": 2} for n in range(number)]
    assert causes.owners(cause(EXCLUDED, owners=number, by_owner=owned), WORDS) == (
        "team-0 2, team-1 2, team-2 2" + more
    )
    assert causes.owners(cause(EXCLUDED, by_owner=[{"owner": "", "findings": 12}]), WORDS) == "no owner 12"


def test_owners_beyond_those_that_are_counted_are_said() -> None:
    """The number is then that of the counted ones only."""
    owned = [{"owner": "team", "findings": 2}]
    found = cause(EXCLUDED, owners=1_000, by_owner=owned, owners_counted=False)
    assert causes.owners(found, WORDS) == (
        "team 2, and 999 more owners, and others who are not counted by owner"
    )


def test_the_next_command_explains_the_first_finding() -> None:
    """By its id, in a folder whose name may have blanks."""
    said = causes.next_command(cause(EXCLUDED), "my runs/latest")
    assert said == "auditor explain finding-9d350f4b1a72 --run 'my runs/latest'"


@pytest.mark.parametrize(("count", "cut"), [(60, False), (61, True)])
def test_the_page_says_how_many_causes_it_shows(sample: AuditDocument, *, count: int, cut: bool) -> None:
    """On both sides of what it shows."""
    every = [cause(EXCLUDED, id=f"cause-{number:012x}") for number in range(count)]
    part = {**sample.causes, "rows": count, "shown": every}
    page = html(dataclasses.replace(sample, causes=part), WORDS)

    assert page.count('class="cause v-NON_COMPLIANT"') == 60
    assert (f"60 of {count} causes shown; causes.csv has all of them." in page) == cut


def test_a_document_of_an_older_release_has_no_causes(sample: AuditDocument) -> None:
    """Nothing is said of them, not that there are none."""
    page = html(dataclasses.replace(sample, causes={}), WORDS)
    assert 'id="causes"' not in page


def test_a_clean_run_says_that_there_is_none(sample: AuditDocument) -> None:
    """No cause, no list."""
    page = html(dataclasses.replace(sample, causes={**sample.causes, "rows": 0, "shown": []}), WORDS)
    assert "None: there is no verdict to look at." in page

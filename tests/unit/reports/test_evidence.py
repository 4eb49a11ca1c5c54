"""Evidence in words: labels instead of names of facts, and AWS's state of a job beside ours of a slot."""

import gettext
import re
from typing import Any

import pytest

from auditor.catalogue.load import Catalogue, policies_folder
from reports import evidence
from reports.labels import LABELS, WHOLE
from reports.words import Words

WORDS = Words(gettext.NullTranslations(), "en")
NIGHT = {"due": "2026-01-25T05:00:00Z", "plan": "gold", "rule": "night"}


def said(facts: dict[str, Any]) -> list[tuple[str, str]]:
    """Every line of some facts."""
    shown, rest = evidence.lines(facts, WORDS, count=99, length=999)
    assert rest == 0
    return shown


@pytest.mark.parametrize(
    ("slot", "sentence"),
    [
        (
            {"state": "FAILED", "job_id": "1A28", "job_state": "COMPLETED", "job_category": "ACCESS_DENIED"},
            (
                "Backup job 1A28 for 2026-01-25 05:00:00 UTC by rule night of plan gold ended COMPLETED, "
                "category ACCESS_DENIED; this slot is therefore FAILED"
            ),
        ),
        (
            {"state": "FAILED", "job_id": "1A28", "job_state": "EXPIRED", "message": "no window"},
            (
                "Backup job 1A28 for 2026-01-25 05:00:00 UTC by rule night of plan gold ended EXPIRED; "
                "this slot is therefore FAILED; “no window”"
            ),
        ),
        (
            {"state": "LATE", "job_id": "1A28", "recovery_point_arn": "arn:snap"},
            (
                "Backup job 1A28 for 2026-01-25 05:00:00 UTC by rule night of plan gold is recorded; "
                "this slot is therefore LATE; it made arn:snap"
            ),
        ),
        (
            {"state": "MISSED"},
            (
                "No backup job was started for 2026-01-25 05:00:00 UTC by rule night of plan gold; "
                "this slot is therefore MISSED"
            ),
        ),
    ],
)
def test_the_state_of_a_slot_follows_from_what_aws_says_of_its_job(
    slot: dict[str, str], sentence: str
) -> None:
    """Two things, told apart: AWS's state and category, and what the slot therefore is."""
    assert said({"slots": {"failures": [NIGHT | slot]}}) == [("Slot that was not met", sentence)]


def test_counts_of_slots_are_one_line() -> None:
    """What did not happen is not told; a count that is no number is told as it is."""
    counts = {"expected": 30, "met": 27, "late": 0, "missed": 2, "failed": 1, "absorbed": 0, "pending": 0}
    assert said({"slots": counts}) == [
        ("Backups that were due", "30: 27 made in time, 2 never started, 1 failed")
    ]
    assert said({"slots": {"expected": "many", "met": None}}) == [
        ("Backups that were due", "many"), ("made in time", "none"),
    ]  # fmt: skip


def test_other_lists_of_facts_are_sentences_too() -> None:
    """Copies that failed, points that are gone, calls that were not answered, and what is not known."""
    copy = {"job_id": "c", "state": "FAILED", "destination": "arn:v", "created_at": "2026-01-25T05:00:00Z"}
    gone = {"job_id": "b", "created_at": "2026-01-25T05:00:00Z", "recovery_point_arn": "arn:r"}
    call = {"gap_id": "g", "account_id": "1", "region": "", "operation": "backup:ListX", "error": "Denied"}
    assert said({"copies": {"failures": [copy | {"message": "no"}]}}) == [
        ("Failed copy", "Copy job c of 2026-01-25 05:00:00 UTC into arn:v ended FAILED; “no”")
    ]
    assert [line for _, line in said({"deleted_early_first": [gone, gone | {"kept_days": 1}]})] == [
        "Backup job b of 2026-01-25 05:00:00 UTC made arn:r, which was to be kept for ever and is gone",
        "Backup job b of 2026-01-25 05:00:00 UTC made arn:r, which was to be kept for 1 day and is gone",
    ]
    assert said({"gaps": [call]}) == [
        ("Call that was not answered", "backup:ListX in account 1, all Regions: Denied (g)")
    ]
    assert said({"things": [{"my_fact": [1, 2.5], "b": {"c": True}}, "x", None]}) == [
        ("things", "b: c: yes; my fact: 1, 2.5"), ("things", "x"), ("things", "none"),
    ]  # fmt: skip


def test_a_cause_is_told_in_words() -> None:
    """Of a rule with what AWS says, of a selection, and of the account."""
    rule = {"kind": "rule", "name": "night", "plan": "gold", "why": "failed", "detail": "FAILED"}
    out = {"kind": "selection", "name": "all", "plan": "gold", "why": "excluded"}
    found = said(
        {"a": {"cause": rule}, "b": {"cause": out}, "c": {"cause": {"kind": "account", "why": "no_plan"}}}
    )
    assert found == [
        ("Cause", "rule night of plan gold: its backup jobs ended otherwise, FAILED"),
        ("Cause", "selection all of plan gold: excludes it by NotResources"),
        ("Cause", "account: has no backup plan"),
    ]


@pytest.mark.parametrize(
    ("facts", "told"),
    [
        ({"kind": "call", "name": "backup:ListX", "why": "unread"}, [("my", "call backup:ListX: unread")]),
        ({"kind": "call", "why": ""}, [("my", "call")]),
        ({"kind": "a", "why": "b", "name": 3}, [("Kind", "a"), ("Name", "3"), ("my why", "b")]),
        ({"kind": "a", "why": "b", "since": "now"}, [("Kind", "a"), ("my since", "now"), ("my why", "b")]),
    ],
)
def test_what_has_more_than_a_cause_of_ours_is_told_fact_by_fact(
    facts: dict[str, Any], told: list[tuple[str, str]]
) -> None:
    """A user's control may show any mapping: nothing of it is lost, and a value that is no text is told."""
    assert said({"my": facts}) == told


def test_counts_of_slots_that_are_no_numbers_are_told_as_they_are() -> None:
    """Beside the sentence of those that are."""
    assert said({"slots": {"expected": 3, "met": 2, "missed": None, "failed": ["a", "b"]}}) == [
        ("Backups that were due", "3: 2 made in time"),
        ("never started", "none"),
        ("failed", "a"),
        ("failed", "b"),
    ]


@pytest.mark.parametrize(
    ("item", "told"),
    [
        (NIGHT | {"state": "open", "owner": "me"}, "owner: me"),
        ({"due": "2026-01-25T05:00:00Z", "state": "open"}, "Due: 2026-01-25 05:00:00 UTC"),
        ({"job_id": "c", "state": "FAILED", "destination": "v"}, "Destination: v"),
        ({"job_id": "b", "created_at": "x", "recovery_point_arn": "arn:r"}, "Created: x"),
        ({"gap_id": "g", "account_id": "1", "region": "", "operation": "x", "error": "y", "z": 1}, "z: 1"),
        (NIGHT | {"state": "FAILED", "message": ["a", "b"]}, "Message of AWS Backup: a, b"),
    ],
)
def test_a_list_that_is_none_of_ours_is_told_by_its_labels(item: dict[str, Any], told: str) -> None:
    """Nothing is said of it that it does not say: less than ours, more than ours, or other values."""
    ((_, line),) = said({"list": [item]})
    assert told in line.split("; ")


def test_a_copy_without_a_time_or_a_vault_is_a_copy_still() -> None:
    """Where AWS names neither, the list itself says what its jobs are."""
    copy = {"job_id": "c", "state": "FAILED", "message": ""}
    assert said({"copies": {"failures": [copy]}}) == [("Failed copy", "Copy job c ended FAILED")]
    assert said({"copies": {"failures": [copy | {"destination": "arn:v"}]}}) == [
        ("Failed copy", "Copy job c into arn:v ended FAILED")
    ]


def test_a_fact_without_a_label_is_called_by_its_whole_path() -> None:
    """Two of the same last word are told apart; one with a label keeps it."""
    place = {"account": "1", "vault": "gold"}
    assert said({"source": place, "target_1": {"account": "2"}}) == [
        ("source account", "1"), ("Vault", "gold"), ("target 1 account", "2"),
    ]  # fmt: skip


def test_every_fact_that_a_shipped_control_shows_has_a_label() -> None:
    """What a finding cites, and what its reasons give as evidence."""
    known = {path.rpartition(".")[2] for path in LABELS} | WHOLE.keys()
    for control in (one for one in Catalogue.load().controls if "audit" in one.moments):
        rego = (policies_folder() / control.path).read_text(encoding="utf-8")
        given = {name for name in re.findall(r'(?m)^#.*|"([a-z_]+)":', rego) if name} - {"code", "evidence"}
        cited = {path.rpartition(".")[2] for path in control.cites} - {"slots"}
        assert (given | cited) - known == set(), control.id

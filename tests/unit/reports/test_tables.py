import gettext

from reports import evidence
from reports.tables import counts
from reports.words import Words


def test_counts_are_complete_and_the_worst_comes_first() -> None:
    """Every verdict has a number, more non-compliance comes first, equals are ordered by their key."""
    table = counts(
        {"b": {"COMPLIANT": 9}, "c": {"ERROR": 1}, "a": {"COMPLIANT": 1}, "d": {"NON_COMPLIANT": 2}}
    )
    assert list(table) == ["d", "c", "a", "b"]
    assert table["d"] == {
        "ERROR": 0, "NON_COMPLIANT": 2, "INSUFFICIENT_DATA": 0, "WAIVED": 0, "COMPLIANT": 0,
        "NOT_APPLICABLE": 0,
    }  # fmt: skip


def test_no_counts_are_no_table() -> None:
    """An empty run has no rows, and that is no error."""
    assert counts({}) == {}


def test_evidence_puts_single_facts_first_and_says_what_is_left_out() -> None:
    """Facts come before lists of them, ids are never shortened below the limit, the rest is counted."""
    arn = "arn:aws:ec2:eu-central-1::snapshot/snap-00000000000000001"
    facts = {
        "failures": [{"due": "x", "job_id": "j1"}, {"job_id": None, "due": "y"}],
        "worst_gap_hours": 72.0,
        "backups": {"count": 3, "newest": arn, "on": True},
        "none": [],
    }
    shown, rest = evidence.lines(facts, Words(gettext.NullTranslations(), "en"), count=6, length=80)
    assert shown == [
        ("Longest time without a usable recovery point, hours", "72"),
        ("backups count", "3"),
        ("Newest usable recovery point", arn),
        ("backups on", "yes"),
        ("Not met", "Due: x; Job that made it: j1"),
        ("Not met", "Due: y; Job that made it: none"),
    ]
    assert rest == 1

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.text import clean, clean_tree, clip, spreadsheet_safe, why_unknown

HIDDEN = {"Cc", "Cf", "Cs", "Cn", "Zl", "Zp"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("gold vault", "gold vault"),
        ("支付 生产 · naïve ✓", "支付 生产 · naïve ✓"),
        ("a\r\n\tb\u2028c", "a b c"),
        ("\x1b[31mred\x07", "\\u001B[31mred\\u0007"),
        ("\u202egnp.exe\u2066", "\\u202Egnp.exe\\u2066"),
        ("pro\u200bd\ufeff", "pro\\u200Bd\\uFEFF"),
        ("\U000e0041tag", "\\U000E0041tag"),
        ("\ud800lone", "\\uD800lone"),
        ("a" + "\u0301" * 3, "a" + "\u0301" * 3),
        ("a" + "\u0301" * 40, "a" + "\u0301" * 3),
    ],
)
def test_clean_shows_what_hides_and_keeps_the_rest(text: str, expected: str) -> None:
    """Hidden and reordering characters become their numbers; readable text of any language stays."""
    assert clean(text) == expected


@given(st.text())
def test_nothing_hidden_survives_clean_and_it_is_idempotent(text: str) -> None:
    """Whatever goes in, no control, format or unassigned character comes out, and twice is once."""
    cleaned = clean(text)
    assert not [c for c in cleaned if unicodedata.category(c) in HIDDEN]
    assert clean(cleaned) == cleaned


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("=1+1", "'=1+1"),
        ("+49", "'+49"),
        ("-2", "'-2"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("|calc", "'|calc"),
        ("%0A", "'%0A"),
        ("  =1", "'  =1"),
        ("\t=1", "' =1"),
        ("\r=1", "' =1"),
        ("＝1", "'＝1"),  # noqa: RUF001 - the full-width form is what is tested
        ("＋1", "'＋1"),  # noqa: RUF001 -- likewise
        ("－1", "'－1"),  # noqa: RUF001 -- likewise
        ("＠x", "'＠x"),  # noqa: RUF001 -- likewise
        ("﹦1", "'﹦1"),
        ("a;=1", "a;'=1"),
        ("a; -1", "a;' -1"),
        ("a=1", "a=1"),
        ("backup-tier", "backup-tier"),
        ("", ""),
    ],
)
def test_spreadsheet_safe_puts_an_apostrophe_before_a_formula(text: str, expected: str) -> None:
    """A cell that a spreadsheet would calculate begins with an apostrophe, any other is left alone."""
    assert spreadsheet_safe(text) == expected


@given(st.text())
def test_no_cell_begins_with_a_trigger(text: str) -> None:
    """Whatever goes in, the first visible character is no trigger, folded or not."""
    first = unicodedata.normalize("NFKC", spreadsheet_safe(text).lstrip()[:1])
    assert first[:1] not in set("=+-@|%")


def test_clean_leaves_no_escape_sequence() -> None:
    """A terminal is told nothing by a name: neither colours, nor titles, nor C1 controls."""
    assert clean("\x1b]0;owned\x07\x9b31m\u202e") == "\\u001B]0;owned\\u0007\\u009B31m\\u202E"


@pytest.mark.parametrize(
    ("text", "limit", "expected"),
    [
        ("abcd", 4, "abcd"),
        ("abcde", 4, "abc…"),
        ("ab cde", 4, "ab…"),
        ("\u202e", 4, "\\u2…"),
        ("a\n\n\n\nb", 5, "a…"),
    ],
)
def test_clip_says_that_something_was_cut(text: str, limit: int, expected: str) -> None:
    """At the limit nothing is cut; one more and an ellipsis stands at the end."""
    assert clip(text, limit) == expected


def test_clean_tree_reaches_every_string() -> None:
    """Keys and values at every depth are cleaned; numbers and absence stay."""
    assert clean_tree({"a\x00": ["\u202e", {"b": ("\x1b", 1, None, True)}]}) == {
        "a\\u0000": ["\\u202E", {"b": ["\\u001B", 1, None, True]}]
    }


@pytest.mark.parametrize(
    ("service", "error", "expected"),
    [
        ("backup", "AccessDenied", "backup:ListBackupJobs failed: AccessDenied: No."),
        ("auditor", "Undecided", "No."),
        ("backup", "NotRead", "No."),
        ("redshift", "NotListed", "No."),
    ],
)
def test_a_gap_says_that_a_call_failed_only_where_one_was_sent(
    service: str, error: str, expected: str
) -> None:
    """A gap of the auditor's own, and of a place that was not read, has a sentence of its own."""
    assert why_unknown(service, "ListBackupJobs", error, "No.") == expected

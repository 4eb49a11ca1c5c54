"""The format `markdown`: a comment that a host takes, in which nothing untrusted is read as Markdown."""

from collections.abc import Callable

import pytest
from markdown_it import MarkdownIt

from reports.document import AuditDocument
from reports.formats.markdown import MAX_LENGTH


def _tokens(page: bytes) -> list[str]:
    """The kinds of all that the page is made of."""
    parsed = MarkdownIt("gfm-like", {"linkify": False}).parse(page.decode())
    return [token.type for token in parsed] + [
        child.type for token in parsed for child in token.children or ()
    ]


def test_the_page_counts_every_verdict_and_names_every_gap(
    sample: AuditDocument, written: Callable[[str], tuple[bytes, list[str]]]
) -> None:
    """The numbers are those of the document; what was not read stands before the findings."""
    data, said = written("markdown")
    page = data.decode()

    assert said == []
    assert page.startswith("## Backup audit: Non-compliant\n")
    assert "| Compliant | 546 |\n" in page
    assert "### Not read: 2 of 2 shown" in page
    assert page.index("### Not read") < page.index("### Findings: 46 of 46 shown")
    assert page.count("| `BKP-") == len(sample.findings)
    assert "waived until `2026-02-28`: `Staging is rebuilt weekly from production; accepted until" in page


@pytest.mark.parametrize(("limit", "cut"), [(MAX_LENGTH, False), (8_000, True)])
def test_the_page_is_no_longer_than_a_comment(
    limited: Callable[..., tuple[bytes, list[str]]], limit: int, *, cut: bool
) -> None:
    """The worst findings that have room are shown, and the page and the user are told how many there are."""
    data, said = limited("markdown", MAX_LENGTH=limit)
    page = data.decode()
    shown = page.count("| `BKP-")

    assert len(page) <= limit
    assert (shown < 46) == cut
    assert f"### Findings: {shown} of 46 shown" in page
    assert len(said) == cut
    assert all(one in page and one.startswith(f"report.md shows the worst {shown} of 46") for one in said)
    rows = [line for line in page.splitlines() if "| `BKP-" in line]
    assert [row.split(" | ")[0] for row in rows[:3]] == ["| Critical"] * 3


def test_a_gap_that_is_left_out_is_told(limited: Callable[..., tuple[bytes, list[str]]]) -> None:
    """In the page and to the user."""
    data, said = limited("markdown", MAX_GAPS=1)

    assert said == ["report.md shows 1 of 2 gaps; gaps.csv (format csv) has all of them."]
    assert "### Not read: 1 of 2 shown" in data.decode()


def test_a_hostile_name_is_code(hostile: Callable[[str], bytes]) -> None:
    """No HTML, no link, no further cell or line: each row has its cells, all of them code."""
    page = hostile("markdown")
    kinds = _tokens(page)

    assert not {"html_inline", "html_block", "link_open", "image"} & set(kinds)
    # the head of the findings and three rows of seven, the gap's head and row of five, six verdicts of two
    assert kinds.count("td_open") == 3 * 7 + 5 + 6 * 2
    spans = "".join(
        child.content
        for token in MarkdownIt("gfm-like", {"linkify": False}).parse(page.decode())
        for child in token.children or ()
        if child.type == "text"
    )
    assert "@team" not in spans
    assert "evil.example" not in spans

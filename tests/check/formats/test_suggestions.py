"""What mends a finding stands in every format that shows its fix, bounded, and is nothing but text there."""

import json
import re
import xml.etree.ElementTree as ET
from typing import Final

import pytest
from markdown_it import MarkdownIt

from auditor.check.result import CheckResult, Suggestion
from auditor.model.verdicts import Verdict
from tests.check.results import HOSTILE, entry, rendered, result
from tests.sarif_words import run_of

TEXT: Final = 'tags = {\n  backup-tier = "gold"\n}'
FOUND: Final = "suggestion (hcl):\n" + TEXT


def mended(text: str | None = TEXT) -> CheckResult:
    """A finding with what mends it, and what is unknown."""
    suggestion = None if text is None else Suggestion("hcl", text)
    return result(entry(line=3, suggestion=suggestion), entry(verdict=Verdict.INSUFFICIENT_DATA))


def said(name: str, made: CheckResult) -> str:
    """What a format says of the finding, as whoever shows it reads it."""
    text, _ = rendered(name, made)
    if name == "junit":
        suites = ET.fromstring(text)  # noqa: S314 -- our own file
        (failure,) = suites.iter("failure")
        return failure.text or ""
    if name == "gitlab":
        first: str = json.loads(text)[0]["description"]
        return first
    told = text.splitlines()[0].partition("::")[2].partition("::")[2]
    for escape, sign in (("%0A", "\n"), ("%0D", "\r"), ("%25", "%")):
        told = told.replace(escape, sign)
    return told


@pytest.mark.parametrize("name", ["junit", "github", "gitlab"])
def test_a_finding_has_what_mends_it_and_nothing_else_has(name: str) -> None:
    """Below its reasons, and line by line; without a suggestion there is no word of one."""
    assert said(name, mended()).endswith("\n" + FOUND)
    assert rendered(name, mended())[0].count("backup-tier") == 1
    assert "suggestion" not in rendered(name, mended(None))[0]


@pytest.mark.parametrize("name", ["junit", "github", "gitlab"])
def test_a_suggestion_is_bounded(name: str) -> None:
    """In lines and their length; the document has all of it."""
    long = mended("\n".join(f"line_{number} = {'x' * 1_000}" for number in range(1_000)))

    *_, last = lines = said(name, long).splitlines()

    assert last == "… 940 more lines; json has all of them"
    assert lines[-61].startswith("line_0 = x")
    assert max(map(len, lines[-61:])) == 300
    assert len(rendered("json", long)[0]) > 1_000_000


@pytest.mark.parametrize("name", ["junit", "github", "gitlab"])
@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("::error file=x::y", ": :error file=x::y"),
        ("  ::set-output name=a::b", "  : :set-output name=a::b"),
        ("a = b::c", "a = b::c"),
        ("%0A::error::x", "%0A::error::x"),
        ("##[error]x", "## [error]x"),
        ("##vso[task.complete]x", "## vso[task.complete]x"),
        ("```` `x` ]]> <b> & \"'", "```` `x` ]]> <b> & \"'"),
        ("a\x00\x1b[2J\x08b", "a\\u0000\\u001B[2J\\u0008b"),
        ("a\u202eb\ufffec", "a\\u202Eb\\uFFFEc"),
    ],
)
def test_a_suggestion_is_text(name: str, line: str, shown: str) -> None:
    """Commands of runners, XML, and what is not seen are shown, and obeyed by nobody."""
    text, _ = rendered(name, mended(f"a\n{line}\nb"))

    assert said(name, mended(f"a\n{line}\nb")).splitlines()[-3:] == ["a", shown, "b"]
    lines = text.splitlines()
    assert len([one for one in lines if re.match(r"\s*::", one)]) == (2 if name == "github" else 0)


@pytest.mark.parametrize("ticks", [1, 7, 8, 40])
def test_backticks_end_no_block_of_a_comment(ticks: int) -> None:
    """The fence is longer than whatever is in it."""
    inner = f"{'`' * ticks}\n<b>@team</b>"
    parsed = MarkdownIt("gfm-like", {"linkify": False}).parse(rendered("markdown", mended(inner))[0])

    assert [one.content for one in parsed if one.type == "fence"] == [f"{inner}\n"]


def test_a_suggestion_in_sarif_is_no_link() -> None:
    """A bracket is escaped where one could be made of it, and stays to be copied where none could."""
    for line, shown in (("a = [1]", "a = [1]"), ("a = [x](javascript:b)", r"a = \[x\](javascript:b)")):
        run = run_of(rendered("sarif", mended(line))[0].encode())
        assert run["results"][0]["message"]["text"].splitlines()[-1] == shown


def test_a_hostile_suggestion_leaves_every_format_whole() -> None:
    """With everything at once."""
    assert len(json.loads(rendered("gitlab", mended(HOSTILE))[0])) == 2
    assert len(list(ET.fromstring(rendered("junit", mended(HOSTILE))[0]).iter("testcase"))) == 3  # noqa: S314 -- ours
    assert len(rendered("github", mended(HOSTILE))[0].splitlines()) == 3

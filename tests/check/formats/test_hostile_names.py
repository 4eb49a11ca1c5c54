"""Whatever a pull request calls things: in no format is it anything but text."""

import json
import re
import xml.etree.ElementTree as ET
from datetime import date
from typing import Any

import pytest
from markdown_it import MarkdownIt

from auditor.check.formats.registry import NAMES
from auditor.check.result import CheckResult, ReadBaseline
from auditor.model.verdicts import Reason, Verdict, Waiver
from tests.check.results import HOSTILE, entry, rendered, result
from tests.sarif_words import run_of

#: Where a runner looks for commands: at the start of a line, spaces before it or not, and anywhere in it.
_COMMANDS = re.compile(r"^\s*::|##(?:vso|teamcity)?\[", re.MULTILINE)


def hostile() -> CheckResult:
    """Every text of every kind of entry is hostile."""
    reason = Reason(HOSTILE, HOSTILE, {"protection": {"explanation": [HOSTILE] * 3}, HOSTILE: HOSTILE})
    waiver = Waiver("*", "*", HOSTILE, HOSTILE, date(2026, 2, 28))
    return result(
        *(
            entry(
                HOSTILE,
                verdict,
                control=HOSTILE,
                file=HOSTILE,
                line=2,
                title=HOSTILE,
                fix=HOSTILE,
                arn=HOSTILE,
                resource_type=HOSTILE,
                reasons=(reason, reason),
                waiver=waiver if verdict is Verdict.WAIVED else None,
            )
            for verdict in (Verdict.ERROR, Verdict.NON_COMPLIANT, Verdict.INSUFFICIENT_DATA, Verdict.WAIVED)
        ),
        inputs=[{"file": HOSTILE, "kind": "Terraform plan"}],
        incomplete=[f"{HOSTILE}: {HOSTILE}"],
        assumed=[HOSTILE],
        passed_over=[HOSTILE],
        not_looked_at={HOSTILE: 1},
        baseline=ReadBaseline(HOSTILE, "", ""),
        excerpts={HOSTILE: {1: HOSTILE, 2: HOSTILE, 3: f"\t {HOSTILE}"}},
    )


@pytest.mark.parametrize("width", [None, 20, 80, 160])
@pytest.mark.parametrize("name", NAMES)
def test_no_format_has_a_control_character_or_a_command(name: str, width: int | None) -> None:
    """Neither escape sequences, nor letters that turn the text round, nor what a runner obeys."""
    text, said = rendered(name, hostile(), width=width)

    assert said == []
    assert {letter for letter in text if not letter.isprintable()} == {"\n"}
    lines = [line for line in text.splitlines() if name != "github" or not line.startswith("::")]
    assert not _COMMANDS.search("\n".join(lines))


def test_the_json_has_every_text_as_it_is() -> None:
    """Escapes change nothing of what a program reads."""
    found = json.loads(rendered("json", hostile())[0])

    first = found["entries"][0]
    assert first["subject"]["address"] == first["reasons"][0]["message"] == first["fix"] == HOSTILE
    assert found["assumed"] == found["not_looked_at"]["files"] == [HOSTILE]


def test_a_name_in_a_comment_is_code() -> None:
    """No HTML but our own, no link, no mention, no further cell or line."""
    parsed = MarkdownIt("gfm-like", {"linkify": False}).parse(rendered("markdown", hostile())[0])
    inner = [child for token in parsed for child in token.children or ()]
    kinds = [token.type for token in (*parsed, *inner)]

    assert [token.content for token in parsed if token.type == "html_block"] == [
        "<details><summary>Why, and what mends it</summary>\n",
        "</details>\n",
    ]
    assert [one.content for one in inner if one.type == "html_inline"] == ["<!-- auditor check -->"]
    assert not {"link_open", "image"} & set(kinds)
    assert kinds.count("td_open") == 4 * 5
    spoken = "".join(one.content for one in inner if one.type == "text")
    assert not [word for word in ("@team", "#1", "javascript", "e.example") if word in spoken]


def test_a_name_in_sarif_is_no_link_and_one_segment() -> None:
    """A bracket, which begins a link in a message, is escaped; the file has no scheme."""
    run = run_of(rendered("sarif", hostile())[0].encode())

    text = run["results"][0]["message"]["text"]
    assert r"\[x\](javascript:alert(1))" in text
    uri = run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert re.fullmatch(r"[\w%/.~-]+", uri)
    assert len(run["invocations"][0]["toolExecutionNotifications"]) == 1


def test_a_name_in_junit_adds_no_element() -> None:
    """It is an attribute or a text."""
    suites = ET.fromstring(rendered("junit", hostile())[0])  # noqa: S314 - our own file
    kinds = {one.tag for one in suites.iter()}

    assert kinds == {
        *("testsuites", "testsuite", "properties", "property", "testcase", "failure", "error", "skipped"),
    }
    assert len(suites.findall(".//testcase")) == 4 + 1 + 1


def test_a_name_in_an_annotation_ends_no_property() -> None:
    """Each line is one command with a file, a line and a title, as the runner takes them apart."""
    lines = rendered("github", hostile())[0].splitlines()
    commands = [_parsed(line) for line in lines[:-1]]

    assert [level for level, _, _ in commands] == ["error", "error", "error", "warning"]
    assert [set(properties) for _, properties, _ in commands] == [
        {"file", "title"},
        *[{"file", "line", "title"}] * 3,
    ]
    assert {properties.get("line", "2") for _, properties, _ in commands} == {"2"}
    assert all("%0A::error::y,a=b" in properties["file"] for _, properties, _ in commands)
    assert [data.count("\n") for _, _, data in commands] == [0, 1, 2, 1]
    assert lines[-1].startswith("5 compliant, ")


def _parsed(line: str) -> tuple[str, dict[str, str], str]:
    """A command as the runner reads it: everything up to the second `::` is its name and properties."""
    found = re.fullmatch(r"::(\w+) (.*?)::(.*)", line)
    assert found is not None
    properties = dict(pair.split("=", 1) for pair in found[2].split(","))
    return found[1], {key: _unescaped(value) for key, value in properties.items()}, _unescaped(found[3])


def _unescaped(text: str) -> str:
    for code, letter in (("%3A", ":"), ("%2C", ","), ("%0D", "\r"), ("%0A", "\n"), ("%25", "%")):
        text = text.replace(code, letter)
    return text


@pytest.mark.parametrize(
    ("file", "root", "name"),
    [
        ("plan.json", "/src", "plan.json"),
        ("./a/../plan.json", "/src", "plan.json"),
        ("/src/in/plan.json", "/src", "in/plan.json"),
        ("/src/in/plan.json", "/src/", "in/plan.json"),
        ("/srcs/plan.json", "/src", "/srcs/plan.json"),
        ("../plan.json", "/src", "../plan.json"),
    ],
)
def test_a_file_is_named_from_where_the_command_ran(file: str, root: str, name: str) -> None:
    """As a host knows it; SARIF has a URI, of no relative path where it lies elsewhere."""
    found: list[Any] = json.loads(rendered("gitlab", result(entry(file=file)), root=root)[0])
    run = run_of(rendered("sarif", result(entry(file=file)), root=root)[0].encode())

    assert found[0]["location"]["path"] == name
    uri = run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert uri == (f"file://{name}" if name.startswith("/") else name)

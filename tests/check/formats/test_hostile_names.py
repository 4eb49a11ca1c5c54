"""Whatever a pull request calls things: in no format is it anything but text."""

import json
import re
import unicodedata
import xml.etree.ElementTree as ET
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from auditor.check.formats.registry import NAMES
from auditor.check.result import CheckResult, NotWhole, ReadBaseline, Suggestion
from auditor.model.verdicts import Reason, Verdict, Waiver
from tests.check.conftest import Check
from tests.check.results import HOSTILE, difference, entry, rendered, result
from tests.check.terraform import Later, by_tag, protected, selection
from tests.sarif_words import run_of

#: Entries of what becomes of the run: three that lose, one and one sentence that are unknown.
RUN = 4
#: Where a runner looks for commands: at the start of a line, spaces before it or not, and anywhere in it.
_COMMANDS = re.compile(r"^\s*::|##(?:vso|teamcity)?\[", re.MULTILINE)


def _unseen(text: str) -> set[str]:
    """Controls, what turns the reading direction or is not seen, and what is no letter: line ends too."""
    kinds = {"Cc", "Cf", "Cs", "Cn", "Zl", "Zp"}
    return {letter for letter in text if unicodedata.category(letter) in kinds}


def hostile(text: str = HOSTILE) -> CheckResult:
    """Every text of every kind of entry is hostile."""
    reason = Reason(text, text, {"protection": {"explanation": [text] * 3}, text: text})
    waiver = Waiver("*", "*", text, text, date(2026, 2, 28))
    return result(
        *(
            entry(
                text,
                verdict,
                control=text,
                file=text,
                line=2,
                title=text,
                fix=text,
                arn=text,
                resource_type=text,
                reasons=(reason, reason),
                waiver=waiver if verdict is Verdict.WAIVED else None,
                suggestion=Suggestion("hcl", text) if verdict is Verdict.NON_COMPLIANT else None,
            )
            for verdict in (Verdict.ERROR, Verdict.NON_COMPLIANT, Verdict.INSUFFICIENT_DATA, Verdict.WAIVED)
        ),
        inputs=[{"file": text, "kind": "Terraform plan"}],
        incomplete=[NotWhole(text, text)],
        assumed=[text],
        passed_over=[text],
        not_looked_at={text: 1},
        baseline=ReadBaseline(text, "", ""),
        against=difference(text),
        excerpts={text: {1: text, 2: text, 3: f"\t {text}"}},
    )


@pytest.mark.parametrize("width", [None, 20, 80, 160])
@pytest.mark.parametrize("name", NAMES)
def test_no_format_has_a_control_character_or_a_command(name: str, width: int | None) -> None:
    """Neither escape sequences, nor letters that turn the text round, nor what a runner obeys."""
    text, said = rendered(name, hostile(), width=width)

    assert said == []
    assert _unseen(text) == {"\n"}
    lines = [line for line in text.splitlines() if name != "github" or not line.startswith("::")]
    assert not _COMMANDS.search("\n".join(lines))


#: Pieces of what the formats and those who read them take for something.
_PIECES = [
    *("::", "##", "[", "vso[", "`", "``", "|", "\\", "\n", "\r", "\t", "\x85", "\u2028", "\u202e", "\x1b[1m"),
    *(
        "</details>",
        "<!--",
        "-->",
        "]]>",
        "&lt;",
        "<a>",
        "@a",
        "#1",
        "](//x)",
        "![",
        "%",
        "%0A",
        ",",
        "=",
        " ",
    ),
]
TEXTS = st.lists(
    st.sampled_from(_PIECES) | st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12
).map("".join)


@given(text=TEXTS, width=st.sampled_from([None, 20, 80]))
def test_whatever_the_text_is_every_format_is_whole(text: str, width: int | None) -> None:
    """No control character, no command, no more cells, elements, properties or issues than of plain names."""
    made = hostile(text)
    for name in NAMES:
        shown = rendered(name, made, width=width)[0]
        assert _unseen(shown) == {"\n"}
        lines = [line for line in shown.split("\n") if name != "github" or not line.startswith("::")]
        assert not _COMMANDS.search("\n".join(lines))

    assert json.loads(rendered("json", made)[0])["entries"][0]["fix"] == text
    assert len(json.loads(rendered("gitlab", made)[0])) == 1 + 3 + RUN
    assert len(run_of(rendered("sarif", made)[0].encode())["results"]) == 4 + RUN
    suites = ET.fromstring(rendered("junit", made)[0])  # noqa: S314 - our own file
    assert len(suites.findall(".//testcase")) == 4 + 1 + 1 + RUN
    said = [len(_parsed(line)[1]) for line in rendered("github", made)[0].splitlines()[:-1]]
    assert said == [2, 3, 3, 2, 2, 3, 2, 2]
    parsed = MarkdownIt("gfm-like", {"linkify": False}).parse(rendered("markdown", made)[0])
    kinds = [one.type for token in parsed for one in (token, *(token.children or ()))]
    counted = [kinds.count(kind) for kind in ("td_open", "html_block", "html_inline", "link_open", "image")]
    assert counted == [(4 + 8) * 5, 2, 1, 0, 0]


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
    assert kinds.count("td_open") == (4 + 8) * 5
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
    assert len(suites.findall(".//testcase")) == 4 + 1 + 1 + RUN


def test_a_name_in_an_annotation_ends_no_property() -> None:
    """Each line is one command with a file, a line and a title, as the runner takes them apart."""
    lines = rendered("github", hostile())[0].splitlines()
    commands = [_parsed(line) for line in lines[:-1]]

    assert [level for level, _, _ in commands] == ["error"] * 5 + ["warning"] * 3
    own, of_run = {"file", "line", "title"}, {"file", "title"}
    expected = [of_run, own, own, *[of_run] * 2, own, of_run, of_run]
    assert [set(properties) for _, properties, _ in commands] == expected
    assert {properties.get("line", "2") for _, properties, _ in commands} == {"2"}
    assert all("%0A::error::y,a=b" in properties["file"] for _, properties, _ in commands)
    assert [data.count("\n") for _, _, data in commands] == [0, 1, 6, 2, 2, 1, 1, 0]
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


def test_names_of_a_plan_and_of_a_template_come_through_as_text(check: Check) -> None:
    """What a whole check makes of hostile addresses, tags and plans: a command in none of the formats."""
    plan = selection(protected(), "odd", "gold", selection_tag=by_tag(f"{HOSTILE}x"))
    made = plan.add("aws_ebs_volume.x", tags_all={"backup-tier": HOSTILE.upper()}, arn=Later("")).first()
    made["resource_changes"][-1]["address"] = f'aws_ebs_volume.x["{HOSTILE}"]'
    template = {"Resources": {HOSTILE: {"Type": "AWS::EC2::Volume"}, "S": {"Type": f"AWS::{HOSTILE}"}}}

    found = check(made, template, region="eu-west-1", account="111122223333")

    assert sum(HOSTILE in one.declaration.address for one in found.entries) == 2
    for name in NAMES:
        text = rendered(name, found)[0]
        assert _unseen(text) == {"\n"}
        lines = [
            line for line in text.splitlines() if name != "github" or not line.startswith("::error file")
        ]
        assert not _COMMANDS.search("\n".join(lines))


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

"""Facts on AWS Backup that the code rests on are cited by number, and docs/aws-backup.md has each of them."""

import re
from pathlib import Path

import pytest

from auditor.config.table import KEYS
from auditor.executor.engine.report_rows import COLUMNS
from auditor.model.audit_controls import CONTROLS
from tests.architecture.committed import ROOT, committed

PAGE = "docs/aws-backup.md"
#: Pieces, so that this file does not hold what it looks for.
NAME = "aws-backup" + ".md"
#: The page's own name in running text, as in links and instructions, is no citation.
MENTION = re.compile(r"\]\(|docs/|`")
#: What a reader of the repository does not have.
PRIVATE = re.compile(
    "|".join(
        [
            r"\b(?:field-2026|engineering|peers|codebases)" + r"\.md",
            r"\bDG" + r":[a-z]",
            r"\[" + r"\?\]",
        ]
    )
)
_ROWS = r"\d+(?:(?:-| and |, )\d+(?![.\d]))*"
_ITEM = rf"\d+\.\d+(?:-\d+\.\d+)?(?: rows? {_ROWS})?(?: \([^)]*\))?"
#: What follows the page's name: items such as `4.4`, `4.1-4.3`, `1.1 rows 2-8`, `1.2 (columns of copies)`.
CITED = re.compile(rf" ({_ITEM}(?:(?:, | and ){_ITEM})*)")
#: A line break within a comment, a docstring or a paragraph.
BREAK = re.compile(r"\s*\n\s*(?:#:?|//|--)?\s*")


def anchors(page: str) -> set[str]:
    """The numbers that can be cited: `4.4` of a section, `1.1 row 11` where its table numbers its rows."""
    found: set[str] = set()
    section = ""
    for line in page.splitlines():
        heading = re.match(r"### (\d+\.\d+) ", line)
        row = re.match(r"\| (\d+) \|", line)
        if heading:
            section = heading[1]
            found.add(section)
        elif line.startswith("## "):
            section = ""
        elif row and section:
            found.discard(section)
            found.add(f"{section} row {row[1]}")
    return found


def cited(text: str) -> list[tuple[str, list[str]]]:
    """Each citation in `text` as it stands there, and the numbers that it names (none: no number follows)."""
    flat = BREAK.sub(" ", text) if NAME in text else ""
    found = []
    for start in re.finditer(re.escape(NAME), flat):
        before, after = flat[max(0, start.start() - len("docs/")) : start.start()], flat[start.end() :][:1]
        if MENTION.search(before) or after == '"':
            continue
        match = CITED.match(flat, start.end())
        shown = flat[start.start() : match.end() if match else start.end() + 20]
        found.append((shown, _numbers(match[1]) if match else []))
    return found


def _numbers(items: str) -> list[str]:
    named = []
    for section, last, rows in re.findall(rf"(\d+\.\d+)(?:-(\d+\.\d+))?(?: rows? ({_ROWS}))?", items):
        if rows:
            named += [f"{section} row {number}" for number in _range(rows)]
        elif last:
            chapter = section.split(".")[0]
            named += [
                f"{chapter}.{number}" for number in _range(f"{section.split('.')[1]}-{last.split('.')[1]}")
            ]
        else:
            named.append(section)
    return named


def _range(text: str) -> list[int]:
    """`2-4, 9 and 11` as numbers."""
    found: list[int] = []
    for first, last in re.findall(r"(\d+)(?:-(\d+))?", text):
        found += range(int(first), int(last or first) + 1)
    return found


def unresolved(text: str, known: set[str]) -> list[str]:
    """The citations in `text` that lead nowhere."""
    return [shown for shown, numbers in cited(text) if not numbers or not set(numbers) <= known]


@pytest.fixture(scope="module")
def page() -> str:
    """The page's text."""
    return (ROOT / PAGE).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def texts() -> dict[str, str]:
    """Every committed text file but the page and this one; skipped in a source archive."""
    own = Path(__file__).relative_to(ROOT).as_posix()
    return {name: text for name, text in committed().items() if name not in (PAGE, own)}


def test_every_citation_leads_to_a_section_or_row_of_the_page(texts: dict[str, str], page: str) -> None:
    """In code, tests, policies and pages; and there are citations to look at."""
    known = anchors(page)
    lost = {name: found for name, text in texts.items() if (found := unresolved(text, known))}

    assert lost == {}
    assert sum(len(cited(text)) for text in texts.values()) > 100


def test_nothing_cites_what_a_reader_does_not_have(texts: dict[str, str]) -> None:
    """Notes of the team, and shorthand for AWS's pages that only those notes explain."""
    found = {name: match[0] for name, text in texts.items() if (match := PRIVATE.search(text))}

    assert found == {}


def test_each_section_says_from_where_and_when(page: str) -> None:
    """A date, and links that the page defines with an address."""
    defined = dict(re.findall(r"^\[([^\]]+)\]: (https://\S+)$", page, re.MULTILINE))
    used = set(re.findall(r"\[([^\]]+)\](?![\(:])", page))
    parts = re.split(r"^### (\d+\.\d+) .*$", page, flags=re.MULTILINE)[1:]
    sections = dict(zip(parts[::2], parts[1::2], strict=True))
    lacking = [
        number
        for number, text in sections.items()
        if not re.search(r"[Ll]ooked up 20\d\d-\d\d-\d\d", text)
        or not set(re.findall(r"\[([^\]]+)\]", text)) & set(defined)
    ]

    assert lacking == []
    assert used - set(defined) == set()
    assert set(defined) - used == set()


def test_each_disagreement_names_what_decides(page: str) -> None:
    """A setting that there is, or `No setting` and what the code does; each such setting has its place."""
    selection = {key.name for key in KEYS if key.group == "selection"}
    facts = page.split("\n## 1. ", 1)[1]
    marked = [line for line in facts.splitlines() if "Documents disagree" in line]
    named = [re.findall(r"[Ss]etting:? `(\w+)`", line) for line in marked]
    silent = [
        line for line, names in zip(marked, named, strict=True) if not names and "No setting: " not in line
    ]

    assert silent == []
    assert {name for names in named for name in names} == selection


@pytest.mark.parametrize(
    ("text", "lost"),
    [
        ("(NAME 4.4)", []),
        ("(NAME 4.9)", ["NAME 4.9"]),
        ("NAME 1.1 row 3", []),
        ("NAME 1.1 row 4", ["NAME 1.1 row 4"]),
        ("NAME 1.1)", ["NAME 1.1"]),
        ("so (NAME 1.1\n    #3).", ["NAME 1.1"]),
        ("NAME 4.4 row 3", ["NAME 4.4 row 3"]),
        ("NAME 1.1 rows 2 and 3, 4.4-4.5", []),
        ("NAME 1.1 rows 2-4", ["NAME 1.1 rows 2-4"]),
        ("NAME 1.1 row 3, 4.6", ["NAME 1.1 row 3, 4.6"]),
        ("NAME 4.4 (states), 4.6", ["NAME 4.4 (states), 4.6"]),
        ("#: so it is (NAME\n#: 4.6)", ["NAME 4.6"]),
        ("#: so it is (NAME\n#: 4.5).", []),
        ("NAME says so", ["NAME says so"]),
        ("[the page](NAME), docs/NAME and `NAME` have it", []),
        ('docs / "NAME"', []),
    ],
)
def test_the_checker_tells_a_citation_that_leads_nowhere(text: str, lost: list[str]) -> None:
    """Sections, rows, ranges and lists; across lines; and links to the page are no citations."""
    known = anchors("### 1.1 Rows\n| row | fact |\n| 2 | a |\n| 3 | b |\n### 4.4 States\n### 4.5 More\n")
    found = unresolved(text.replace("NAME", NAME), known)

    assert [shown.replace(NAME, "NAME") for shown in found] == lost


@pytest.mark.parametrize(
    ("text", "private"),
    [
        ("(engin" + "eering.md D)", True),
        ("field" + "-2026.md 3", True),
        ("the form (D" + "G:eks-backups)", True),
        ("4.6 [" + "?]", True),
        ("reengin" + "eering.md", False),
        ("Is it so? [1]", False),
    ],
)
def test_the_checker_tells_notes_that_only_the_team_has(text: str, private: bool) -> None:  # noqa: FBT001 -- a case
    """By name, by shorthand and by the mark of doubt."""
    assert bool(PRIVATE.search(text)) is private


def test_the_page_has_the_columns_and_controls_that_the_executor_has(page: str) -> None:
    """Each report's columns in their order, and each control with its parameters."""
    reports = dict(re.findall(r"^\| `(\w+_REPORT)` \| ([^|`]+) \|$", page, re.MULTILINE))
    controls = dict(re.findall(r"^\| `(\w+)` \| ((?:none|`).*) \|$", page, re.MULTILINE))

    assert {name: tuple(text.split(", ")) for name, text in reports.items()} == COLUMNS
    assert {name: set(re.findall(r"`(\w+)`", text)) for name, text in controls.items()} == {
        name: set(kind.parameters) for name, kind in CONTROLS.items()
    }

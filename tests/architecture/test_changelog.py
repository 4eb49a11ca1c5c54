"""Each fragment of the changelog is one sentence with a link to the page that tells more."""

import re
from pathlib import Path

import pytest

CHANGELOG = Path(__file__).resolve().parents[2] / "changelog.d"
FRAGMENTS = sorted(path for path in CHANGELOG.iterdir() if path.name != "README.md")

LINK = re.compile(r"\[[^\]]+\]\(([^)#]+)(?:#([^)]+))?\)")
#: Where a second sentence would begin: after a period, a question or exclamation mark, and a blank.
NEXT_SENTENCE = re.compile(r"[.!?]\s+\S")


def wrong_with(path: Path) -> list[str]:
    """What is wrong with a fragment, in words; nothing where it is as changelog.d/README.md says."""
    said = path.read_text(encoding="utf-8")
    wrong = []
    if not re.fullmatch(r"[a-z0-9-]+\.(added|changed|fixed|removed)\.md", path.name):
        wrong.append("its name")
    if not re.fullmatch(r"\S[^\n]*\.\n", said) or NEXT_SENTENCE.search(said):
        wrong.append("it is not one sentence")
    links = LINK.findall(said)
    if len(links) != 1:
        wrong.append(f"it has {len(links)} links")
    return wrong + [
        f"{page}#{heading}" for page, heading in links if not is_there(path.parent / page, heading)
    ]


def is_there(page: Path, heading: str) -> bool:
    """Whether a page exists, and has the heading where one is named (as GitHub writes its anchor)."""
    if not page.is_file():
        return False
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    anchors = {re.sub(r"[^\w -]", "", text.lower()).replace(" ", "-") for text in headings}
    return not heading or heading in anchors


@pytest.mark.parametrize("path", FRAGMENTS, ids=lambda path: path.name)
def test_a_fragment_is_one_sentence_with_a_link(path: Path) -> None:
    """One line, one period, one link, whose page and heading exist."""
    assert wrong_with(path) == []


@pytest.mark.parametrize(
    ("name", "said", "wrong"),
    [
        ("a.fixed.md", "It is mended: [page](README.md).\n", []),
        ("a.fixed.md", "It was broken. It is mended: [page](README.md).\n", ["it is not one sentence"]),
        ("a.fixed.md", "It is mended,\nsee [page](README.md).\n", ["it is not one sentence"]),
        ("a.fixed.md", "It is mended.\n", ["it has 0 links"]),
        ("a.fixed.md", "It is mended: [page](gone.md).\n", ["gone.md#"]),
        ("a.fixed.md", "It is mended: [page](README.md#here-it-is).\n", []),
        ("a.fixed.md", "It is mended: [page](README.md#nowhere).\n", ["README.md#nowhere"]),
        ("a.better.md", "It is mended: [page](README.md).\n", ["its name"]),
    ],
)
def test_another_fragment_is_refused(tmp_path: Path, name: str, said: str, wrong: list[str]) -> None:
    """Each rule is broken once, beside the fragment that keeps them all."""
    (tmp_path / "README.md").write_text("# Page\n\n## Here, it is\n", encoding="utf-8")
    (tmp_path / name).write_text(said, encoding="utf-8")
    assert wrong_with(tmp_path / name) == wrong

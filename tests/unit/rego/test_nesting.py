"""Rego that a parser would take for ever to read is refused before it sees it."""

import pytest

from auditor.model.errors import UsageError
from auditor.rego.load import check_modules, check_sizes

PATH = "controls/a/b/b.rego"
HEAD = "package controls.a.b\n\n"
#: What opens a level, and what closes it.
LEVELS = {
    "lists": ("[", "]"),
    "objects": ('{"a":', "}"),
    "sets": ("{", "}"),
    "comprehensions": ("[y | y := ", "]"),
    "bodies": ("every y in [1] {\n", "}\n"),
    "calls": ("count(", ")"),
    "lists in lines": ("[\n", "\n]"),
}


def nested(kind: str, levels: int) -> dict[str, str]:
    """A module with a value, or a body, that lies so many levels deep."""
    opening, closing = LEVELS[kind]
    inside = f"{opening * levels}1{closing * levels}"
    return {PATH: f"{HEAD}x if {{\n{inside}}}\n" if kind == "bodies" else f"{HEAD}x := {inside}\n"}


@pytest.mark.parametrize("kind", LEVELS)
@pytest.mark.parametrize("levels", [13, 90, 3_000])
def test_what_lies_too_deep_is_refused_at_once(kind: str, levels: int) -> None:
    """With file and line, of whatever depth; the parser would need twice as long for each level."""
    with pytest.raises(UsageError, match=rf"^{PATH}:\d+: brackets lie too deep in each other; write it"):
        check_sizes(nested(kind, levels))


@pytest.mark.parametrize("kind", LEVELS)
def test_what_anybody_writes_is_read(kind: str) -> None:
    """Ten levels; the shipped policies have six."""
    check_sizes(nested(kind, 10))


@pytest.mark.parametrize(
    "text",
    [
        'x := "' + "[" * 500 + '"',
        f"x := `{'{' * 500}`",
        f"# {'[' * 500}\nx := 1",
        'x := "\\"' + "[" * 500 + '"',
        "x := {" + ", ".join(f'"k{number}": [[{number}], {{1}}]' for number in range(300)) + "}",
        "x := [1, " * 40 + "1" + "]" * 40,
        "\n".join(f"x{number} := [[{number}]]" for number in range(10_000)),
    ],
    ids=["text", "raw text", "comment", "text with a quote", "wide", "not first", "many"],
)
def test_what_is_not_nested_is_read(text: str) -> None:
    """Brackets of texts and comments, many side by side, and those behind another value, which are quick."""
    check_sizes({PATH: f"{HEAD}{text}\n"})


def test_the_parser_is_quick_at_what_is_let_through() -> None:
    """Behind another value it reads forty levels at once."""
    check_modules({PATH: f"{HEAD}x := {'[1, ' * 40}1{']' * 40}\n"}, [])

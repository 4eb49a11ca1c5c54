"""docs/architecture.md says where things are and which word means what, and the code keeps to it."""

import ast
import re
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")

#: Words that named several things, or nothing that a reader could guess.
RETIRED = ("Book", "Books", "Catalog", "Lane", "Lanes", "Shelf", "Wish")


def public_classes(source: str) -> set[str]:
    """Names of the classes of a module that others may use."""
    return {
        node.name
        for node in ast.parse(source).body
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
    }


def modules_by_class() -> dict[str, list[str]]:
    """The modules that define a public class, by its name."""
    found: dict[str, list[str]] = defaultdict(list)
    for package in ("auditor", "reports"):
        for file in sorted((ROOT / package).rglob("*.py")):
            module = ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
            for name in public_classes(file.read_text(encoding="utf-8")):
                found[name].append(module)
    return dict(found)


def glossary(page: str) -> list[tuple[str, str]]:
    """Each word with the class that it is, "" where it is none."""
    table = page.partition("## Glossary")[2]
    rows = re.findall(r"^\| ([^|]+) \| [^|]+ \| (?:`([\w.]+)`)? *\|$", table, re.MULTILINE)
    return [(word.strip(), name) for word, name in rows if word.strip() != "word"]


def test_a_public_class_has_a_name_of_its_own() -> None:
    """Two classes of one name are two meanings of one word."""
    several = {name: modules for name, modules in modules_by_class().items() if len(modules) > 1}

    assert several == {}


def test_each_word_of_the_glossary_stands_once_and_is_the_class_that_it_says() -> None:
    """In the order of the alphabet; a class is where the page says."""
    rows = glossary(PAGE)
    words = [word for word, _ in rows]
    classes = modules_by_class()
    lost = [
        name for _, name in rows if name and classes.get(name.rpartition(".")[2]) != [name.rpartition(".")[0]]
    ]

    assert len(rows) > 25
    assert words == sorted(set(words))
    assert lost == []


def test_no_class_has_a_retired_name() -> None:
    """A word that was given up does not come back."""
    assert set(RETIRED) & set(modules_by_class()) == set()


def test_every_path_on_the_page_is_there() -> None:
    """A module that is moved takes the page along."""
    named = set(re.findall(r"`((?:auditor|reports|policies)/[\w./]+)`", PAGE))
    missing = sorted(path for path in named if not (ROOT / path).exists())

    assert len(named) > 25
    assert missing == []


def test_the_checks_can_fail() -> None:
    """A private class counts for nothing, a row without a class has none."""
    page = "## Glossary\n| word | what | class |\n|---|---|---|\n| gap | x | `a.b.Gap` |\n| vault | y | |\n"

    assert public_classes("class A: ...\nclass _B: ...\nx = 1") == {"A"}
    assert glossary(page) == [("gap", "a.b.Gap"), ("vault", "")]

"""docs/refusals.md has an example of each rule of what loads policies and what is named beside them."""

import ast
from pathlib import Path
from traceback import walk_tb
from typing import Final

import pytest

from scripts.refusals_page import examples, refusal
from tests.architecture.committed import ROOT

#: What of the catalogue writes policies and pages, and loads none.
NO_LOADERS: Final = ("draft", "pages")
MODULES: Final = (
    *(f"auditor/rego/{name}.py" for name in ("checks", "names", "source", "testing")),
    *(
        f"auditor/catalogue/{file.name}"
        for file in sorted((ROOT / "auditor" / "catalogue").glob("*.py"))
        if file.stem not in NO_LOADERS
    ),
    *(f"auditor/yaml_files/{name}.py" for name in ("document", "nodes")),
    "auditor/model/audit_manager.py",
)
#: What no example shows, by a part of its text: why.
NOT_SHOWN: Final = {
    "there is no schema of the facts of": "the schema of METADATA refuses such a subject before",
    "it has more than": "a limit of size",
    "the policies have": "a framework that an audit names, and no policy",
    "is asked by an audit; name another one": "the same",
    "it begins with a byte order mark": "a page cannot show one",
    "and nothing else that adds to": "an empty folder",
    "there is no such folder": "no folder",
    "an audit without controls would prove nothing": "a whole folder without controls",
    "The policies are missing beside": "a broken installation",
    "write a part of an input": "what is no part of an input, of each language",
    "no rule gives the evidence": "of a suggestion as of a reason",
    "it is nested too deeply": "a limit of size",
    "values are not read": "the same",
    "levels deep is not read": "the same",
    "before it told of the tests": "OPA, and no policy",
    "does not run the tests": "the same",
    "name a file that can be read": "no file",
    "is not UTF-8": "a page cannot show it",
    "{error.reason}": "a character that a page cannot show",
    "is a text; write it in quotes": "the schema of a framework of Audit Manager refuses it before",
}


def sites() -> dict[tuple[str, int, int], str]:
    """Where the loader refuses: module, first and last line, and what stands there."""
    found = {}
    for module in MODULES:
        source = (ROOT / module).read_text(encoding="utf-8")
        for node in (one for one in ast.walk(ast.parse(source)) if isinstance(one, ast.stmt)):
            refused = isinstance(node, ast.Expr) and ast.unparse(node).startswith("refuse(")
            if refused or (isinstance(node, ast.Raise) and node.exc is not None):
                text = ast.get_source_segment(source, node) or ""
                found[module, node.lineno, node.end_lineno or node.lineno] = text
    return found


def reached(error: BaseException | None) -> set[tuple[str, int]]:
    """The modules and lines through which a refusal came, and what it was made of."""
    lines = set()
    while error is not None:
        for frame, number in walk_tb(error.__traceback__):
            path = Path(frame.f_code.co_filename)
            if path.is_relative_to(ROOT):
                lines.add((path.relative_to(ROOT).as_posix(), number))
        error = error.__context__
    return lines


@pytest.mark.long
def test_each_refusal_has_an_example() -> None:
    """Or a reason why none shows it, and no reason is left over."""
    lines = set().union(*(reached(refusal(one)) for one in examples()))
    missed = [
        text
        for (module, first, last), text in sites().items()
        if not any((module, line) in lines for line in range(first, last + 1))
    ]
    assert [text for text in missed if not any(part in text for part in NOT_SHOWN)] == []
    assert [part for part in NOT_SHOWN if not any(part in text for text in missed)] == []

"""docs/refusals.md has an example of each rule of the loader, with the sentence that the loader says."""

import ast
from pathlib import Path
from types import TracebackType
from typing import Final

import pytest

from scripts.refusals_page import examples, refusal
from tests.architecture.committed import ROOT

MODULES: Final = (
    *(f"auditor/rego/{name}.py" for name in ("checks", "names")),
    *(
        f"auditor/catalogue/{name}.py"
        for name in ("annotations", "controls", "frameworks", "layers", "load", "suggestions")
    ),
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


def reached(trace: TracebackType | None) -> set[tuple[str, int]]:
    """The modules and lines through which a refusal came."""
    lines = set()
    while trace is not None:
        path = Path(trace.tb_frame.f_code.co_filename)
        if path.is_relative_to(ROOT):
            lines.add((path.relative_to(ROOT).as_posix(), trace.tb_lineno))
        trace = trace.tb_next
    return lines


@pytest.mark.long
def test_each_refusal_has_an_example() -> None:
    """Or a reason why none shows it, and no reason is left over."""
    lines = set().union(*(reached(refusal(one).__traceback__) for one in examples()))
    missed = [
        text
        for (module, first, last), text in sites().items()
        if not any((module, line) in lines for line in range(first, last + 1))
    ]
    assert [text for text in missed if not any(part in text for part in NOT_SHOWN)] == []
    assert [part for part in NOT_SHOWN if not any(part in text for text in missed)] == []

"""One result in every format, byte for byte.

After a wanted change: `UPDATE_GOLDEN=1 pytest tests/check/formats`, and read the difference before committing
it.
"""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from rich.cells import cell_len

from auditor.check import document
from auditor.check.formats.registry import NAMES
from auditor.check.result import NotWhole
from auditor.model.verdicts import Reason
from tests.check.results import entry, rendered, result, sample

GOLDEN = Path(__file__).with_name("golden")
CASES: dict[str, tuple[str, dict[str, Any]]] = {
    **{f"check.{name}": (name, {}) for name in NAMES},
    **{f"check.terminal-{width}": ("terminal", {"width": width}) for width in (80, 100, 160)},
    "check.terminal-coloured": ("terminal", {"width": 80, "colour": True}),
}


@pytest.mark.parametrize("file", CASES)
def test_a_result_in_every_format_is_the_committed_one(file: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same result gives the same bytes, and nothing of it is left out."""
    for module in ("auditor", "auditor.check.document"):
        monkeypatch.setattr(f"{module}.__version__", "1.2.3")
    name, how = CASES[file]

    text, said = rendered(name, sample(), **how)

    if os.environ.get("UPDATE_GOLDEN"):
        GOLDEN.mkdir(exist_ok=True)
        (GOLDEN / file).write_text(text, encoding="utf-8")
    assert text == (GOLDEN / file).read_text(encoding="utf-8")
    assert said == []


def test_the_json_has_the_shape_of_its_schema() -> None:
    """With all that it may have: old entries, a baseline, a waiver."""
    schema = json.loads(Path(document.__file__).with_name("check.schema.json").read_text(encoding="utf-8"))

    assert list(Draft202012Validator(schema).iter_errors(json.loads(rendered("json", sample())[0]))) == []


def test_there_is_no_golden_file_beside_these() -> None:
    """Each is of a case."""
    assert {file.name for file in GOLDEN.iterdir()} == set(CASES)


@pytest.mark.parametrize("width", [40, 80, 100, 160])
@pytest.mark.parametrize("text", ["x" * 500, "中文 " * 90, "a b " * 200, "::error " * 60, f":{'::x' * 90}"])
def test_no_text_is_wider_than_the_terminal(text: str, width: int) -> None:
    """Counted in columns; a word that is longer than a line is broken."""
    reason = Reason("a", text, {"protection": {"explanation": [text]}})
    made = result(
        entry(text, line=2, reasons=(reason,), fix=text), assumed=[text], incomplete=[NotWhole(text, text)]
    )

    lines = rendered("terminal", made, width=width)[0].splitlines()

    assert max(map(cell_len, lines)) <= width
    assert not [line for line in lines if line.lstrip().startswith("::")]


@pytest.mark.parametrize("width", [80, 100, 160])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    """Text is broken between words, and a line of a file is cut."""
    lines = rendered("terminal", sample(), width=width)[0].splitlines()

    assert max(map(len, lines)) <= width
    assert any(line.endswith("…") for line in lines) == (width < 135)


@pytest.mark.parametrize(
    ("changes", "head", "counts"),
    [
        ({}, "nothing found", "5 compliant, {}"),
        (
            {"baseline": sample().baseline, "old": sample().old, "assumed": ["a", "b"]},
            "nothing new",
            "5 compliant, {}, 1 old (in the baseline); 2 assumptions",
        ),
        ({"compliant": 0}, "nothing found, as nothing was judged", "0 compliant, {}"),
    ],
    ids=["alone", "baseline", "nothing"],
)
def test_nothing_new_is_one_line(changes: dict[str, Any], head: str, counts: str) -> None:
    """With the mark by which the comment is found again; what is not whole is something."""
    line = counts.format("0 findings, 0 unknown, 0 not looked at, 0 waived")
    said = f"**Backup check: {head}** ({line}). <!-- auditor check -->\n"

    assert rendered("markdown", result(**changes))[0] == said
    broken = rendered("markdown", result(**changes, incomplete=[NotWhole("plan.json", "cut")]))[0]
    assert broken.startswith("### Backup check: 1 unknown <!-- auditor check -->\n")
    assert "- Not whole, so something may be missing: `plan.json: cut`\n" in broken

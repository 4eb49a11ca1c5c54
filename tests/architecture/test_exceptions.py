"""Whoever tells a checker to pass over a line says why."""

import re
import tokenize
from io import StringIO

import pytest

from tests.architecture.committed import committed

#: A comment to ruff or mypy, and what follows its codes.
SILENCED = re.compile(r"#\s*(?:noqa|type: ignore)\b(?::\s*[A-Z0-9, ]*[A-Z0-9]|\[[^\]]*\])?(.*)")
#: `-- why` or `- why` after ruff's, `# why` after mypy's.
REASON = re.compile(r"\s*(?:--?|#)\s*[^\s-]")


def without_reason(source: str) -> list[str]:
    """The comments that silence a checker and do not say why."""
    if not SILENCED.search(source):
        return []  # quicker than to look at each token
    tokens = tokenize.generate_tokens(StringIO(source).readline)
    comments = (token.string for token in tokens if token.type == tokenize.COMMENT)
    return [
        text for text in comments for match in [SILENCED.match(text)] if match and not REASON.match(match[1])
    ]


@pytest.mark.parametrize(
    ("comment", "said"),
    [
        ("# noqa: S101 -- why", True),
        ("# noqa: S101, PLC0415 - why", True),
        ("# noqa: S101", False),
        ("# noqa: S101 --", False),
        ("# noqa", False),
        ("# type: ignore[misc]  # why", True),
        ("# type: ignore[misc, arg-type] # why", True),
        ("# type: ignore[misc]", False),
        ("# type: ignore", False),
        ("# not a word to a checker", True),
    ],
)
def test_what_a_reason_is(comment: str, *, said: bool) -> None:
    """Words after the codes, in the checker's own form; a string that looks like a comment is none."""
    source = f'text = "# noqa: S101"  {comment}\n'

    assert without_reason(source) == ([] if said else [comment])


def test_every_exception_has_its_reason() -> None:
    """In every Python file."""
    found = {
        name: lines
        for name, text in committed().items()
        if name.endswith(".py") and (lines := without_reason(text))
    }

    assert found == {}

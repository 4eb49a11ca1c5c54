"""The file of responses: what is kept of it, and what is refused with its file and line."""

from datetime import date
from hashlib import sha256
from pathlib import Path

import pytest

from auditor.catalogue.responses import Response, Responses, load_responses
from auditor.model.errors import UsageError

TEXT = """responses:
  - cause: cause-0a1b2c3d4e5f
    response: The plan is changed
    owner: Storage
    due: 2026-03-31
"""


def test_responses_are_kept_with_the_digest_of_their_file(tmp_path: Path) -> None:
    """A day is a day; the digest is that of sha256sum. Without a file there is nothing."""
    file = tmp_path / "responses.yaml"
    file.write_bytes(TEXT.encode())

    assert load_responses(file) == Responses(
        (Response("cause-0a1b2c3d4e5f", "The plan is changed", "Storage", date(2026, 3, 31)),),
        TEXT.encode(),
        sha256(TEXT.encode()).hexdigest(),
    )
    assert load_responses(None) == Responses()


def test_the_example_is_a_file_of_responses() -> None:
    """It can be copied."""
    example = Path(__file__).resolve().parents[3] / "examples" / "responses.yaml"
    assert [one.owner for one in load_responses(example).entries] == ["Head of Storage"]


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("cause-0a1b2c3d4e5f", "finding-0a1b2c3d4e5f", 2, "cause"),
        ("The plan is changed", '"-"', 3, "'response' says nothing; write what is done about the cause."),
        ("Storage", '" "', 4, "'owner' says nothing; write who does it."),
        ("2026-03-31", "2026-02-30", 5, "write the day as YYYY-MM-DD."),
        ("2026-03-31", "soon", 5, "due"),
        ("    owner: Storage\n", "", 2, "owner"),
        ("    owner", "    other: 1\n    owner", 4, "other"),
    ],
)
def test_a_response_that_says_too_little_is_refused(
    tmp_path: Path, old: str, new: str, line: int, said: str
) -> None:
    """With the file and the line."""
    file = tmp_path / "responses.yaml"
    file.write_text(TEXT.replace(old, new))
    with pytest.raises(UsageError) as refused:
        load_responses(file)
    assert f"{file}:{line}" in str(refused.value)
    assert said in str(refused.value)


def test_a_cause_is_answered_once(tmp_path: Path) -> None:
    """The second one is named; another cause may have its own."""
    file = tmp_path / "responses.yaml"
    entry = TEXT.partition("\n")[2]
    file.write_text(TEXT + entry.replace("0a1b", "ffff"))
    assert len(load_responses(file).entries) == 2

    file.write_text(TEXT + entry)
    with pytest.raises(UsageError, match=r":6.*cause-0a1b2c3d4e5f is answered twice"):
        load_responses(file)

"""A document or verdicts that somebody edited: refused in one sentence, never a traceback."""

import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

Said = Callable[..., tuple[int, str]]
GONE = object()
WRONG: tuple[Any, ...] = (None, "x", -1, [], {}, "2026-02-30T00:00:00Z", 10**30, GONE)


def places(value: Any, above: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """The path of each part of a document; of a list the first item's."""
    if above:
        yield above
    items = (
        value.items() if isinstance(value, dict) else enumerate(value[:1]) if isinstance(value, list) else ()
    )
    for key, part in items:
        yield from places(part, (*above, key))


def edited(document: Any, path: tuple[str | int, ...], value: object) -> Any:
    """A copy with something else at a path."""
    made = json.loads(json.dumps(document))
    part = made
    for step in path[:-1]:
        part = part[step]
    if value is GONE:
        del part[path[-1]]
    else:
        part[path[-1]] = value
    return made


@pytest.mark.long
def test_edited_documents_are_read_or_refused(run: Path, said: Said) -> None:
    """Fifty places, something wrong in each, and always the same ones."""
    document = json.loads((run / "document.json").read_bytes())
    chance = random.Random(11)  # noqa: S311 -- no secret: the same places each time
    for path in chance.sample(sorted(places(document), key=str), 50):
        (run / "document.json").write_text(json.dumps(edited(document, path, chance.choice(WRONG))))
        code, told = said("explain", "vol-1", "--run", run)
        assert code in (0, 1, 2), path
        assert "unexpected" not in told, path


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("run", "as_of"), "2026-02-30T00:00:00Z"),
        (("run", "period_start"), "2026-02-10T25:00:00Z"),
        (("tiers", 0, "rpo_hours"), GONE),
        (("tiers", 0, "lock"), GONE),
        (("controls",), None),
        (("schema_version",), 7),
        (("findings",), [{}]),
    ],
)
def test_what_a_report_cannot_show_is_refused(run: Path, said: Said, path: Any, value: object) -> None:
    """The file is named, and what writes it again."""
    document = json.loads((run / "document.json").read_bytes())
    (run / "document.json").write_text(json.dumps(edited(document, path, value)))

    code, told = said("report", run, "--formats", "html")

    assert (code, told.count("\n")) == (2, 0)
    assert "document.json: The audit document is wrong at " in told
    assert "write it again with `auditor evaluate`" in told


@pytest.mark.parametrize("name", ["verdicts.parquet", "gaps.parquet"])
@pytest.mark.parametrize("kind", ["no Parquet", "other columns", "cut"])
def test_verdicts_that_are_not_as_they_were_written_are_refused(
    run: Path, said: Said, name: str, kind: str
) -> None:
    """As are gaps, whatever is wrong with the file."""
    file = run / name
    if kind == "no Parquet":
        file.write_bytes(b"verdicts")
    elif kind == "cut":
        file.write_bytes(file.read_bytes()[:-30])
    else:
        pq.write_table(pa.table({"x": [1]}), file)

    code, told = said("report", run, "--formats", "csv")

    assert (code, told.count("\n")) == (2, 0)
    assert f"{name} is not as it was written; write it again with `auditor evaluate {run}`" in told

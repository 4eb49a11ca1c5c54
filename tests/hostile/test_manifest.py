"""A run whose manifest or evidence was written by somebody else: refused in one sentence, at once."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from auditor.evidence.layout import VERSION
from tests.loopback.auditing import audit
from tests.loopback.standing import standing

Said = Callable[..., tuple[int, str]]
DELETED = object()
HOME = "evidence/111122223333/eu-central-1"


def changed(run: Path, path: str, value: object) -> None:
    """Write the manifest with something else at `path`, its parts separated by dots."""
    manifest = json.loads((run / "manifest.json").read_bytes())
    *above, last = path.split(".")
    part = manifest
    for step in above:
        part = part[step]
    if value is DELETED:
        del part[last]
    else:
        part[last] = value
    (run / "manifest.json").write_text(json.dumps(manifest))


def put(run: Path, name: str, data: bytes, rows: int = 1) -> None:
    """Write an evidence file and its digest."""
    (run / name).write_bytes(data)
    manifest = json.loads((run / "manifest.json").read_bytes())
    manifest["files"][name] = {"sha256": sha256(data).hexdigest(), "size": len(data), "rows": rows}
    (run / "manifest.json").write_text(json.dumps(manifest))


METADATA: list[tuple[str, Any, str]] = [
    ("metadata.period_start", "2026-03-02T00:00:00Z", "the period from 2026-03-02T00:00:00Z to 2026-03-01"),
    ("metadata.period_start", "2026-03-01T00:00:00Z", "the period from 2026-03-01T00:00:00Z to 2026-03-01"),
    ("metadata.period_start", "2001-01-01T00:00:00Z", "the period from 2001-01-01T00:00:00Z to 2026-03-01"),
    ("metadata.period_start", "2026-02-01", "period_start is not a time"),
    ("metadata.period_start", DELETED, "period_start is not a time"),
    ("metadata.as_of", "2026-02-28T00:00:00Z", "period_end is not as_of"),
    ("metadata.as_of", "9999-12-31T23:59:59Z", "as_of is not a time"),
    ("metadata.as_of", 20260301, "as_of is not a time"),
    ("metadata.as_of", None, "as_of is not a time"),
    ("metadata.as_of", ["2026-03-01T00:00:00Z"], "as_of is not a time"),
    ("metadata.collected_at", "yesterday", "collected_at is not a time"),
    ("metadata.partition", None, "partition is not a text"),
    ("metadata.run_id", DELETED, "run_id is not a text"),
    ("metadata.provenance", [], "provenance is not what it says"),
    ("metadata.provenance.settings", [{"name": "accounts"}], "provenance is not what it says"),
    ("metadata.provenance.started_at", "yesterday", "provenance is not what it says"),
    ("metadata.chain", [], "chain is not what it says"),
    ("metadata.chain.runs", [{"run_id": "../../x", "state": "gone"}], "chain is not what it says"),
    ("metadata.chain.runs", [{"run_id": "2026-01-01T00-00-00Z", "state": "changed"}], "chain is not what it"),
    ("metadata.chain.older", -1, "chain is not what it says"),
    ("metadata.tables", "resources", "tables, regions and resource_types are not lists of names"),
    ("metadata.regions", [1], "tables, regions and resource_types are not lists of names"),
    ("metadata", [], "is not a manifest of a run"),
    ("partitions", {}, "is not a manifest of a run"),
    ("partitions", [["111122223333"]], "is not a manifest of a run"),
    ("partitions", [["111122223333", "../../x"]], "is not a manifest of a run"),
    ("partitions", [["111122223333", "eu-central-1"]] * 2, "is not a manifest of a run"),
    ("files", [], "is not a manifest of a run"),
    ("files", {"evidence/accounts.parquet": "x"}, "is not a manifest of a run"),
    ("files", {"../../x": {"sha256": "0" * 64, "size": 1, "rows": 1}}, "is not as it was written"),
    ("version", VERSION + 1, f"is of version {VERSION + 1} and this release reads version {VERSION}"),
    ("version", str(VERSION), f"is of version {VERSION} and"),
    ("version", DELETED, "is not a manifest of a run"),
]  # fmt: skip


@pytest.mark.long
@pytest.mark.timeout(30)
@pytest.mark.parametrize(("path", "value", "sentence"), METADATA)
def test_an_edited_manifest_is_refused(
    run: Path, said: Said, path: str, value: object, sentence: str
) -> None:
    """What cannot be is said, whether the run is judged again or explained."""
    changed(run, path, value)

    for command in (("evaluate", run), ("explain", "vol-1", "--run", run)):
        code, told = said(*command)
        assert (code, told.count("\n")) == (1, 0)
        assert sentence in told


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "\x00", '{"version": {}}', "[" * 100_000])
def test_what_is_no_manifest_is_refused(run: Path, said: Said, text: str) -> None:
    """Whatever stands in it."""
    (run / "manifest.json").write_text(text)

    code, told = said("evaluate", run)

    assert (code, told.count("\n")) == (1, 0)
    assert "manifest.json is not a manifest of a run" in told or "is of version {}" in told


def test_a_manifest_that_was_not_edited_is_read(run: Path, said: Said) -> None:
    """Written again with a longer period, and without the list of tables, which older runs do not have."""
    changed(run, "metadata.period_start", "2016-03-01T00:00:00Z")
    changed(run, "metadata.tables", DELETED)

    assert said("evaluate", run)[0] in (0, 3, 4)


def test_a_run_that_does_not_say_how_it_was_collected_is_judged_and_reported(run: Path, said: Said) -> None:
    """One of an older release: what it does not say is not recorded, and nothing counts as zero."""
    changed(run, "metadata.provenance", DELETED)
    for name in ("requests", "organization_accounts"):
        (run / "evidence" / f"{name}.parquet").unlink()
    manifest = json.loads((run / "manifest.json").read_bytes())
    for name in ("requests", "organization_accounts"):
        del manifest["files"][f"evidence/{name}.parquet"]
    (run / "manifest.json").write_text(json.dumps(manifest))

    assert said("evaluate", run)[0] in (0, 3, 4)
    assert said("report", run, "--formats", "html")[0] == 0
    page = (run / "report.html").read_text(encoding="utf-8")
    assert "not recorded" in page
    assert "How many accounts the organization has is not known" in page


def _table(run: Path, name: str) -> pa.Table:
    return pq.ParquetFile(run / name).read()


def _bytes(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink)
    return bytes(sink.getvalue())


def _with(table: pa.Table, column: str, value: object) -> pa.Table:
    """The table with another value in the first row; a time is given in epoch milliseconds."""
    kind = table.schema.field(column).type
    plain = table[column].cast(pa.int64()) if pa.types.is_timestamp(kind) else table[column]
    values = pa.array([value, *plain.to_pylist()[1:]], plain.type).cast(kind)
    return table.set_column(table.schema.get_field_index(column), table.schema.field(column), values)


BROKEN: dict[str, Callable[[Path], bytes]] = {
    "no Parquet": lambda _: b"PAR1 not really",
    "empty": lambda _: b"",
    "cut": lambda file: file.read_bytes()[:-40],
    "pages spoilt": lambda file: b"PAR1" + b"\xff" * 200 + file.read_bytes()[204:],
    "a column less": lambda file: _bytes(_table(file.parent, file.name).drop_columns(["arn"])),
    "a column more": lambda file: _bytes(_table(file.parent, file.name).append_column("x", pa.array([1]))),
    "another type": lambda _: _bytes(pa.table({"arn": [1]})),
    "another table": lambda file: (file.parent / "backup_jobs.parquet").read_bytes(),
}


@pytest.mark.long
@pytest.mark.timeout(30)
@pytest.mark.parametrize("kind", BROKEN)
def test_broken_evidence_with_the_right_digest_is_refused(run: Path, said: Said, kind: str) -> None:
    """The file is named."""
    name = f"{HOME}/resources.parquet"
    put(run, name, BROKEN[kind](run / name))

    code, told = said("evaluate", run)

    assert (code, told.count("\n")) == (1, 0)
    assert f"{name} does not have the content that its name says; collect the evidence again." in told


def _null(name: str, column: str) -> tuple[str, str, object]:
    return name, column, None


@pytest.mark.long
@pytest.mark.timeout(30)
@pytest.mark.parametrize(
    ("name", "column", "value"),
    [
        _null("evidence/accounts", "account_id"),
        _null("evidence/accounts", "partition"),
        _null("evidence/calls", "calls"),
        _null(f"{HOME}/resources", "arn"),
        _null(f"{HOME}/resources", "resource_type"),
        (f"{HOME}/resources", "created_at", 250_246_627_200_000),
        (f"{HOME}/backup_plans", "valid_from", -(2**62)),
        (f"{HOME}/backup_vaults", "created_at", 2**62),
        (f"{HOME}/recovery_points", "delete_at", -2_208_988_800_001),
    ],
)
def test_values_that_cannot_be_are_refused(
    run: Path, said: Said, name: str, column: str, value: object
) -> None:
    """Nothing where something must stand, and times that no calendar has; the digest is right."""
    put(run, f"{name}.parquet", _bytes(_with(_table(run, f"{name}.parquet"), column, value)))

    code, told = said("evaluate", run)

    assert (code, told.count("\n")) == (1, 0)
    assert f"{name}.parquet does not have the content that its name says; collect the evidence again." in told


@pytest.mark.long
@pytest.mark.parametrize(
    ("name", "column", "value"),
    [
        _null(f"{HOME}/resources", "created_at"),
        _null(f"{HOME}/backup_jobs", "resource_arn"),
        (f"{HOME}/recovery_points", "delete_at", 250_246_627_199_999),
        (f"{HOME}/resources", "created_at", -2_208_988_800_000),
        (f"{HOME}/backup_plans", "document", "{"),
    ],
)
def test_values_that_can_be_are_judged(run: Path, said: Said, name: str, column: str, value: object) -> None:
    """What AWS did not return is null, and a document that cannot be read is a gap."""
    put(run, f"{name}.parquet", _bytes(_with(_table(run, f"{name}.parquet"), column, value)))

    assert said("evaluate", run)[0] in (0, 3, 4)


def test_a_place_of_an_account_that_is_not_listed_is_refused(run: Path, said: Said) -> None:
    """The accounts are the run's own."""
    changed(run, "partitions", [["999999999999", "eu-central-1"]])

    code, told = said("evaluate", run)

    assert (code, told.count("\n")) == (1, 0)
    assert "manifest.json is not as an auditor writes it: the account 999999999999 is not among" in told


def test_evidence_that_is_written_again_is_read(run: Path, said: Said) -> None:
    """The same rows in other bytes, with their digest."""
    name = f"{HOME}/resources.parquet"
    put(run, name, _bytes(_table(run, name)))

    assert said("evaluate", run)[0] in (0, 3, 4)


@pytest.mark.long
@pytest.mark.parametrize("kind", ["backup_jobs", "recovery_points", "vaults", "volumes", "plans"])
def test_a_time_that_no_calendar_has_is_a_gap_when_it_is_read(tmp_path: Path, kind: str) -> None:
    """The run is whole, says which call is not known, and can be judged again."""
    world = standing(14)
    home, late = world.at("eu-central-1"), datetime(9999, 12, 31, tzinfo=UTC)
    rows = home.recovery_points["main"] if kind == "recovery_points" else getattr(home, kind)
    name = "CreateTime" if kind == "volumes" else "CreationDate"
    (rows[0]["Versions"][0] if kind == "plans" else rows[0])[name] = late

    found = audit(world, tmp_path)

    assert found.exit_code == 4
    assert {gap["account_id"] for gap in found.gaps} == {"111122223333"}

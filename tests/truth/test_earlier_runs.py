"""The runs before an audit, in the same folder: each is as it was named, or the next audit says so."""

import shutil
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import orjson
import pyarrow.parquet as pq
import pytest

from tests.loopback.auditing import Judgement, audit, command
from tests.loopback.standing import HOME, World, standing

CONTROL = "BKP-GOV-024"
ACCOUNTS = "evidence/accounts.parquet"


@dataclass(frozen=True)
class Night:
    """One run of several: its folder, the exit code, and what it says of each run by its id."""

    run: Path
    code: int
    verdicts: dict[str, str]
    said: list[str]


def first(world: World, tmp_path: Path, **asked: int) -> Judgement:
    """The first audit; `asked` are keys of the parameter `earlier_runs`."""
    parameters = {"evidence": {"earlier_runs": asked}} if asked else None
    return audit(world, tmp_path, parameters=parameters, regions=[HOME])


def again(world: World, before: Path) -> Night:
    """The same audit once more, into the same folder of runs."""
    known = {*before.parent.iterdir()}
    code, _, _ = command(world, "audit", "--config", str(before.parents[1] / "auditor.yaml"), "--untested")
    (run,) = {*before.parent.iterdir()} - known
    document = orjson.loads((run / "document.json").read_bytes())
    found = [one for one in document["findings"] if one["control_id"] == CONTROL]
    table = pq.read_table(run / "verdicts.parquet", columns=["control_id", "arn", "verdict"]).to_pylist()
    verdicts = {
        one["arn"].removeprefix("run/"): one["verdict"] for one in table if one["control_id"] == CONTROL
    }
    return Night(run, code, verdicts, [reason["message"] for one in found for reason in one["reasons"]])


def chain(run: Path) -> dict[str, Any]:
    """What a run's manifest says of those before it."""
    said: dict[str, Any] = orjson.loads((run / "manifest.json").read_bytes())["metadata"]["chain"]
    return said


def spoil(run: Path) -> str:
    """Change a byte of the evidence; the digest that the file had."""
    manifest = orjson.loads((run / "manifest.json").read_bytes())
    data = bytearray((run / ACCOUNTS).read_bytes())
    data[20] ^= 1
    (run / ACCOUNTS).write_bytes(data)
    return str(manifest["files"][ACCOUNTS]["sha256"])


def test_a_run_passes_by_the_run_before_it(tmp_path: Path) -> None:
    """The first is not asked; the second names it and finds it as its manifest says."""
    world = standing(keep=14)
    one = first(world, tmp_path)
    assert CONTROL not in {control for control, _ in one.verdicts}
    two = again(world, one.run)
    assert (chain(one.run)["first"], chain(two.run)["previous"]["run_id"]) == (True, one.run.name)
    verdicts = {two.run.name: "NOT_APPLICABLE", one.run.name: "COMPLIANT"}
    assert (two.code, two.verdicts, two.said) == (one.exit_code, verdicts, [])


@pytest.mark.long
def test_an_earlier_run_that_was_changed_is_a_finding_of_the_next(tmp_path: Path) -> None:
    """Not of one that was collected before, nor of a copy of that, which says what it said byte for byte."""
    world = standing(keep=14)
    one = first(world, tmp_path)
    two = again(world, one.run)
    copy = tmp_path / "copy" / two.run.name
    shutil.copytree(two.run, copy)
    before, had = (two.run / "document.json").read_bytes(), spoil(one.run)
    by = ["--config", str(one.run.parents[1] / "auditor.yaml")]
    assert command(world, "evaluate", str(copy), *by, "--untested")[0] == two.code
    assert (copy / "document.json").read_bytes() == before

    shutil.rmtree(two.run)
    three = again(world, one.run)

    assert (three.code, three.verdicts[one.run.name]) == (3, "NON_COMPLIANT")
    now = sha256((one.run / ACCOUNTS).read_bytes()).hexdigest()
    assert three.said == [f"{ACCOUNTS} has the digest {now}, and its manifest names {had}"]
    code, told, _ = command(world, "explain", f"run/{one.run.name}", "--run", str(three.run))
    assert (code, f"  {CONTROL}  NON_COMPLIANT  " in told) == (0, True)


@pytest.mark.long
def test_a_first_run_is_not_judged_where_runs_have_to_be_kept(tmp_path: Path) -> None:
    """And one that is gone is a finding of the next, which its link names."""
    world = standing(keep=14)
    one = first(world, tmp_path, kept_days=30)
    assert one.verdict(CONTROL, f"run/{one.run.name}") == "NOT_APPLICABLE"
    two = again(world, one.run)
    assert two.verdicts == {two.run.name: "NOT_APPLICABLE", one.run.name: "COMPLIANT"}
    shutil.rmtree(one.run)

    three = again(world, two.run)

    assert (three.code, three.verdicts[one.run.name]) == (3, "NON_COMPLIANT")
    assert three.said == ["it is gone, and runs of its age have to be kept"]


@pytest.mark.long
def test_removal_is_housekeeping_where_nobody_asks(tmp_path: Path) -> None:
    """It is named in the manifest, and no finding."""
    world = standing(keep=14)
    one = first(world, tmp_path)
    two = again(world, one.run)
    shutil.rmtree(one.run)

    three = again(world, two.run)

    assert {entry["run_id"]: entry["state"] for entry in chain(three.run)["runs"]} == {
        two.run.name: "as_named", one.run.name: "gone",
    }  # fmt: skip
    assert three.code == two.code
    assert (three.verdicts[two.run.name], three.verdicts[one.run.name]) == ("COMPLIANT", "NOT_APPLICABLE")


@pytest.mark.long
def test_a_run_that_cannot_be_read_is_no_pass(tmp_path: Path) -> None:
    """The next run does not take itself for the first; it names what it could not read."""
    world = standing(keep=14)
    one = first(world, tmp_path)
    (one.run / "manifest.json").write_bytes(b"{")

    two = again(world, one.run)

    assert (chain(two.run)["first"], two.code) == (False, 4)
    assert two.verdicts[one.run.name] == "INSUFFICIENT_DATA"


@pytest.mark.long
def test_a_verdict_by_more_files_than_were_compared_is_none(tmp_path: Path) -> None:
    """What a run did not compare when it was collected, no later judgement knows."""
    world = standing(keep=14)
    one = first(world, tmp_path, files_of=0)
    two = again(world, one.run)
    assert {*two.verdicts.values()} == {"NOT_APPLICABLE"}

    code, _, _ = command(world, "evaluate", str(two.run), "--tiers", str(one.run.parents[1] / "tiers.yaml"))

    found = orjson.loads((two.run / "document.json").read_bytes())["summary"]["by_control"][CONTROL]
    assert (code, found["INSUFFICIENT_DATA"]) == (4, 1)

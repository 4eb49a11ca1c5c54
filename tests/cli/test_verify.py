"""`auditor verify`: every run of a folder beside what its manifest and the runs after it say of it."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from auditor.cli.main import main
from tests.loopback.kept import kept
from tests.unit.evidence.test_earlier_runs import KEYS, change_file, digest, name, nights, pipe, without_chain

Said = Callable[..., tuple[int, str, str]]


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Said:
    """Call the command in this process: exit code, stdout and stderr."""
    monkeypatch.setenv("COLUMNS", "120")

    def call(*arguments: object) -> tuple[int, str, str]:
        with kept(), pytest.raises(SystemExit) as end:
            main(["verify", *map(str, arguments)])
        captured = capsys.readouterr()
        return int(end.value.code or 0), captured.out, captured.err

    return call


def test_runs_that_are_as_they_were_named(said: Said, tmp_path: Path) -> None:
    """A line for each, with the run that named it first, and the digest that nothing vouches for yet."""
    nights(tmp_path, 3)

    code, out, err = said(tmp_path)

    assert (code, err) == (0, "")
    rows = [[part.strip() for part in line.split("│")[1:-1]] for line in out.splitlines() if "2026" in line]
    assert rows[:-1] == [
        [name(3), "as it was named", "none"],
        [name(2), "as it was named", name(3)],
        [name(1), "as it was named", name(2)],
    ]
    assert out.endswith(f"The newest run, {name(3)}, has the digest {digest(tmp_path, name(3))}.\n")


def test_what_was_changed_or_is_gone_is_named(said: Said, tmp_path: Path) -> None:
    """However old the run is, and whatever else cannot be read."""
    nights(tmp_path, 4)
    before = digest(tmp_path, name(1), KEYS)
    change_file(tmp_path / name(1))
    code, out, _ = said(tmp_path)
    now = digest(tmp_path, name(1), KEYS)
    assert (code, f"\n{name(1)}: {KEYS} has the digest {now}, and {before} is named.\n" in out) == (3, True)
    pipe(tmp_path / name(2))
    shutil.rmtree(tmp_path / name(3))

    code, out, _ = said(tmp_path, "--json")

    told = json.loads(out)
    assert (code, told["exit_code"], told["notes"]) == (3, 3, [])
    assert [(one["run_id"], one["state"]) for one in told["runs"]] == [
        (name(4), "as_named"), (name(3), "gone"), (name(2), "unread"), (name(1), "changed"),
    ]  # fmt: skip


@pytest.mark.parametrize(("days", "code"), [((), 3), (("--kept-days", 2), 3), (("--kept-days", 1), 0)])
def test_a_run_may_be_gone_when_it_is_old_enough(
    said: Said, tmp_path: Path, days: tuple[object, ...], code: int
) -> None:
    """It began two days before the newest one."""
    nights(tmp_path, 3)
    shutil.rmtree(tmp_path / name(1))
    assert said(tmp_path, *days)[0] == code


def test_the_days_before_the_first_time_are_none(said: Said, tmp_path: Path) -> None:
    """A folder may be named by any time."""
    (tmp_path / "0001-01-01T00-00-00Z").mkdir()
    assert said(tmp_path, "--kept-days", 36_500)[0] == 4


def test_what_cannot_be_compared_is_no_pass(said: Said, tmp_path: Path) -> None:
    """A file that cannot be read, and a run of an older release that nothing names yet."""
    nights(tmp_path, 2)
    pipe(tmp_path / name(1))
    code, out, _ = said(tmp_path)
    assert (code, f"\n{name(1)}: its manifest.json cannot be read: it is a pipe, not a file.\n" in out) == (
        4,
        True,
    )

    shutil.rmtree(tmp_path / name(1))
    without_chain(tmp_path, name(3))
    code, out, _ = said(tmp_path, "--kept-days", 1)
    assert (code, f"{name(3)}: it does not say which runs were before it;" in out) == (4, True)
    assert said(tmp_path)[0] == 3


def test_what_is_no_folder_of_runs_is_one_sentence(said: Said, tmp_path: Path) -> None:
    """A run, an empty folder, and one that is not there."""
    nights(tmp_path / "runs", 1)
    run = tmp_path / "runs" / name(1)
    for given, sentence in (
        (run, f"{run} is a run; name the folder that holds the runs, {run.parent}."),
        (run / "evidence", f"{run / 'evidence'} holds no run; name the folder that holds the runs."),
        (tmp_path / "no", f"{tmp_path / 'no'} holds no run; name the folder that holds the runs."),
    ):
        assert said(given) == (2, "", f"auditor: {sentence}\n")

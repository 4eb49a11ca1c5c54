"""Who may write a folder makes us overwrite nothing, wait for nothing and read nothing else."""

import fcntl
import os
import socket
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from auditor.cli.executor_service import alone, database_url
from auditor.executor.database.database import Database
from auditor.model.errors import AuditorError

Said = Callable[..., tuple[int, str]]

#: What a command writes into a run folder, and the command.
WRITTEN = {
    "document.json": "evaluate",
    "verdicts.parquet": "evaluate",
    "gaps.parquet": "evaluate",
    "judged_by": "evaluate",
    "report.html": "report",
    "findings.csv": "report",
}


def modes(folder: Path) -> dict[str, set[str]]:
    """The modes of what is in a folder and below, by kind."""
    found: dict[str, set[str]] = {"folder": {oct(folder.stat().st_mode & 0o777)}, "file": set()}
    for path in folder.rglob("*"):
        found["folder" if path.is_dir() else "file"].add(oct(path.stat().st_mode & 0o777))
    return found


def test_what_an_audit_leaves_is_its_owners_alone(audited: Path) -> None:
    """Run folder, evidence, policies, document and reports."""
    assert modes(audited) == {"folder": {"0o700"}, "file": {"0o600"}}
    assert oct(audited.parent.stat().st_mode & 0o777) == "0o700"


@pytest.mark.long
@pytest.mark.parametrize(("name", "command"), WRITTEN.items())
def test_a_link_in_the_place_of_what_is_being_written_is_not_followed(
    run: Path, tmp_path: Path, said: Said, name: str, command: str
) -> None:
    """Neither by the name that partial files once had, nor by the file's own."""
    other = tmp_path / "other"
    other.write_text("precious")
    (run / f".{name}.partial").symlink_to(other)
    if name.endswith(("html", "csv")):
        (run / name).unlink()
        (run / name).symlink_to(other)

    code, _ = said(command, run, *(["--formats", "html,csv"] if command == "report" else []))

    assert (code in (0, 4), other.read_text()) == (True, "precious")
    assert not (run / name).is_symlink()
    assert not [path for path in run.iterdir() if path.name.startswith(".") and not path.is_symlink()]


def test_a_database_and_its_lock_are_their_owners_alone(tmp_path: Path) -> None:
    """The file, SQLite's journals beside it, and the lock."""
    file = tmp_path / "executor.db"

    with alone(database_url(str(file))):
        database = Database.open(database_url(str(file)))
        with database.read():
            found = {path.name: oct(path.stat().st_mode & 0o777) for path in tmp_path.iterdir()}
        database.close()

    assert found == dict.fromkeys(
        ["executor.db", "executor.db-wal", "executor.db-shm", "executor.db.lock"], "0o600"
    )


def test_a_lock_that_is_a_link_empties_no_other_file(tmp_path: Path) -> None:
    """It is refused; a lock that an earlier executor left is taken."""
    other, lock = tmp_path / "other", tmp_path / "executor.db.lock"
    other.write_text("precious")
    lock.symlink_to(other)

    with pytest.raises(AuditorError, match=r"executor\.db\.lock cannot be locked: .*; remove it"):
        alone(database_url(str(tmp_path / "executor.db"))).__enter__()

    assert other.read_text() == "precious"
    lock.unlink()
    lock.touch()
    with alone(database_url(str(tmp_path / "executor.db"))):
        pass


def _pipe(path: Path) -> None:
    os.mkfifo(path)


def _socket(path: Path) -> None:
    os.chdir(path.parent)  # an address has 108 characters at most
    with socket.socket(socket.AF_UNIX) as one:
        one.bind(path.name)


def _device(path: Path) -> None:
    path.symlink_to("/dev/zero")


def _folder(path: Path) -> None:
    path.mkdir()


KINDS = {
    "a pipe": _pipe,
    "a socket": _socket,
    "a device": _device,
    "is a directory": _folder,
}

#: A command, and the option that names a file.
NAMED = (
    ("policy", "list", "--config"),
    ("policy", "list", "--tiers"),
    ("evaluate", "RUN", "--waivers"),
    ("executor", "simulate", "--resources", "EBS=1", "--inventory"),
    ("executor", "simulate", "--resources", "EBS=1"),
    ("executor", "serve", "--database", "executor.db", "--credentials"),
    ("executor", "run", "--database"),
)


@pytest.mark.timeout(60)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("command", NAMED, ids=" ".join)
def test_what_is_no_file_is_refused_at_once(
    run: Path,
    tmp_path: Path,
    said: Said,
    monkeypatch: pytest.MonkeyPatch,
    command: tuple[str, ...],
    kind: str,
) -> None:
    """A pipe would let us wait for ever, a device would never end."""
    monkeypatch.chdir(tmp_path)
    KINDS[kind](tmp_path / "odd")

    code, sentence = said(*(str(run) if part == "RUN" else part for part in command), "odd")

    assert (code, sentence.count("\n")) == (2, 0)
    assert "odd: " in sentence
    assert kind in sentence


@pytest.mark.timeout(60)
@pytest.mark.parametrize("kind", ["a pipe", "a device"])
@pytest.mark.parametrize(
    ("name", "command"),
    [
        ("manifest.json", "evaluate"),
        ("evidence/accounts.parquet", "evaluate"),
        ("document.json", "report"),
        ("verdicts.parquet", "report"),
        ("gaps.parquet", "report"),
        ("judged_by/policies/tiers.yaml", "explain"),
        ("judged_by/policies/parameters.yaml", "explain"),
    ],
)
def test_what_is_no_file_in_a_run_is_refused_at_once(
    run: Path, said: Said, name: str, command: str, kind: str
) -> None:
    """In one sentence that names it or what to do."""
    (run / name).unlink()
    KINDS[kind](run / name)

    code, sentence = said(*(("explain", "vol-1", "--run") if command == "explain" else (command,)), run)

    assert code in (1, 2)
    assert sentence.count("\n") == 0
    assert "unexpected" not in sentence
    assert "auditor evaluate" in sentence or Path(name).name in sentence


def test_a_link_to_a_file_is_a_file(tmp_path: Path, said: Said) -> None:
    """Settings that a cluster mounts are links."""
    (tmp_path / "real.yaml").write_text("fail_on: high\n")
    (tmp_path / "link.yaml").symlink_to("real.yaml")

    assert said("policy", "list", "--config", tmp_path / "link.yaml") == (0, "")


def test_settings_that_cannot_be_read_are_not_passed_over(
    tmp_path: Path, said: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`auditor.yaml` of the current folder: nothing there is no error, a pipe is."""
    monkeypatch.chdir(tmp_path)
    assert said("policy", "list")[0] == 0

    _pipe(tmp_path / "auditor.yaml")

    assert said("policy", "list")[0] == 2


@pytest.mark.long
def test_what_is_written_keeps_the_rest_of_the_folder(run: Path, said: Said) -> None:
    """Another's partial file that is in use stays, one that a crash left is removed."""
    used, left = run / ".document.json.used.partial", run / ".document.json.left.partial"
    left.touch()
    with used.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        said("evaluate", run)
        assert (used.exists(), left.exists()) == (True, False)
    said("evaluate", run)
    assert not used.exists()
    assert stat.S_ISREG((run / "document.json").stat().st_mode)

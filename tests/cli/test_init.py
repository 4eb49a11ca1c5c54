"""`auditor init`."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from subprocess import CompletedProcess

from auditor.config.load import load_settings
from auditor.model.settings import Settings

Run = Callable[..., CompletedProcess[str]]


def test_init_writes_a_file_that_is_read_as_the_defaults(auditor: Run, tmp_path: Path) -> None:
    """All keys are comments, so the settings are the defaults."""
    done = auditor("init")

    now = datetime(2026, 2, 9, tzinfo=UTC)
    assert (done.returncode, done.stderr) == (0, "")
    assert load_settings({}, tmp_path / "auditor.yaml", now=now) == Settings(as_of=now)


def test_init_never_overwrites(auditor: Run, tmp_path: Path) -> None:
    """What the user wrote stays, byte for byte."""
    file = tmp_path / "mine.yaml"
    file.write_text("workers: 3\n")

    done = auditor("init", "mine.yaml")

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "auditor: mine.yaml is there already; name another file, or remove this one first\n"
    assert file.read_text() == "workers: 3\n"

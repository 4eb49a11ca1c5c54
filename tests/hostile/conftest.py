"""One audited run that attacks are made on, each on a copy of its own."""

import math
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from auditor.cli.main import main
from tests.loopback.auditing import audit
from tests.loopback.kept import kept
from tests.loopback.standing import standing

Said = Callable[..., tuple[int, str]]


@pytest.fixture(scope="session")
def audited(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run folder with every file that an audit leaves, as it left them."""
    return audit(standing(14), tmp_path_factory.mktemp("hostile"), formats=["html", "csv", "json"]).run


@pytest.fixture
def run(audited: Path, tmp_path: Path) -> Path:
    """A copy of that run."""
    return Path(shutil.copytree(audited, tmp_path / "run"))


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Said:
    """Calls the command in this process: its exit code and the sentence on stderr, no progress."""
    monkeypatch.setattr("auditor.cli.progress.PATIENCE", math.inf)

    def call(*arguments: object) -> tuple[int, str]:
        with kept(), pytest.raises(SystemExit) as end:
            main([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return int(str(end.value.code)), captured.err.rstrip("\n")

    return call

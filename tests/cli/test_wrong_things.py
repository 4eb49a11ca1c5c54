"""What a newcomer types first: help that can be read, and one sentence that says what to do instead."""

import os
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from auditor.cli.main import main
from tests.loopback.kept import kept

Run = Callable[..., CompletedProcess[str]]


@pytest.fixture
def said(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Callable[..., tuple[int, str, str]]:
    """Call the command in this process and an empty folder: exit code, stdout and stderr."""
    for name in [name for name in os.environ if name.startswith(("AWS_", "AUDITOR_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.chdir(tmp_path)

    def call(*arguments: str) -> tuple[int, str, str]:
        with kept(), pytest.raises(SystemExit) as end:
            main(arguments)
        assert isinstance(end.value.code, int)
        captured = capsys.readouterr()
        return int(end.value.code), captured.out, captured.err

    return call


@pytest.mark.parametrize("command", [(), ("policy",), ("executor",)], ids=str)
def test_a_group_alone_prints_its_help(
    said: Callable[..., tuple[int, str, str]], command: tuple[str, ...]
) -> None:
    """As `--help` prints it, line by line, on stderr, and exits with 2: no command of it was named."""
    code, out, err = said(*command)

    assert (code, out) == (2, "")
    assert err == said(*command, "--help")[1]
    assert err.count("\n") > 8


@pytest.mark.parametrize("command", ["demo", "audit", "collect"])
@pytest.mark.parametrize("out", ["/proc/1/x", "file/runs", "file"])
def test_where_nothing_can_be_written_is_told_before_all_else(
    said: Callable[..., tuple[int, str, str]], tmp_path: Path, command: str, out: str
) -> None:
    """Before an organization is started, or a credential looked for."""
    (tmp_path / "file").touch()

    code, printed, err = said(command, "--out", out)

    assert (code, printed, err.count("\n")) == (1, "", 1)
    assert err.startswith(f"auditor: nothing can be written to {out} (")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_folder_that_can_be_made_is_not_made_before_there_is_a_run(
    said: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    """The check leaves nothing; the command stops at its next question."""
    assert said("audit", "--out", "new/runs")[2].startswith("auditor: There are no AWS credentials")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", ["evaluate", "report", "explain"])
def test_a_folder_of_runs_is_no_run(
    said: Callable[..., tuple[int, str, str]], tmp_path: Path, command: str
) -> None:
    """The newest one in it is named, whatever order their names have."""
    for number, name in enumerate(["b", "a", ".hidden", "no-run"]):
        (tmp_path / "runs" / name).mkdir(parents=True)
        if name != "no-run":
            (tmp_path / "runs" / name / "manifest.json").touch()
            os.utime(tmp_path / "runs" / name / "manifest.json", (number, number))
    (tmp_path / "runs" / "latest").symlink_to("a")

    code, out, err = said(*(("explain", "x", "--run") if command == "explain" else (command,)), "runs/")

    assert (code, out) == (2, "")
    assert "runs is not a run folder, but holds some; the newest is runs/a. See" in err


@pytest.mark.parametrize("command", ["audit", "collect", "push"])
@pytest.mark.parametrize(
    ("regions", "configured", "sentence"),
    [
        ("cn-north-1", "eu-west-1", "cn-north-1 is a Region of the partition aws-cn, and the configured"),
        ("eu-west-1,cn-north-1", "eu-west-1", "eu-west-1 is a Region of the partition aws and cn-north-1 of"),
        ("eu-west-1", "eu-central-1", "There are no AWS credentials;"),
        ("cn-north-1", "cn-northwest-1", "There are no AWS credentials;"),
        ("cn-north-1", "here", "There are no AWS credentials;"),
        ("cn-north-1", None, "There are no AWS credentials;"),
    ],
)  # fmt: skip
def test_regions_of_another_partition_are_told_before_anything_is_asked(
    said: Callable[..., tuple[int, str, str]],
    monkeypatch: pytest.MonkeyPatch,
    command: str,
    regions: str,
    configured: str | None,
    sentence: str,
) -> None:
    """Organizations is not to blame; Regions that fit, and names that only an endpoint knows, go on."""
    if configured:
        monkeypatch.setenv("AWS_REGION", configured)

    code, out, err = said(command, "--regions", regions)

    assert (code, out, err.count("\n")) == (2 if "partition" in sentence else 1, "", 1)
    assert err.startswith(f"auditor: {sentence}")


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        (("report", "nowhere"), "there is no run folder nowhere; `auditor audit` makes them below --out"),
        (
            ("evaluate", "."),
            "Invalid value for 'RUN': . is not a run folder; `auditor audit` makes them below",
        ),
        (
            ("explain", "vol-1"),
            "there is no run folder runs/latest; `auditor audit` makes them below --out",
        ),
        (("sandbox", "--port", "80a"), "it must be a whole number from 0 to 65535, not '80a'"),
        (("sandbox", "--port", "65536"), "it must be a whole number from 0 to 65535, not '65536'"),
        (("executor", "simulate", "--days", "0"), "it must be a whole number from 1 to 36500, not '0'"),
        (
            ("executor", "simulate", "--start", "tomorrow"),
            "it must be a day such as 2026-02-09, not 'tomo",
        ),
        (
            ("executor", "simulate", "--start", "9999-12-31"),
            "it must be a day such as 2026-02-09, not '99",
        ),
        (("executor", "run", "--database", "no/x.db"), "/no; make it, or name another database"),
        (("init", "no/x.yaml"), "no/x.yaml cannot be written (no such file or directory); name another file"),
        (("policy", "lst"), "No such command 'lst'. Did you mean 'list'?"),
    ],
)
def test_a_wrong_word_is_answered_with_what_would_be_right(
    said: Callable[..., tuple[int, str, str]], command: tuple[str, ...], sentence: str
) -> None:
    """In one line, with the exit code 2."""
    code, out, err = said(*command)

    assert (code, out, err.count("\n")) == (2, "", 1)
    assert sentence in err


def test_the_ends_of_numbers_and_days_are_taken(said: Callable[..., tuple[int, str, str]]) -> None:
    """The other side of each boundary: the next thing that is missing is told."""
    for days, start in (("1", "2000-01-01"), ("36500", "9000-12-31")):
        assert (
            "There is nothing to back up" in said("executor", "simulate", "--days", days, "--start", start)[2]
        )

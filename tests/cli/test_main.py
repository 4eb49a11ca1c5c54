"""The command's border: names, help, exit codes, one sentence for every error."""

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import click
import pytest

from auditor.cli.main import COMMANDS, cli, main
from auditor.cli.text import EXIT_CODES, one_line, safe, sentence
from auditor.model.errors import ExitCode, Interrupted, UsageError

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def raising(monkeypatch: pytest.MonkeyPatch) -> Callable[[BaseException], None]:
    """Make `auditor boom` raise an error."""

    def register(error: BaseException) -> None:
        @click.command("boom")
        def boom() -> None:
            raise error

        module = ModuleType("boom_command")
        vars(module)["command"] = boom
        monkeypatch.setitem(sys.modules, "boom_command", module)
        monkeypatch.setitem(COMMANDS, "boom", ("boom_command", "Fail."))

    return register


def exit_of(*arguments: str) -> int:
    """Exit code of the command, run in this process."""
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert isinstance(caught.value.code, int)
    return int(caught.value.code)


def test_every_command_has_its_module_and_its_line() -> None:
    """The table's line is the first sentence of the command's own help, and its name is the command's."""
    context = click.Context(cli)
    commands = {name: cli.get_command(context, name) for name in COMMANDS}

    told = {
        name: (command.name, command.get_short_help_str(200)) for name, command in commands.items() if command
    }

    assert told == {name: (name, line) for name, (_, line) in COMMANDS.items()}


def test_help_and_the_documentation_have_every_exit_code() -> None:
    """The enum, the help, the README and the page name the same codes."""
    root = Path(__file__).resolve().parents[2]
    codes = {int(code) for code in ExitCode}

    assert {int(code) for code in re.findall(r"^  (\d+) ", EXIT_CODES, re.MULTILINE)} == codes
    for page in ("README.md", "docs/automation.md"):
        text = (root / page).read_text()
        assert {int(code) for code in re.findall(r"^\| (\d+) \|", text, re.MULTILINE)} == codes


def test_the_version_and_the_help_exit_with_0(auditor: Run) -> None:
    """Help lists the commands in the order of a first use."""
    version, help_ = auditor("--version"), auditor("--help")

    assert (version.returncode, version.stdout) == (0, "auditor, version 0.1.0\n")
    assert help_.returncode == 0
    assert re.findall(r"^  ([a-z][\w-]*)  +[A-Z]", help_.stdout, re.MULTILINE) == list(COMMANDS)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--hlep"], "auditor: No such option '--hlep'. Did you mean '--help'? See 'auditor --help'."),
        (["audti"], "auditor: No such command 'audti'. Did you mean 'audit'? See 'auditor --help'."),
        (["report"], "auditor: Missing argument 'RUN'. See 'auditor report --help'."),
        (
            ["audit", "--period-days", "0"],
            (
                "auditor: Invalid value for '--period-days' (env var: 'AUDITOR_PERIOD_DAYS'): "
                "it must be a whole number from 1 to 3660, not '0'. See 'auditor audit --help'."
            ),
        ),
        (["demo", "--partition", "aws-eu"], None),
        (["evaluate", "no-such-run"], None),
        (["audit", "--config", "none.yaml"], None),
    ],
)
def test_wrong_usage_is_one_sentence_and_exits_with_2(
    auditor: Run, arguments: list[str], sentence: str | None
) -> None:
    """A wrong option, command, argument or value: nothing on stdout, one line on stderr."""
    done = auditor(*arguments)

    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert done.stderr.startswith("auditor: ")
    if sentence is not None:
        assert done.stderr == sentence + "\n"


@pytest.mark.parametrize(
    ("error", "code", "sentence"),
    [
        (UsageError("do this\nand that"), 2, "auditor: do this and that\n"),
        (Interrupted("stopped; run again"), 130, "auditor: stopped; run again\n"),
        (KeyboardInterrupt(), 130, "auditor: interrupted; nothing unfinished was kept\n"),
        (
            OSError(28, "No space left on device", "runs/x"),
            1,
            "auditor: runs/x: No space left on device; make room or name another place, and run again\n",
        ),
        (
            ValueError("\x1b[31mred"),
            1,
            (
                "auditor: unexpected error, ValueError: \\x1b[31mred; "
                "run 'auditor --debug …' again and report it\n"
            ),
        ),
    ],
)
def test_an_error_is_one_sentence_with_its_code(
    raising: Callable[[BaseException], None],
    capsys: pytest.CaptureFixture[str],
    error: BaseException,
    code: int,
    sentence: str,
) -> None:
    """Errors of the user, of the system, and bugs; no escape sequence reaches the terminal."""
    raising(error)

    assert exit_of("boom") == code
    out, err = capsys.readouterr()
    assert (out, err.lstrip("\n")) == ("", sentence)  # click ends the line on which ^C stands


@pytest.mark.parametrize("arguments", [["--debug", "boom"], ["boom"]])
def test_the_traceback_is_shown_only_when_it_is_asked_for(
    raising: Callable[[BaseException], None],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
) -> None:
    """By --debug or by AUDITOR_DEBUG; the sentence comes last all the same."""
    raising(ValueError("a bug"))
    if arguments == ["boom"]:
        monkeypatch.setenv("AUDITOR_DEBUG", "1")

    assert exit_of(*arguments) == 1

    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "Traceback (most recent call last):"
    assert lines[-1].startswith("auditor: unexpected error, ValueError: a bug;")


def test_the_sandbox_without_its_extra(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """An installation without moto says what to install."""
    monkeypatch.setattr("auditor.cli.extras.find_spec", lambda name: None if name == "moto" else name)

    assert [exit_of("demo"), exit_of("sandbox")] == [1, 1]
    sentence = "auditor: the sandbox is not installed; run: pip install 'backup-auditor[sandbox]'\n"
    assert capsys.readouterr() == ("", sentence * 2)


def test_a_reader_that_leaves_changes_nothing(clean_environment: dict[str, str]) -> None:
    """`auditor policy list | true`: exit code 0 and nothing on stderr."""
    done = subprocess.Popen(
        [sys.executable, "-m", "auditor", "policy", "list"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=clean_environment,
    )
    assert done.stdout is not None
    assert done.stderr is not None
    done.stdout.close()

    assert (done.wait(), done.stderr.read()) == (0, b"")
    done.stderr.close()


def test_control_characters_are_made_visible() -> None:
    """Escapes, C1 controls and marks that reverse the reading direction; letters of any script stay."""
    assert safe("a\x1b[2J\x9b1m\u202eb\tç中\n") == "a\\x1b[2J\\x9b1m\\u202eb\\tç中\\n"
    assert one_line(" a\r\n\tb\x07 ") == "a b\\x07"


def test_of_a_name_without_end_a_sentence_has_the_beginning() -> None:
    """What it says behind it is there; so much is left of a sentence of many words."""
    assert (
        sentence(f"{'a' * 500} {'b' * 500_000}\t: take it out.") == f"{'a' * 500} {'b' * 499}… : take it out."
    )
    assert sentence("a " * 2_000) == f"{'a ' * 1_999}a"
    assert sentence("a " * 500_000) == f"{'a ' * 1_999}a…"

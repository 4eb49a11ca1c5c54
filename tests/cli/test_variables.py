"""Each `AUDITOR_…` variable means one thing, whichever command reads it."""

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from auditor.cli.main import cli
from auditor.config.program_option import PROGRAMS, ProgramOption
from auditor.config.programs import OPTIONS, SHARED
from auditor.config.table import BY_NAME, KEYS

Named = tuple[str, click.Option]


def options(group: click.Group, name: str = "") -> Iterator[Named]:
    """Every option of every command below `group`, with the words of its command."""
    context = click.Context(group)
    yield from ((name, found) for found in group.params if isinstance(found, click.Option))
    for word in group.list_commands(context):
        command = group.get_command(context, word)
        assert command is not None
        below = f"{name} {word}".strip()
        if isinstance(command, click.Group):
            yield from options(command, below)
        else:
            yield from ((below, found) for found in command.params if isinstance(found, click.Option))


EVERY = list(options(cli))


def meant(option: click.Option) -> tuple[object, ...]:
    """What a user can tell of an option: how it is written, what it is for, what it takes."""
    return (tuple(option.opts), option.help, option.make_metavar(click.Context(cli)), option.is_flag)


def test_no_variable_has_two_meanings() -> None:
    """Over all commands, one variable is one option with one sentence, one kind and one default."""
    meanings = defaultdict(set)
    for _, option in EVERY:
        meanings[option.envvar].add((*meant(option), option.get_default(click.Context(cli))))

    assert {name: found for name, found in meanings.items() if name and len(found) > 1} == {}


def test_the_variables_of_a_program_say_so() -> None:
    """Each option of a program begins with the program's word, or is a setting that means the same."""
    settings = {key.variable for key in KEYS} | {"AUDITOR_CONFIG"}
    for name, option in EVERY:
        if name.startswith(("executor ", "sandbox", "demo", "run-task ")) and option.envvar not in settings:
            word = "sandbox" if name == "demo" else name.partition(" ")[0]
            program = word.upper().replace("-", "_")
            assert str(option.envvar).startswith(f"AUDITOR_{program}_")


def test_the_table_and_the_commands_say_the_same() -> None:
    """Every row is an option of each of its commands, and they have no others."""
    taken = {
        (name, option.envvar)
        for name, option in EVERY
        if str(option.envvar).startswith(tuple(begins for begins, _ in PROGRAMS.values()))
    }
    shared = {(name, option.envvar) for name, option in EVERY if name in SHARED} - taken

    assert taken == {(name, row.variable) for row in OPTIONS for name in row.commands}
    assert shared == {(name, BY_NAME[key].variable) for name, keys in SHARED.items() for key in keys}


@pytest.mark.parametrize("row", [row for row in OPTIONS if row.former], ids=lambda row: row.variable)
def test_a_former_variable_is_refused_with_its_new_name(
    row: ProgramOption, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One sentence, whichever command; with the new one beside it, or with the option, it is left alone."""
    for name in row.commands:
        monkeypatch.delenv(row.variable, raising=False)
        monkeypatch.setenv(row.former, "1")

        with pytest.raises(click.UsageError) as refused:
            taken(name, row)
        assert str(refused.value) == f"{row.former} is called {row.variable} now; set that one instead"
        if row.kind is not None:
            assert taken(name, row, row.option, "3") in ("3", ["3"])
        monkeypatch.setenv(row.variable, "2")
        assert taken(name, row) in ("2", ["2"])


def taken(name: str, row: ProgramOption, *words: str) -> object:
    """The text that the option of a command takes from its words and the environment."""
    command = resolved(name)
    context = click.Context(command)
    values, _, _ = command.make_parser(context).parse_args([*words])
    option = next(found for found in command.params if found.name == row.name)
    return option.consume_value(context, values)[0]


def resolved(name: str) -> click.Command:
    """The command of some words."""
    found: click.Command = cli
    for word in name.split():
        assert isinstance(found, click.Group)
        command = found.get_command(click.Context(found), word)
        assert command is not None
        found = command
    return found


def test_the_older_spelling_is_taken_and_not_shown(tmp_path: Path) -> None:
    """`--catalog` is `--database`, in whatever order; help and sentences name the new one only."""
    runner, old, new = CliRunner(), str(tmp_path / "old" / "x.db"), str(tmp_path / "new" / "x.db")
    command = ["executor", "migrate"]

    by_old = runner.invoke(cli, [*command, "--catalog", old])
    last = runner.invoke(cli, [*command, f"--catalog={old}", "--database", new])

    assert f"there is no database at {old}" in str(by_old.exception)
    assert f"there is no database at {new}" in str(last.exception)
    told, missing = (runner.invoke(cli, [*command, *more]).output for more in (["--help"], []))
    assert ("--database DATABASE" in told, "--catalog" in told + missing) == (True, False)
    assert "Missing option '--database' (env var: 'AUDITOR_EXECUTOR_DATABASE')." in missing


def test_a_time_in_the_future_cannot_be_made_up_to() -> None:
    """The sentence names the option and the command that shows what will be."""
    done = CliRunner().invoke(cli, ["executor", "run", "--database", "x.db", "--until", "2999-01-01"])

    assert done.exit_code == 2
    assert "'--until': 2999-01-02T00:00:00Z is in the future; `executor simulate` shows" in done.output


def test_a_former_variable_ends_the_command(tmp_path: Path) -> None:
    """Exit code 2 before anything is done."""
    done = CliRunner().invoke(cli, ["demo", "--out", str(tmp_path)], env={"AUDITOR_PARTITION": "aws-cn"})

    assert done.exit_code == 2
    assert "AUDITOR_PARTITION is called AUDITOR_SANDBOX_PARTITION now; set that one instead" in done.output
    assert list(tmp_path.iterdir()) == []

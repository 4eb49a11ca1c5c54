"""The help of the executor's commands."""

import click
import pytest
from click.testing import CliRunner

from auditor.cli.executor import COMMANDS, command


@pytest.mark.parametrize("name", COMMANDS)
def test_each_option_tells_its_variable(name: str) -> None:
    """What a container sets is found in the help, beside what it sets."""
    found = command.get_command(click.Context(command), name)
    assert found is not None
    variables = {str(option.envvar) for option in found.params if isinstance(option, click.Option)}
    told = CliRunner().invoke(found, ["--help"], terminal_width=1000).output

    assert variables
    assert {variable for variable in variables if f"[env var: {variable}" not in told} == set()


def test_options_with_a_variable_of_their_own() -> None:
    """The workers of an engine are others than those of an audit."""
    found = command.get_command(click.Context(command), "serve")
    assert found is not None
    told = CliRunner().invoke(found, ["--help"], terminal_width=1000).output

    assert "[env var: AUDITOR_EXECUTOR_WORKERS; default: 4]" in told

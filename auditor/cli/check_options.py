"""Options of `auditor check` that say what its inputs are of; others that read such inputs take them too."""

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, NamedTuple

import click

Command = Callable[..., Any]


def _of_form(form: str, example: str) -> Callable[[click.Context, click.Parameter, str], str]:
    """A check of an option: nothing, or what has the form."""

    def check(context: click.Context, option: click.Parameter, value: str) -> str:
        if value and not re.fullmatch(form, value):
            raise click.BadParameter(f"{value!r} is none; write one such as {example}", context, option)
        return value

    return check


_DECLARED: Final = (
    click.option(
        "--account",
        envvar="AUDITOR_CHECK_ACCOUNT",
        show_envvar=True,
        default="",
        callback=_of_form("[0-9]{12}", "111122223333"),
        help="The account id, where an input does not name it.",
    ),
    click.option(
        "--region",
        envvar="AUDITOR_CHECK_REGION",
        show_envvar=True,
        default="",
        callback=_of_form("[a-z]{2,4}(-[a-z]+)+-[0-9]{1,2}", "eu-central-1"),
        help="The Region, where an input does not name it.",
    ),
    click.option(
        "--unit",
        envvar="AUDITOR_CHECK_UNIT",
        show_envvar=True,
        help="The organizational units of the account from below the root, such as Workloads/Production; / "
        "for none. Without it, or where the variable is empty, a verdict that depends on them is unknown.",
    ),
    click.option(
        "--undeclared-opt-in",
        type=click.Choice(["opted-in", "unknown"]),
        default="opted-in",
        show_default=True,
        envvar="AUDITOR_CHECK_UNDECLARED_OPT_IN",
        show_envvar=True,
        help="Whether AWS Backup takes a resource type where no input declares the Region's opt-in.",
    ),
)


class GivenParameters(NamedTuple):
    """A file of parameters, and the template that it is for: "" for every one that has none of its own."""

    template: str
    file: Path


class ParametersType(click.ParamType[GivenParameters]):
    """FILE, or TEMPLATE=FILE, unless a file has that whole name. In a variable `:` parts several."""

    name = "parameters"
    envvar_list_splitter = os.pathsep

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> GivenParameters:
        """Take both apart."""
        template, equals, file = str(value).partition("=")
        if not equals or Path(str(value)).exists():
            return GivenParameters("", Path(str(value)))
        if not template or not file:
            self.fail(
                f"{value!r} is none; write a file, or one such as template.yaml=params.json", param, ctx
            )
        return GivenParameters(template, Path(file))


_PARAMETERS: Final = click.option(
    "--parameters",
    type=ParametersType(),
    multiple=True,
    metavar="[TEMPLATE=]FILE",
    envvar="AUDITOR_CHECK_PARAMETERS",
    show_envvar=True,
    help="The values of the parameters of one template, or of every other one, as the AWS CLI (a list of "
    "ParameterKey and ParameterValue) or CodePipeline takes them; may be given several times. Without it "
    "they have their defaults.",
)


def declared_options(function: Command) -> Command:
    """Give a command the options that say where what is declared is, and what is taken for granted of it."""
    for option in reversed(_DECLARED):
        function = option(function)
    return function


def parameters_option(function: Command) -> Command:
    """Give a command the option `--parameters`."""
    return _PARAMETERS(function)

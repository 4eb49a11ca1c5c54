"""`auditor policy input`."""

from pathlib import Path

import click

from auditor.cli.check_options import GivenParameters, declared_options, parameters_option
from auditor.cli.kinds import NewFile, check_apart, write_file
from auditor.cli.options import settings_options, untested_option
from auditor.model.errors import ExitCode
from auditor.model.settings import Settings


@click.command("input")
@click.argument(
    "paths", nargs=-1, required=True, metavar="PATH…", type=click.Path(exists=True, path_type=Path)
)
@declared_options
@parameters_option
@click.option(
    "--output",
    type=NewFile(),
    envvar="AUDITOR_POLICY_INPUT_OUTPUT",
    show_envvar=True,
    help="The file that is written in place of standard output; one that is there is replaced.",
)
@settings_options("policies", "selection", also=("as_of", "copy_lifecycle"))
@untested_option
def command(
    paths: tuple[Path, ...],
    *,
    account: str,
    region: str,
    unit: str | None,
    undeclared_opt_in: str,
    parameters: tuple[GivenParameters, ...],
    output: Path | None,
    settings: Settings,
    untested: bool,
) -> int:
    """Print what PATH declares as the inputs of the bundle, for OPA and Conftest.

    PATH is whatever `auditor check` takes. The output is a JSON list: for each resource, plan, vault or
    change that a control is asked about its facts, and which of them are unknown. Exits with 4 where an
    input is not whole, or none declares anything that a control judges.
    """
    import orjson

    from auditor.check.cloudformation.parameters import read_stacks
    from auditor.check.formats.words import harmless_json
    from auditor.check.policy_inputs import read_policy_inputs
    from auditor.check.run import CheckOptions
    from auditor.cli.console import emit
    from auditor.cli.steps import load_tested, warn

    written = [(f"--output {output}", output)] if output else []
    check_apart(written, [*paths, *(one.file for one in parameters)])
    catalogue = load_tested(settings, untested=untested)
    options = CheckOptions(
        account, region, unit, undeclared_opt_in == "opted-in", stacks=read_stacks(parameters)
    )
    read, made = read_policy_inputs(paths, catalogue, settings, options)
    check_apart(written, [Path(one.file) for one in read.readings])
    form = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
    shown = harmless_json(orjson.dumps(made, option=form, default=dict))
    if output is None:
        emit(shown, exact=True)
    else:
        write_file(output, shown)
    broken = [f"{one.file}: {one.incomplete}" for one in read.readings if one.incomplete]
    if not made and not broken:
        broken = ["the inputs declare nothing that a control judges"]
    for sentence in broken:
        warn(sentence)
    return ExitCode.INCOMPLETE if broken else ExitCode.COMPLIANT

"""`auditor check`."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from auditor.check.formats.registry import BY_NAME, FORMATS, NAMES
from auditor.cli.check_given import check_base, check_simulate, days
from auditor.cli.check_options import GivenParameters, declared_options, parameters_option
from auditor.cli.check_outputs import Output, OutputType, write
from auditor.cli.kinds import check_apart
from auditor.cli.options import RunFolder, settings_options, untested_option
from auditor.cli.text import EXIT_CODES
from auditor.model.settings import Settings

if TYPE_CHECKING:
    from auditor.catalogue.load import Catalogue
    from auditor.check.against.run import RecordedRun
    from auditor.check.baseline import Baseline
    from auditor.check.run import CheckOptions
    from auditor.check.simulation import Simulator


@contextmanager
def _no_collector() -> Iterator[None]:
    """Without the search for circles: what is imported and read here has few, and lives to the end."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()  # else the first search is through all of it
        gc.enable()


def _formats() -> str:
    """The formats, one a line."""
    return "\n".join(
        ["\b", "Formats:", *(f"  {one.name:<8} {one.help.removesuffix('.')}" for one in FORMATS)]
    )


def _read(baseline: Path) -> "Baseline":
    from auditor.check.baseline import Baseline

    return Baseline.of(baseline)


def _catalogue(settings: Settings, recorded: "RecordedRun | None", *, untested: bool) -> "Catalogue":
    """The policies that judge: those of the settings, else those of a run."""
    from auditor.cli.steps import load_tested

    if recorded is None or settings.policies is not None:
        return load_tested(settings, untested=untested)
    return recorded.catalogue_after(settings)


def _compared(
    base: str,
    paths: tuple[Path, ...],
    parameters: tuple[GivenParameters, ...],
    settings: Settings,
    options: "CheckOptions",
) -> "CheckOptions":
    """The options with what is old, as a check of what was there before says it."""
    from auditor.cli.check_base import Compared, baseline_of

    now = Compared(paths, parameters, settings, options)
    before = baseline_of(base, now, lambda then: _catalogue(then, options.against, untested=True))
    return replace(options, baseline=before)


def _simulator(days: int) -> "Simulator":
    """What runs plans for so many days; raises `AuditorError` where its libraries are not installed."""
    from auditor.cli.extras import require_executor

    require_executor()
    from auditor.check.simulation import Simulator
    from auditor.cli.check_simulate import run

    return Simulator(days, run)


def _recorded(run: Path) -> "RecordedRun":
    from auditor.check.against.run import RecordedRun

    return RecordedRun.open(run)


@click.command("check", epilog=f"{EXIT_CODES}\n{_formats()}")
@click.argument("paths", nargs=-1, metavar="PATH…", type=click.Path(exists=True, path_type=Path))
@declared_options
@click.option(
    "--fail-on-unknown",
    is_flag=True,
    envvar="AUDITOR_CHECK_FAIL_ON_UNKNOWN",
    show_envvar=True,
    help="Exit with 4 when anything is unknown.",
)
@click.option(
    "--format",
    "format_",
    type=click.Choice(NAMES),
    default=NAMES[0],
    show_default=True,
    envvar="AUDITOR_CHECK_FORMAT",
    show_envvar=True,
    help="What is printed.",
)
@click.option(
    "--output",
    "outputs",
    type=OutputType(),
    multiple=True,
    metavar="FORMAT=FILE",
    envvar="AUDITOR_CHECK_OUTPUT",
    show_envvar=True,
    help="What is written to a file beside it, such as sarif=check.sarif; may be given several times.",
)
@click.option(
    "--baseline",
    type=click.Path(path_type=Path),
    envvar="AUDITOR_CHECK_BASELINE",
    show_envvar=True,
    help="What an earlier check printed as json, such as one of the branch that a change is for: only what "
    "is new against it is shown and counts.",
)
@click.option(
    "--diff-base",
    metavar="REV|FILE",
    envvar="AUDITOR_CHECK_DIFF_BASE",
    show_envvar=True,
    help="A revision of git, such as refs/remotes/origin/main, at which the same inputs, policies and "
    "settings are judged too, or a file in the place of PATH, such as the plan of main: only what is new "
    "against it is shown and counts.",
)
@click.option(
    "--against",
    type=RunFolder(),
    metavar="RUN",
    envvar="AUDITOR_CHECK_AGAINST",
    show_envvar=True,
    help="The folder of an audit, such as runs/latest, to whose evidence the change is applied: which "
    "resources of the organization lose and gain. Without PATH, what policies, tiers, waivers or readings "
    "that are named make of it.",
)
@click.option(
    "--simulate",
    callback=days,
    metavar="DAYS",
    envvar="AUDITOR_CHECK_SIMULATE",
    show_envvar=True,
    help="Let the engine of the executor run the plans for so many days, such as 90d, and show the backups "
    "that come and that never do, the longest time without one, and the recovery points at the end.",
)
@parameters_option
@click.option(
    "--hcl",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="FOLDER",
    envvar="AUDITOR_CHECK_HCL",
    show_envvar=True,
    help="The folder with the code of the root module of a Terraform plan, where it does not lie beside the "
    "plan: what is found is shown with its file and line.",
)
@settings_options("policies", "selection", "engine", "judgement", also=("as_of",))
@untested_option
def command(
    paths: tuple[Path, ...],
    *,
    account: str,
    region: str,
    unit: str | None,
    undeclared_opt_in: str,
    format_: str,
    outputs: tuple[Output, ...],
    baseline: Path | None,
    diff_base: str | None,
    against: Path | None,
    parameters: tuple[GivenParameters, ...],
    hcl: Path | None,
    simulate: int | None,
    settings: Settings,
    fail_on_unknown: bool,
    untested: bool,
) -> int:
    """Judge what a change would make, before it is merged.

    PATH is a plan of Terraform or OpenTofu as JSON (`terraform show -json PLAN > plan.json`), a template or
    change set of CloudFormation, a plan or selection of AWS Backup as JSON, a backup policy of AWS
    Organizations, the tree that policies are attached to, policies of your own (tiers, parameters, waivers,
    attestations, responses, settings, controls, frameworks), or a folder of such files. No AWS credentials
    and no network are used. What an input does not know is unknown: neither a pass nor a finding.
    """
    if not paths and against is None:
        raise click.UsageError("Missing argument 'PATH…'.")
    check_base(baseline, diff_base, paths)
    check_simulate(simulate, [BY_NAME[format_], *(output.format for output in outputs)])
    written = [output.said for output in outputs]
    others = [Path(diff_base)] if diff_base else []
    check_apart(written, [*paths, *others, *(one.file for one in parameters)])
    opted_in = undeclared_opt_in == "opted-in"
    with _no_collector():
        from auditor.check.cloudformation.parameters import read_stacks
        from auditor.check.formats.base import CheckSource
        from auditor.check.run import CheckOptions, check
        from auditor.cli.console import coloured, emit, stated_width
        from auditor.cli.steps import warn
        from auditor.config.load import read_file

        recorded = _recorded(against) if against else None
        catalogue = _catalogue(settings, recorded, untested=untested)
        if recorded is not None:
            recorded.check_engine(catalogue, settings)
        held = (_read(baseline) if baseline else None, recorded, read_stacks(parameters))
        options = CheckOptions(account, region, unit, opted_in, fail_on_unknown, *held, hcl)
        options = replace(options, read_settings=read_file)
        if diff_base is not None:
            options = _compared(diff_base, paths, parameters, settings, options)
        options = replace(options, simulator=_simulator(simulate) if simulate else None)
        result = check(paths, catalogue, settings, options)
    check_apart(written, [Path(one["file"]) for one in result.inputs])
    source = CheckSource(result, warn, str(Path.cwd()), stated_width(), coloured())
    write(outputs, source)
    shown = BY_NAME[format_]
    emit(shown().render(source), exact=not shown.for_people)
    return result.exit_code

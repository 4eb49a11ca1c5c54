"""`auditor report`."""

from pathlib import Path

import click

from auditor.cli.options import run_argument, settings_options
from auditor.model.settings import Settings
from reports.formats.registry import FORMATS


def _formats() -> str:
    """The formats and their files, one a line."""
    lines = [
        f"  {one.name:<6} {one.help.removesuffix('.')}: {', '.join(file.name for file in one.files)}"
        for one in FORMATS
    ]
    return "\n".join(["\b", "Formats:", *lines])


@click.command("report", epilog=_formats())
@run_argument
@settings_options("reports")
def command(run: Path, settings: Settings) -> None:
    """Write the reports of RUN, which was evaluated.

    Prints their paths. Exits with 0 when the reports were written, whatever they say.
    """
    from auditor import audit
    from auditor.cli.steps import print_paths, warn
    from auditor.files import check_out

    check_out(run)
    print_paths(audit.report_run(run, settings.formats, warn))

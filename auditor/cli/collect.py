"""`auditor collect`."""

import click

from auditor.cli.options import settings_options
from auditor.model.errors import ExitCode
from auditor.model.settings import Settings


@click.command("collect")
@settings_options("scope", "reading", "policies", "framework")
def command(settings: Settings) -> int:
    """Read the evidence of every account into a run folder.

    What the controls of the policies need is read. Prints the folder. Exits with 4 when a call was not
    answered: the folder then says which.
    """
    from auditor import audit
    from auditor.cli.progress import progress
    from auditor.cli.steps import print_paths, sessions, warn
    from auditor.evidence.store import Evidence
    from auditor.files import check_out

    check_out(settings.out)
    with progress() as steps:
        run = audit.collect_run(settings, sessions(settings, settings.role_name), steps)
    print_paths([run])
    gaps = Evidence.open(run).read("gaps").num_rows
    if gaps:
        calls = "1 call" if gaps == 1 else f"{gaps} calls"
        warn(f"{calls} failed; `auditor evaluate {run}` says which")
    return ExitCode.INCOMPLETE if gaps else ExitCode.COMPLIANT

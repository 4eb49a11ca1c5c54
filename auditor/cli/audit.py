"""`auditor audit`."""

import click

from auditor.cli.options import settings_options, untested_option
from auditor.model.settings import Settings


@click.command("audit")
@settings_options("scope", "reading", "policies", "framework", "selection", "engine", "judgement", "reports")
@untested_option
def command(settings: Settings, *, untested: bool) -> int:
    """Collect, evaluate and report in one go.

    Reads every account with the role, judges what it read by the policies, and writes the reports into a new
    folder below --out, which `latest` points to. Only reads: nothing in AWS is changed.
    """
    from auditor import audit
    from auditor.cli.progress import progress
    from auditor.cli.steps import check_policies, print_document, print_paths, sessions, warn
    from auditor.files import check_out

    check_out(settings.out)
    check_policies(settings, untested=untested)
    with progress() as steps:
        outcome = audit.audit(settings, sessions(settings, settings.role_name), steps, warn)
    print_document(outcome.document, outcome.run)
    print_paths(outcome.reports)
    return outcome.document.summary.exit_code

"""`auditor evaluate`."""

from pathlib import Path

import click

from auditor.cli.options import run_argument, settings_options, untested_option
from auditor.model.settings import Settings


@click.command("evaluate")
@run_argument
@settings_options("policies", "framework", "selection", "engine", "judgement")
@untested_option
def command(run: Path, settings: Settings, *, untested: bool) -> int:
    """Judge the evidence of RUN by the policies.

    Writes document.json and verdicts.parquet into the folder RUN. The same evidence and policies give the
    same bytes.
    """
    from auditor import audit
    from auditor.cli.progress import progress
    from auditor.cli.steps import load_tested, print_document, warn
    from auditor.files import check_out
    from auditor.judged_by import changes
    from reports.formats.registry import FILES

    check_out(run)
    load_tested(settings, untested=untested)
    before = audit.last_document(run)
    with progress() as steps:
        document = audit.evaluate_run(run, settings, steps)
    print_document(document, run)
    if before is not None:
        for change in changes(before, document):
            warn(f"{run} is judged by {change}")
    if any((run / file.name).exists() for file in FILES if file.name != audit.DOCUMENT):
        warn(f"the reports in {run} still show the earlier verdicts; run `auditor report {run}`")
    return document.summary.exit_code

"""`auditor push`."""

from contextlib import closing
from typing import TYPE_CHECKING

import click

from auditor.cli.options import dry_run_option, settings_options, untested_option
from auditor.model.errors import ExitCode, Interrupted
from auditor.model.settings import Settings

if TYPE_CHECKING:
    from auditor.model.settings import Progress
    from auditor.push.changes import Change


@click.command("push")
@settings_options("scope", "pushing", "policies", "engine")
@dry_run_option
@untested_option
def command(settings: Settings, *, dry_run: bool, untested: bool) -> int:
    """Bring every account's plans and vaults to what the policies say.

    Shows each change. A second run changes nothing. Exits with 1 when a change failed; the others are made.
    """
    from auditor.cli.console import show
    from auditor.cli.progress import progress
    from auditor.cli.steps import load_tested
    from auditor.push.changes import ChangeStatus, render

    load_tested(settings, untested=untested)
    try:
        with progress() as steps:
            changes = push(settings, steps, dry_run=dry_run)
    except KeyboardInterrupt:
        raise Interrupted(
            "interrupted; what was pushed stays, run `auditor push` again for the rest"
        ) from None
    show(*render(changes))
    failed = any(change.outcome is ChangeStatus.FAILED for change in changes)
    return ExitCode.COULD_NOT_RUN if failed else ExitCode.COMPLIANT


def push(settings: Settings, steps: "Progress", *, dry_run: bool = False) -> "list[Change]":
    """Plan the changes and, unless `dry_run`, apply them."""
    from auditor.catalogue.load import Catalogue
    from auditor.cli.steps import sessions
    from auditor.push import run
    from auditor.rego.load import open_engine

    catalogue = Catalogue.load(settings.policies, settings.tiers)
    engine = open_engine(settings.engine, catalogue.modules, catalogue.data, url=settings.engine_url)
    with closing(engine):
        members = sessions(settings, settings.push_role_name)
        changes = run.plan(settings, members, catalogue, engine, steps)
    return changes if dry_run else run.apply(changes, members, steps, workers=settings.workers)

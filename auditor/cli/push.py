"""`auditor push`."""

from collections import Counter
from typing import TYPE_CHECKING

import click

from auditor.cli.options import settings_options
from auditor.model.errors import Interrupted
from auditor.model.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from auditor.push.run import Change


@click.command("push")
@settings_options("scope", "pushing", "policies", "engine")
@click.option(
    "--dry-run", is_flag=True, envvar="AUDITOR_DRY_RUN", help="Show what would change; change nothing."
)
def command(settings: Settings, *, dry_run: bool) -> None:
    """Bring every account's plans and vaults to what the policies say.

    Shows each change. A second run changes nothing.
    """
    from auditor.catalogue.load import Catalogue
    from auditor.cli.progress import progress
    from auditor.cli.steps import sessions
    from auditor.push import run
    from auditor.rego.load import open_engine

    catalogue = Catalogue.load(settings.policies, settings.tiers)
    engine = open_engine(settings.engine, catalogue.modules, catalogue.data, url=settings.engine_url)
    makers = sessions(settings, settings.push_role_name)
    changes = run.plan(settings, makers, catalogue, engine)
    _print(changes)
    if dry_run:
        return
    try:
        with progress() as steps:
            run.apply(changes, makers, steps)
    except KeyboardInterrupt:
        raise Interrupted(
            "interrupted; what was pushed stays, run `auditor push` again for the rest"
        ) from None


def _print(changes: "Sequence[Change]") -> None:
    from auditor.cli.console import show

    wanted = [change for change in changes if change.action != "none"]
    for change in wanted:
        show(f"{change.account} {change.region} {change.action} {change.kind} {change.name}")
    counts = Counter(change.action for change in changes)
    counted = ", ".join(f"{counts[action]} {action}" for action in ("create", "update", "delete", "none"))
    show(f"{len(wanted)} changes ({counted})")

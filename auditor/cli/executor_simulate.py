"""`auditor executor simulate`."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from auditor.cli.options import settings_options
from auditor.cli.program_options import program_options
from auditor.model.settings import Settings

if TYPE_CHECKING:
    from rich.table import Table


@click.command("simulate")
@settings_options("policies", "engine")
@click.argument("plans", nargs=-1, metavar="[PLAN]...", type=click.Path(path_type=Path))
@program_options("executor simulate")
def command(  # noqa: PLR0917 -- click's: an argument for each option
    settings: Settings,
    plans: tuple[Path, ...],
    days: int,
    start: datetime | None,
    inventory: Path | None,
    resources: dict[str, int] | None,
    every: int,
    tier_tag: str,
    format: str,
    workers: int | None,
) -> None:
    """Show what plans will do, before anyone pushes them.

    PLAN is a BackupPlan as CreateBackupPlan takes it, in JSON or YAML, or an object with BackupPlan and
    BackupSelections. Without selections it protects every resource. Without PLAN it is what `auditor push`
    would give each account and Region. Nothing is asked of AWS.
    """
    from time import perf_counter

    from auditor.cli.extras import require_executor

    require_executor()
    from auditor.executor.simulation.report import job_count, to_document
    from auditor.executor.simulation.run import SimulatedPeriod, simulate
    from auditor.executor.simulation.scenario import Scenario

    scenario = Scenario.load(plans, inventory, resources or {})
    if not plans:
        from auditor.cli.executor_policies import pushed

        scenario = pushed(settings, scenario)
    first = start or datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    period = SimulatedPeriod(first, days, every)
    began = perf_counter()
    document = to_document(scenario, period, simulate(scenario, period, tier_tag=tier_tag, workers=workers))
    took = perf_counter() - began
    if format == "json":
        import json

        click.echo(json.dumps(document, indent=2))  # in ASCII: no name of a plan moves a cursor
    else:
        from auditor.cli.console import show

        show(*_tables(document))
    count = job_count(document)
    click.echo(f"{count} jobs of {days} days in {took:.1f} s, {count / took:.0f} a second", err=True)


def _tables(document: Mapping[str, Any]) -> "Iterable[str | Table]":
    yield f"{document['resources']} resources, {document['days']} days from {document['start'][:10]}"
    jobs = ("kind", "plan", "rule", "state", "category", "count")
    yield _table("Jobs", jobs, document["jobs"])
    if document["failures"]:
        yield _table("Jobs that fail", (*jobs, "message"), document["failures"])
    else:
        yield "No job fails."
    groups = ("tier", "plan", "rule", "vault", "region", "resource_type", "storage_class")
    rows = [
        row | {"at": row["at"][:10], "gib": row["size_bytes"] / 2**30} for row in document["recovery_points"]
    ]
    yield _table("Recovery points", ("at", *groups, "count", "gib"), rows)


def _table(title: str, columns: tuple[str, ...], rows: Iterable[Mapping[str, Any]]) -> "Table":
    from rich.table import Table

    from auditor.cli.console import cell

    table = Table(title=title, title_justify="left", box=None, pad_edge=False)
    numbers = {"count", "gib"}
    for name in columns:
        table.add_column(name.replace("_", " "), justify="right" if name in numbers else "left")
    for row in rows:
        table.add_row(*(cell(_shown(row[name])) for name in columns))
    return table


def _shown(value: Any) -> str:
    return f"{value:,.0f}" if isinstance(value, int | float) else str(value)

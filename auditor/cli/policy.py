"""`auditor policy list`."""

import json
from typing import TYPE_CHECKING

import click

from auditor.cli.options import settings_options
from auditor.model.settings import Settings

if TYPE_CHECKING:
    from auditor.model.policy import Control


@click.group("policy")
def command() -> None:
    """Show the controls that an audit asks."""


@command.command("list")
@settings_options("policies")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_(settings: Settings, *, as_json: bool) -> None:
    """List the controls with their severity and subject."""
    from auditor.catalogue.load import Catalogue
    from auditor.cli.console import show
    from auditor.rego.load import check_modules

    catalogue = Catalogue.load(settings.policies, settings.tiers)
    check_modules(catalogue.rego, catalogue.data)
    if as_json:
        click.echo(json.dumps([_entry(control) for control in catalogue.controls], indent=2))
    else:
        show(_table(catalogue.controls))


def _entry(control: "Control") -> dict[str, object]:
    return {
        "id": control.id,
        "title": control.title,
        "severity": control.severity,
        "subject": control.subject,
        "moments": list(control.moments),
        "reads": list(control.reads),
        "reasons": dict(control.reasons),
        "path": control.path,
    }


def _table(controls: "tuple[Control, ...]") -> object:
    from rich.table import Table

    from auditor.cli.console import cell

    table = Table()
    for heading in ("control", "severity", "subject", "asks"):
        table.add_column(heading)
    for control in controls:
        table.add_row(*map(cell, (control.id, control.severity, control.subject, control.title)))
    return table

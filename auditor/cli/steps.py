"""What several commands do: sessions of the caller, the printed outcome of an audit."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from auditor.cli.text import one_line
from auditor.model.settings import Settings

if TYPE_CHECKING:
    from auditor.aws.session import Sessions
    from reports.document import AuditDocument


def sessions(settings: Settings, role_name: str) -> "Sessions":
    """Make sessions from the standard AWS variables that assume `role_name` in other accounts."""
    from auditor.aws.session import Sessions

    home = settings.regions[0] if settings.regions else None
    return Sessions.from_environment(role_name=role_name, external_id=settings.external_id, region=home)


def check_policies(settings: Settings) -> None:
    """Load what the evidence will be judged by, so that a slip in it is told before hours of reading.

    Raises:
        UsageError: a policy, tiers or waivers file is wrong.
        EngineError: the engine cannot load the policies or cannot be reached.
    """
    from auditor.catalogue.load import Catalogue, load_waivers
    from auditor.rego.load import open_engine

    catalogue = Catalogue.load(settings.policies, settings.tiers)
    if settings.waivers:
        load_waivers(settings.waivers)
    open_engine(settings.engine, catalogue.modules, catalogue.data, url=settings.engine_url).close()


def warn(sentence: str) -> None:
    """Print a sentence about what could not be made, on stderr."""
    click.echo(one_line(f"auditor: {sentence}"), err=True)


def print_document(document: "AuditDocument") -> None:
    """Print the verdicts by control, and what could not be read."""
    from auditor.cli.console import show, width
    from auditor.cli.tables import gaps, verdicts

    show(*gaps(document), *verdicts(document, width()))


def print_paths(paths: Iterable[Path]) -> None:
    """Print each path on a line of its own."""
    from auditor.cli.console import show

    show(*(str(path) for path in paths))

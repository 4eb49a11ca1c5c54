"""`auditor policy docs`: the page of each control of one's own policies, and their index."""

from pathlib import Path

import click

from auditor.cli.options import settings_options
from auditor.model.errors import AuditorError, ExitCode, UsageError
from auditor.model.settings import Settings


@click.command("docs")
@click.option("--check", "only_check", is_flag=True, help="Write nothing; exit with 3 where a page is old.")
@settings_options("policies")
def command(settings: Settings, *, only_check: bool) -> int:
    """Write the page of each control, and their index, from METADATA.

    A page lies beside its control and says what it demands, what its findings mean, and which facts it reads.
    A page that no control owns is deleted. The policies must be your own: pass --policies.
    """
    from auditor.catalogue.load import Catalogue
    from auditor.catalogue.pages import stale_pages, write_pages
    from auditor.cli.console import show

    folder = own_policies(settings)
    old = stale_pages(folder, Catalogue.load(folder, settings.tiers))
    if only_check:
        show(*(f"{page} is not what the control says; run `auditor policy docs`." for page in old))
        return ExitCode.FINDINGS if old else ExitCode.COMPLIANT
    try:
        write_pages(old)
    except OSError as error:
        raise AuditorError(
            f"{folder} cannot be written ({error.strerror}); pass --policies with one that you may change."
        ) from error
    pages = "1 page" if len(old) == 1 else f"{len(old)} pages"
    show(*(str(page) for page in old), f"{pages} of {folder} changed")
    return ExitCode.COMPLIANT


def own_policies(settings: Settings) -> Path:
    """The user's own policies; the shipped ones are not changed."""
    import auditor

    folder = settings.policies
    if folder is None or folder.resolve().is_relative_to(Path(auditor.__file__).resolve().parent):
        raise UsageError(
            "the shipped policies are not changed; pass --policies with a folder of your own, which "
            "`auditor policy export FOLDER` makes."
        )
    return folder

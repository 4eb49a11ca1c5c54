"""`auditor publish security-hub`."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from auditor.cli.options import dry_run_option, run_argument, settings_options
from auditor.model.errors import ExitCode, Interrupted
from auditor.model.settings import Settings

if TYPE_CHECKING:
    from auditor.publish.security_hub import PlacePublished


@click.command("security-hub")
@run_argument
@settings_options(also=("role_name", "external_id", "workers", "retry_minutes"))
@dry_run_option
def command(run: Path, settings: Settings, *, dry_run: bool) -> int:
    """Send the findings of RUN, which was evaluated, to AWS Security Hub.

    Each account's role sends those of its own account, Region by Region. What Security Hub has keeps its
    date of creation; what an earlier publish sent and is fixed is archived, where RUN judged it. Exits with
    1 when something could not be sent; the rest is.
    """
    from auditor.cli.console import show
    from auditor.cli.progress import progress
    from auditor.cli.steps import sessions
    from auditor.publish.security_hub import publish

    members = sessions(settings, settings.role_name)
    try:
        with progress() as steps:
            places = publish(run, members, steps, workers=settings.workers, dry_run=dry_run)
    except KeyboardInterrupt:
        raise Interrupted(
            "interrupted; what was sent stays, run `auditor publish security-hub` again for the rest"
        ) from None
    show(*_lines(places, dry_run=dry_run))
    return ExitCode.COULD_NOT_RUN if any(place.failures for place in places) else ExitCode.COMPLIANT


def _lines(places: "list[PlacePublished]", *, dry_run: bool) -> Iterator[str]:
    total: Counter[str] = Counter()
    for place in places:
        total.update(place.counts)
        said = _counts(place.counts) or place.note or ("failed" if place.failures else "nothing to send")
        yield f"{place.account_id} {place.region}: {said}"
        yield from (f"  failed  {failure}" for failure in place.failures)
    failed = sum(bool(place.failures) for place in places)
    yield (
        ("Would send: " if dry_run else "Sent: ")
        + (_counts(total) or "nothing")
        + (f"; {failed} of {len(places)} accounts and Regions failed" if failed else "")
    )


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{number} {word}" for word, number in counts.items())

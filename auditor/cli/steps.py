"""What several commands do: sessions of the caller, the printed outcome of an audit."""

import gettext
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from auditor.cli.text import sentence
from auditor.model.errors import UsageError
from auditor.model.settings import Settings

if TYPE_CHECKING:
    from auditor.aws.session import Sessions
    from auditor.catalogue.load import Catalogue
    from reports.document import AuditDocument

_NAMED: Final = 3  # waivers, attestations and responses that a sentence names; the document has them all


def sessions(settings: Settings, role_name: str) -> "Sessions":
    """Make sessions from the standard AWS variables that assume `role_name` in other accounts."""
    from auditor.aws.session import Sessions

    return Sessions.from_environment(
        role_name=role_name,
        external_id=settings.external_id,
        regions=settings.regions or (),
        retry_seconds=60 * settings.retry_minutes,
    )


def load_tested(settings: Settings, *, untested: bool) -> "Catalogue":
    """Load the policies; the tests of those that are not the shipped ones are run first.

    Raises:
        UsageError: a file is wrong, a test fails, or a control has none; `untested` lets these two through.
    """
    from auditor.catalogue.load import Catalogue
    from auditor.judge.tiers import check_tiers
    from auditor.model.audit_manager import FRAMEWORK
    from auditor.rego.testing import require_tests

    if settings.audit_manager is not None and settings.framework != FRAMEWORK:
        raise UsageError(
            f"audit_manager is what an audit for {FRAMEWORK} asks; add `--framework {FRAMEWORK}`."
        )
    catalogue = Catalogue.load(settings.policies, settings.tiers, settings.audit_manager, settings.holds)
    check_tiers(catalogue.tiers)
    if settings.policies is not None and not untested:
        require_tests(catalogue)
    return catalogue


def check_policies(settings: Settings, *, untested: bool) -> None:
    """Load what will judge the evidence, so that a mistake in it is told before hours of reading.

    Raises:
        UsageError: a policy, its tests, the tiers, the waivers, the attestations, the responses or a
            framework are wrong.
        EngineError: the engine cannot load the policies or cannot be reached.
    """
    from auditor.catalogue.attestations import load_attestations
    from auditor.catalogue.frameworks import for_framework, load_frameworks
    from auditor.catalogue.responses import load_responses
    from auditor.catalogue.waivers import Limit, load_waivers
    from auditor.rego.load import open_engine

    catalogue = load_tested(settings, untested=untested)
    limit = Limit(settings.as_of.date(), settings.max_waiver_days)
    load_waivers(settings.waivers, catalogue.controls, limit)
    load_attestations(settings.attestations, catalogue.controls, settings.max_attestation_days)
    load_frameworks(catalogue, whole=False)
    for_framework(catalogue, settings.framework)
    load_responses(settings.responses)
    open_engine(settings.engine, catalogue.modules, catalogue.data, url=settings.engine_url).close()


def warn(said: str) -> None:
    """Print a sentence about what could not be made, on stderr."""
    click.echo(sentence(f"auditor: {said}"), err=True)


def print_document(document: "AuditDocument", run: Path) -> None:
    """Print the worst causes, what could not be read, and the verdicts by control."""
    from auditor.cli.console import show, width
    from auditor.cli.listing import causes, gaps, period, verdicts

    show(
        period(document),
        *causes(document, min(str(run), os.path.relpath(run), key=len)),
        *gaps(document),
        *verdicts(document, width()),
    )
    for said in (*idle_waivers(document), *attestations(document), *idle_responses(document)):
        warn(said)


def attestations(document: "AuditDocument") -> Iterator[str]:
    """Say how many verdicts are attested, and which attestations count no more, not yet, or for nothing."""
    from reports.waivers import covers
    from reports.words import Words

    words = Words(gettext.NullTranslations(), "en")
    given, day = document.attestations, document.run.as_of[:10]
    if told := sum(one["verdicts"] for one in given):
        yield f"attested by persons: {told} of the verdicts that could not be reached; they stay unknown"
    for what, some in (
        ("has expired, and counts no more", [one for one in given if one["expires"] < day]),
        ("counts from a later day on", [one for one in given if one["attested_on"] > day]),
        ("is of nothing that is unknown", [one for one in given if one["in_force"] and not one["verdicts"]]),
    ):
        named = [f"{one['control_id']} {covers(one, words)}" for one in some]
        more = f"; and {len(named) - _NAMED} more" if len(named) > _NAMED else ""
        if named:
            yield f"an attestation {what}: {'; '.join(named[:_NAMED])}{more}"


def idle_responses(document: "AuditDocument") -> Iterator[str]:
    """Say which responses answer no cause of the run, and of which the day is over."""
    answered = document.causes.get("responses", ())
    day = document.run.as_of[:10]
    over = [one["cause"] for one in answered if one["found"] and one["due"] < day]
    for what, named in (
        ("answers no cause of this run", [one["cause"] for one in answered if not one["found"]]),
        ("is overdue, and its cause is still there", over),
    ):
        more = f"; and {len(named) - _NAMED} more" if len(named) > _NAMED else ""
        if named:
            yield f"a response {what}: {'; '.join(named[:_NAMED])}{more}"


def idle_waivers(document: "AuditDocument") -> Iterator[str]:
    """Say which waivers have expired, which ones cover nothing in the run, and of which that is not known."""
    from reports.waivers import covers
    from reports.words import Words

    words = Words(gettext.NullTranslations(), "en")
    expired = [one for one in document.waivers if one["expired"]]
    unknown = [one for one in document.waivers if "undecided" in one]
    unused = [one for one in document.waivers if "unused" in one]
    for what, some in (
        ("has expired, so what it covered counts again", expired),
        ("covers nothing", unused),
        ("waives nothing where tags or the organizational unit are not known", unknown),
    ):
        named = [f"{one['control_id']} {covers(one, words)}" for one in some]
        more = f"; and {len(named) - _NAMED} more" if len(named) > _NAMED else ""
        if named:
            yield f"a waiver {what}: {'; '.join(named[:_NAMED])}{more}"


def print_paths(paths: Iterable[Path]) -> None:
    """Print each path on a line of its own."""
    from auditor.cli.console import show

    show(*(str(path) for path in paths))

"""`auditor explain`."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from auditor.cli.options import run_option, settings_options
from auditor.config.table import KEYS
from auditor.model.settings import Settings

if TYPE_CHECKING:
    from auditor.explain import Explanation, ResourceSays

_OUTCOMES = {"selected": "selects it", "not_selected": "does not select it", "indeterminate": "is undecided"}

_RELATED = {"plan": "Selections", "vault": "What leads into it"}


@click.command("explain")
@click.argument("subject")
@run_option
@settings_options("policies", "selection", "engine")
def command(subject: str, run: Path, settings: Settings) -> None:
    """Say why a resource, vault, plan or recovery point is judged as it is.

    SUBJECT is an ARN, what an ARN ends with (vol-1, a bucket or table, a plan's id), a name, or the id of a
    finding. Prints which entry of the tiers gives a resource its tier and why those before it do not, what
    each selection of a plan says of it, each time at which a backup was due with the job and the recovery
    point that prove it, and each verdict with its reasons, all from the evidence.

    The run is explained by what it was judged by, which it keeps, whatever the settings say now; policies,
    tiers or readings that are named as options must be the same.
    """
    from auditor.cli.console import show
    from auditor.explain import explain

    show(*lines(explain(run, subject, settings, _given("policies", "selection"))))


def _given(*groups: str) -> frozenset[str]:
    """The settings of `groups` that are options of this command line."""
    context = click.get_current_context()
    names = (key.name for key in KEYS if key.group in groups)
    return frozenset(
        name for name in names if context.get_parameter_source(name) is ParameterSource.COMMANDLINE
    )


def lines(told: "Explanation") -> Iterator[Any]:
    """Make the lines of an explanation, from what it is down to the verdicts."""
    from auditor.cli.listing import word

    subject = told.subject
    kind = subject.type.replace("_", " ").replace("resource", subject.resource_type)
    yield f"{kind} {subject.name or subject.arn}"
    yield f"  ARN      {subject.arn}"
    yield f"  account  {subject.account_id} {told.account_name}, {subject.region or 'all Regions'}"
    yield from (f"  unread   {sentence}" for sentence in told.unread)
    yield from _facts(told.facts) if told.resource is None else _resource(told.resource)
    if told.related:
        yield from ("", _RELATED[subject.type])
        yield from (f"  {line}" for line in told.related)
    yield from ("", "Verdicts")
    for control in told.verdicts:
        asked = "  <- this finding" if control.control_id == told.asked else ""
        yield word(str(control.verdict), f"  {control.control_id}  ", f"  {control.title}{asked}")
        yield from (f"    {reason.message}" for reason in control.reasons)
    if not told.verdicts:
        yield "  none: no control of the policies judges it"


def _resource(told: "ResourceSays") -> Iterator[str]:
    """What is told of a resource only."""
    tags = "unread" if told.tags is None else ", ".join(f"{key}={value}" for key, value in told.tags.items())
    yield f"  tags     {tags or 'none'}"
    yield f"  tier     {told.tier or 'unknown, for what decides it could not be read'}"
    yield from (f"    - {line}" for line in told.assigned)
    yield from ("", "Selections")
    for selection in told.selections or ():
        yield f"  {selection.plan} / {selection.selection} {_OUTCOMES[selection.outcome]}"
        yield from (f"    - {step}" for step in selection.steps)
    if told.selections is None:
        yield "  unknown: the plans or their selections could not be read"
    elif not told.selections:
        yield "  no plan of its account and Region has one"
    yield from ("", "Backups that were due")
    yield from (_slot(slot) for slot in told.slots or ())
    if told.slots is None:
        yield "  unknown: what says so could not be read"
    elif not told.slots:
        yield "  none: no rule of a plan protects it"


def _facts(facts: Mapping[str, Any], before: str = "") -> Iterator[str]:
    """A line for each fact that is known."""
    if not before:
        yield from ("", "Facts")
    for name, value in sorted(facts.items()):
        if isinstance(value, Mapping):
            yield from _facts(value, f"{before}{name}.")
        else:
            yield f"  {before}{name}  {json.dumps(value, ensure_ascii=False)}"


def _slot(slot: Any) -> str:
    """One line: due, state, rule, and the evidence."""
    job = f"job {slot['job_id']}" if "job_id" in slot else ""
    proof = [part for part in (job, slot.get("recovery_point_arn"), slot.get("message")) if part]
    return "  ".join(["", slot["due"], f"{slot['state']:<8}", f"{slot['plan']} / {slot['rule']}", *proof])

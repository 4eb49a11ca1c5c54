"""`auditor explain`."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from auditor.cli.options import run_option, settings_options
from auditor.model.settings import Settings

if TYPE_CHECKING:
    from auditor.explain import Explanation

_OUTCOMES = {"selected": "selects it", "not_selected": "does not select it", "indeterminate": "is undecided"}


@click.command("explain")
@click.argument("arn")
@run_option
@settings_options("policies", "selection", "engine")
def command(arn: str, run: Path, settings: Settings) -> None:
    """Say why a resource is, or is not, protected.

    Prints what each selection of a plan says of the resource ARN, each time at which a backup was due with
    the job and the recovery point that prove it, and each verdict with its reasons, all from the evidence.
    """
    from auditor.cli.console import show
    from auditor.explain import explain

    show(*lines(explain(run, arn, settings)))


def lines(told: "Explanation") -> Iterator[Any]:
    """Make the lines of an explanation, from what it is down to the verdicts."""
    from auditor.cli.tables import word

    tags = "unread" if told.tags is None else ", ".join(f"{key}={value}" for key, value in told.tags.items())
    yield f"{told.resource_type} {told.name or told.arn}"
    yield f"  ARN      {told.arn}"
    yield f"  account  {told.account_id} {told.account_name}, {told.region}"
    yield f"  tags     {tags or 'none'}"
    yield f"  tier     {told.tier or 'unknown, for what decides it could not be read'}"
    yield from (f"  unread   {sentence}" for sentence in told.unread)
    yield "\nSelections"
    for selection in told.selections:
        yield f"  {selection.plan} / {selection.selection} {_OUTCOMES[selection.outcome]}"
        yield from (f"    - {step}" for step in selection.steps)
    if not told.selections:
        yield "  no plan of its account and Region has one"
    yield "\nBackups that were due"
    yield from (_slot(slot) for slot in told.slots)
    if not told.slots:
        yield "  none: no rule of a plan protects it"
    yield "\nVerdicts"
    for control in told.verdicts:
        yield word(str(control.verdict), f"  {control.control_id}  ", f"  {control.title}")
        yield from (f"    {reason.message}" for reason in control.reasons)


def _slot(slot: Any) -> str:
    """One line: due, state, rule, and the evidence."""
    job = f"job {slot['job_id']}" if "job_id" in slot else ""
    proof = [part for part in (job, slot.get("recovery_point_arn"), slot.get("message")) if part]
    return "  ".join(["", slot["due"], f"{slot['state']:<8}", f"{slot['plan']} / {slot['rule']}", *proof])

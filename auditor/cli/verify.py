"""`auditor verify`."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from auditor.model.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from auditor.evidence.chain import Chain, EarlierRun

_STATES = {
    "as_named": "as it was named",
    "changed": "changed",
    "gone": "gone",
    "unread": "not known",
    "not_read": "not known",
}


@click.command("verify")
@click.argument("runs", type=click.Path(file_okay=False, path_type=Path), metavar="RUNS")
@click.option(
    "--kept-days",
    type=click.IntRange(1, 36_500),
    metavar="DAYS",
    help="Runs that began more days before the newest one may be gone; without it, none may.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(runs: Path, *, kept_days: int | None, as_json: bool) -> int:
    """Compare every run in the folder RUNS with what the others say of it.

    Its manifest is compared with the digest by which a later run names it, its evidence files with its
    manifest. Reads nothing but the folder. Exits with 3 when a run was changed or is gone, with 4 when
    something could not be compared, and with 0 when every run is as it was named. What nobody named yet is
    the newest run: compare the digest that is printed of it with the one that you keep elsewhere.
    """
    from auditor.cli.console import show
    from auditor.evidence.earlier_runs import has_manifest, look

    if has_manifest(runs):
        raise UsageError(f"{runs} is a run; name the folder that holds the runs, {runs.resolve().parent}.")
    found = look(runs)
    if found.first:
        raise UsageError(f"{runs} holds no run; name the folder that holds the runs.")
    kept = _kept(found, kept_days)
    code = _code(found, kept)
    if as_json:
        told = {"runs": [one.told() for one in kept], "notes": list(found.notes), "exit_code": int(code)}
        click.echo(json.dumps(told, indent=2))
    else:
        show(_table(kept), *_sentences(found, kept))
    return code


def _kept(found: "Chain", days: int | None) -> list["EarlierRun"]:
    """The runs without those that are gone and may be."""
    from auditor.evidence.chain import begun_at

    begun = {one.run_id: begun_at(one.run_id) for one in found.runs}
    newest = max((time for time in begun.values() if time is not None), default=None)
    if days is None or newest is None:
        return list(found.runs)
    age = {run_id: newest - (time or newest) for run_id, time in begun.items()}
    return [one for one in found.runs if one.state != "gone" or age[one.run_id] <= timedelta(days=days)]


def _code(found: "Chain", kept: list["EarlierRun"]) -> ExitCode:
    if any(one.state in ("changed", "gone") for one in kept):
        return ExitCode.FINDINGS
    unknown = any(one.state != "as_named" or one.unlinked or not one.looked_at for one in kept)
    return ExitCode.INCOMPLETE if unknown or found.notes else ExitCode.COMPLIANT


def _table(runs: list["EarlierRun"]) -> Any:
    from rich.table import Table

    from auditor.cli.console import cell

    table = Table()
    for heading in ("run", "is", "named first by"):
        table.add_column(heading, overflow="fold")
    for one in runs:
        table.add_row(*map(cell, (one.run_id, _STATES[one.state], one.named_by or "none")))
    return table


def _what(run: "EarlierRun") -> Iterator[str]:
    """A sentence for each thing that is wrong with a run, or not known of it."""
    for one in run.other:
        if one.found:
            yield f"{run.run_id}: {one.file} has the digest {one.found}, and {one.named} is named."
        else:
            yield f"{run.run_id}: {one.file} {'is not there' if one.named else 'is named by no manifest'}."
    if run.others > len(run.other):
        yield f"{run.run_id}: {run.others - len(run.other)} more files are not as they were named."
    if run.why:
        yield f"{run.run_id}: {run.why}."
    if run.unlinked:
        yield f"{run.run_id}: it does not say which runs were before it; an older release collected it."


def _sentences(found: "Chain", kept: list["EarlierRun"]) -> Iterator[str]:
    yield from (sentence for one in kept for sentence in _what(one))
    yield from found.notes
    newest = found.previous
    if newest and newest.manifest_sha256:
        yield f"The newest run, {newest.run_id}, has the digest {newest.manifest_sha256}."

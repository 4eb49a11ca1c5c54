"""`auditor sample`."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from auditor.cli.options import run_argument

if TYPE_CHECKING:
    from auditor.sample import Sample, SampleMember

#: More is no sample: the whole list is in the CSV.
_MOST = 10_000


def _equal(ctx: click.Context, param: click.Parameter, given: tuple[str, ...]) -> dict[str, str]:
    """Part each COLUMN=VALUE."""
    parted = [text.partition("=") for text in given]
    for (name, sign, _), text in zip(parted, given, strict=True):
        if not name or not sign:
            raise click.BadParameter(f"{text!r} is not COLUMN=VALUE", ctx, param)
    return {name: value for name, _, value in parted}


@click.command("sample")
@run_argument
@click.option("--seed", required=True, help="Any word or number: the same one draws the same sample.")
@click.option(
    "--size", type=click.IntRange(1, _MOST), default=25, show_default=True, help="How many members."
)
@click.option(
    "--of",
    type=click.Choice(["resources", "slots"]),
    default="resources",
    show_default=True,
    help="The population: every resource, or every expected backup.",
)
@click.option(
    "--where",
    metavar="COLUMN=VALUE",
    multiple=True,
    callback=_equal,
    help="Only rows that have this value, such as tier=gold or state=MET; may be repeated.",
)
def command(run: Path, seed: str, size: int, of: str, where: dict[str, str]) -> None:
    """Draw a sample from RUN that anybody can draw again.

    The sample is the rows with the smallest SHA-256 of SEED/ACCOUNT/REGION/ARN, for an expected backup
    SEED/ACCOUNT/REGION/ARN/PLAN/RULE/DUE. Below each member stand the files of the evidence that prove it,
    with their digests, and what asks AWS itself.
    """
    from auditor.cli.console import show
    from auditor.sample import sample

    show(*_lines(sample(run, of, seed=seed, size=size, where=where), where))


def _lines(drawn: "Sample", where: dict[str, str]) -> Iterator[str]:
    asked = "".join(f", of those where {name} is {value}" for name, value in where.items())
    yield f"Sample of {len(drawn.members)} from {drawn.matching} of {drawn.rows} rows{asked}"
    yield f"  run     {drawn.run_id}"
    yield f"  file    {drawn.file}, SHA-256 {drawn.sha256}"
    yield f"  seed    {drawn.seed}"
    for number, member in enumerate(drawn.members, 1):
        yield ""
        yield from _member(number, member)


def _member(number: int, member: "SampleMember") -> Iterator[str]:
    yield f"{number}. {member.key}"
    yield from (f"  {name}: {_one_line(value)}" for name, value in member.row.items())
    yield "  evidence"
    yield from (f"    {name}  SHA-256 {digest}" for name, digest in member.evidence)
    yield "  ask AWS"
    yield from (f"    {line}" for line in member.commands)


def _one_line(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return " | ".join(str(value).splitlines())

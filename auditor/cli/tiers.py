"""`auditor tiers`: list the tiers with what assigns them, and write the tag policy that they need."""

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from auditor.cli.options import settings_options
from auditor.model.errors import UsageError
from auditor.model.settings import Settings

if TYPE_CHECKING:
    from auditor.model.policy import TierAssignment, Tiers


@click.group("tiers")
def command() -> None:
    """List the tiers, and write the tag policy that they need."""


@command.command("list")
@settings_options("policies")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_(settings: Settings, *, as_json: bool) -> None:
    """List the tiers, and the entries that assign them in their order: the first that matches wins."""
    from auditor.cli.console import show

    tiers = _tiers(settings)
    if as_json:
        click.echo(json.dumps(_document(tiers), indent=2, ensure_ascii=False))
    else:
        show(_demands(tiers), "", *_assignment(tiers))


@command.command("tag-policy")
@settings_options("policies")
@click.option(
    "--tag-key",
    "keys",
    multiple=True,
    metavar="KEY",
    help="A tag's key; once for each. Without it, those of which every value is a tier's name.",
)
@click.option(
    "--target",
    metavar="UNIT|ACCOUNT",
    help="The organizational unit or account whose policy is printed; without it, the root's.",
)
@click.option("--report-only", is_flag=True, help="Refuse nothing: let AWS report wrong and missing tags.")
def tag_policy(settings: Settings, *, keys: tuple[str, ...], target: str | None, report_only: bool) -> None:
    """Print the tag policy of AWS Organizations that keeps the tags of tiers right.

    It is a document of type TAG_POLICY, for one target. AWS refuses a tag that has one of the keys in other
    capitals, or a value that is no tier's, where it can; CloudFormation, Terraform and Pulumi, where they are
    told to ask, refuse what lacks the tag. What is not tagged at all, AWS itself refuses nowhere.
    """
    from auditor.derive.tag_policy import LONGEST, ROOT, length, tag_policies

    tiers = _tiers(settings)
    policies = tag_policies(tiers, _keys(tiers, keys), enforced=not report_only)
    wanted = target or next(iter(policies))
    if wanted not in policies:
        raise UsageError(f"{wanted} needs no tag policy of its own; there is one for {', '.join(policies)}.")
    if length(policies[wanted]) > LONGEST:
        raise UsageError(
            f"the tag policy would have more than {LONGEST:,} characters: write fewer keys with --tag-key."
        )
    click.echo(json.dumps(policies[wanted], indent=2, ensure_ascii=False))
    others = [name for name in policies if name != wanted]
    if others and target is None:
        named = "the root" if wanted == ROOT else wanted
        click.echo(f"this is for {named}; print with --target those for {', '.join(others)}", err=True)


def _tiers(settings: Settings) -> "Tiers":
    from auditor.catalogue.load import Catalogue

    return Catalogue.load(settings.policies, settings.tiers).tiers


def _keys(tiers: "Tiers", named: tuple[str, ...]) -> list[str]:
    """The keys that were named, or those that are for tiers alone."""
    from auditor.derive.tag_policy import alike, other_keys, tier_keys

    own, others = tier_keys(tiers), other_keys(tiers)
    for key in named:
        if key not in {*own, *others}:
            raise UsageError(
                f"no entry of the assignment goes by the tag {key!r}; there are {', '.join([*own, *others])}."
                if own or others
                else f"no entry of the assignment goes by the tag {key!r}, nor by another."
            )
    if doubled := alike(list(named or own)):
        raise UsageError(
            f"the tags {', '.join(doubled)} differ in capitals alone, and AWS would refuse all but one: use "
            "one of them in the assignment, or name one with --tag-key."
        )
    if named or own:
        return list(named or own)
    if others:
        raise UsageError(
            f"the tags {', '.join(others)} may have values that are no tier's; name with --tag-key those "
            "that may have no others than the assignment's."
        )
    raise UsageError("no entry of the assignment goes by a tag that users set; there is no tag policy.")


def _document(tiers: "Tiers") -> dict[str, Any]:
    return {
        "tiers": {name: dict(tier) for name, tier in tiers.tiers.items()},
        "assignment": [
            {"number": number, "line": entry.line, "tier": entry.tier, **_asked(entry)}
            for number, entry in enumerate(tiers.assignment, 1)
        ],
        "default": tiers.default,
    }


def _asked(entry: "TierAssignment") -> dict[str, Any]:
    asked = {
        "tags": dict(entry.tags),
        "organizational_units": list(entry.organizational_units),
        "accounts": list(entry.accounts),
        "resource_types": list(entry.resource_types),
    }
    return {key: value for key, value in asked.items() if value}


def _demands(tiers: "Tiers") -> object:
    from rich.table import Table

    from auditor.cli.console import cell

    table = Table()
    for heading in ("tier", "demands"):
        table.add_column(heading)
    for name, tier in tiers.tiers.items():
        told = ", ".join(f"{key} {json.dumps(value)}" for key, value in tier.items() if key != "required")
        table.add_row(cell(name), cell(told if tier["required"] else "no backup"))
    return table


def _assignment(tiers: "Tiers") -> Iterator[str]:
    for number, entry in enumerate(tiers.assignment, 1):
        said = [f"tag {key}={value}" for key, value in entry.tags.items()]
        for noun, words in (
            ("organizational unit", entry.organizational_units),
            ("account", entry.accounts),
            ("resource type", entry.resource_types),
        ):
            said += [f"{noun} {' or '.join(words)}"] if words else []
        yield f"{number}. {entry.tier}: {', '.join(said) or 'every resource'} (line {entry.line})"
    yield f"else {tiers.default}"

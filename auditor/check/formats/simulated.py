"""What a simulation says, in the words of several formats."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from auditor.check.formats.words import counted, harmless
from reports.text import code_span, utf16_length

if TYPE_CHECKING:
    from auditor.check.simulated import SimulatedPoints, SimulatedResources, SimulatedRule, Simulation

#: Names of a group, messages of a rule.
_NAMED: Final = 3
#: Notes and rules in a row of a table.
_LINES: Final = 6
#: Rows of a table of Markdown, and their characters.
_ROWS: Final = 20
_TABLE: Final = 8_000


def simulation_line(simulation: "Simulation") -> str:
    """What was simulated, and what it takes to be so."""
    return (
        f"simulated {simulation.days} days from {simulation.start}, each backup begun when it is due, "
        "into vaults that refuse only what a declared lock does:"
    )


def resources_line(one: "SimulatedResources") -> str:
    """The resources for which the same happens, and how long they are without a backup at worst."""
    more = len(one.names) - _NAMED
    names = ", ".join(one.names[:_NAMED]) + (f" and {more:,} more" if more > 0 else "")
    return f"{gap(one)}: {len(one.names):,} {one.resource_type} in {one.account_id} {one.region}: {names}"


def gap(one: "SimulatedResources") -> str:
    """The longest time without a backup, in words."""
    if one.fault:
        return "not known"
    if one.worst_gap_hours is None:
        return "no backup"
    return f"at most {one.worst_gap_hours:,.4g} h apart"


def rule_line(rule: "SimulatedRule") -> str:
    """What comes of a rule."""
    parts = [f"{rule.due:,} due", f"{rule.came:,} come"]
    if rule.absorbed:
        parts.append(f"{rule.absorbed:,} never come, as an overlapping rule runs in their place")
    if rule.failed:
        parts.append(f"{rule.failed:,} fail")
    if rule.copies_failed:
        parts.append(f"{counted(rule.copies_failed, 'copy', 'copies')} fail")
    said = f" ({'; '.join(rule.why)})" if rule.why else ""
    return f"{rule.plan} / {rule.rule}: {', '.join(parts)}{said}"


def details(one: "SimulatedResources") -> Iterator[str]:
    """Why nothing is known or comes, or what comes of each rule and is there at the end."""
    if one.fault:
        yield one.fault
    elif not (one.rules or one.notes):
        yield "no plan selects them"
    for rule in one.rules:
        yield rule_line(rule)
    if one.rules:
        yield f"at the end: {points(one.points)}"
    yield from one.notes


def points(held: Sequence["SimulatedPoints"]) -> str:
    """The recovery points that there are at the end."""
    return ", ".join(map(_points, held)) or "no recovery point"


def _points(one: "SimulatedPoints") -> str:
    what = counted(one.count, "copy", "copies") if one.copied else counted(one.count, "recovery point")
    return f"{what}{' in cold storage' if one.cold else ''} in {one.vault}" + (
        f" ({one.region})" if one.region else ""
    )


def simulation_table(simulation: "Simulation") -> list[str]:
    """A row for each group of resources, the worst first."""
    head = ["| resources | longest without | rules | at the end |", "|---|---|---|---|"]
    shown: list[str] = []
    room = _TABLE
    for one in simulation.resources[:_ROWS]:
        row = _row(one)
        room -= utf16_length(row)
        if room < 0:
            break
        shown.append(row)
    more = len(simulation.resources) - len(shown)
    return [
        f"**S{simulation_line(simulation).rstrip(':')[1:]}**",
        "",
        *([*head, *shown, ""] if shown else ["Nothing that is checked has a resource.", ""]),
        *([f"And {more:,} more; json has all of them.", ""] if more else []),
    ]


def _row(one: "SimulatedResources") -> str:
    names = _code(resources_line(one).partition(": ")[2], 200)
    lines = [*one.notes, *map(rule_line, one.rules)] or list(details(one))
    more = len(lines) - _LINES
    told = "<br>".join(
        [
            *(_code(line, 250) for line in lines[:_LINES]),
            *([f"and {more:,} more; json has all of them"] if more > 0 else []),
        ]
    )
    return f"| {names} | {gap(one)} | {told} | {_code(points(one.points), 200) if one.rules else 'nothing'} |"


def _code(text: str, limit: int) -> str:
    return code_span(harmless(text, limit), limit)

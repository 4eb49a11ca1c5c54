"""The tables that a command prints: verdicts by control, gaps in the evidence, frameworks."""

import gettext
from collections.abc import Mapping, Sequence
from typing import Final

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from auditor.catalogue.frameworks import Framework
from auditor.cli.console import cell
from auditor.cli.text import one_line, safe
from reports import causes as causes_of
from reports import headline, scope
from reports.document import VERDICTS, AuditDocument, GapEntry
from reports.words import Words

#: A word's colour; the word is always there too.
STYLES: Final = {
    "ERROR": "bold magenta",
    "NON_COMPLIANT": "bold red",
    "INSUFFICIENT_DATA": "yellow",
    "WAIVED": "cyan",
    "COMPLIANT": "green",
    "NOT_APPLICABLE": "dim",
}

#: Gaps that are printed, and accounts that were left out; the reports hold all of them.
GAPS_SHOWN: Final = 15
#: Causes that are printed, the worst.
CAUSES_SHOWN: Final = 10
LEFT_OUT_SHOWN: Final = 15

#: Columns from which the controls' titles fit beside the counts, and from which whole headings do.
WIDTH_FOR_TITLES: Final = 100
WIDTH_FOR_HEADINGS: Final = 80

#: Headings for a narrower terminal; the sentence below the table has the whole words.
SHORT: Final = {
    "NON_COMPLIANT": "non",
    "INSUFFICIENT_DATA": "no data",
    "COMPLIANT": "ok",
    "NOT_APPLICABLE": "n/a",
}


def period(document: AuditDocument) -> str:
    """Say which time was audited, and that it is told in UTC."""
    run = document.run
    return f"Audited: {run.period_start} to {run.period_end} (UTC)"


def verdicts(document: AuditDocument, width: int) -> list[Table | Text]:
    """Make the table of controls and their counts for a terminal of `width`, and the sentences below it.

    They are those of page one of the reports: resources first, then accounts, then verdicts.
    """
    asks = width >= WIDTH_FOR_TITLES
    table = _table("Verdicts by control")
    table.add_column("control", no_wrap=True)
    if asks:
        table.add_column("asks")
    for verdict in VERDICTS:
        heading = _word(verdict)
        if width < WIDTH_FOR_HEADINGS:
            heading = SHORT.get(verdict, heading)
        longest = max(map(len, heading.split()))
        table.add_column(heading, justify="right", header_style=STYLES[verdict], min_width=longest)
    for control in document.controls:
        counts = document.summary.by_control.get(control.id, {})
        named = [cell(control.id), cell(control.title)] if asks else [cell(control.id)]
        table.add_row(*named, *_counts(counts))
    return [table, *_said(document), *_left_out(document), _overall(document)]


def causes(document: AuditDocument, run: str) -> list[Table | Text]:
    """Make the list of the worst causes: what is wrong, where, how many, and the command that shows one.

    `run` is the run's folder.
    """
    words = Words(gettext.NullTranslations(), "en")
    if not document.causes or not document.causes["rows"]:
        return []
    names = {str(one["account_id"]): str(one["name"]) for one in document.run.accounts}
    found = causes_of.listed(document, names, words, CAUSES_SHOWN, run)
    table = _table("The worst causes")
    table.add_column("findings", justify="right")
    table.add_column("what is wrong, where, and what shows it", overflow="fold")
    for one in found["shown"]:
        line = Text.assemble(
            (safe(one["says"]), STYLES[one["verdict"]].removeprefix("bold ")),
            "\n",
            (safe(f"{one['severity']} {one['control_id']}, {one['age']}: {one['places']}"), "dim"),
            "\n",
            safe(one["command"]),
        )
        table.add_row(Text(words.number(one["findings"])), line)
    rest = [Text(f"and {found['rest']} more: see causes.parquet")] if found["rest"] else []
    return [table, *rest]


def gaps(document: AuditDocument) -> list[Table | Text]:
    """Make the table of the gaps; nothing when there are none."""
    if not document.gaps:
        return []
    table = _table("Gaps in the evidence")
    for heading in ("account", "Region", "call", "error", "therefore incomplete"):
        table.add_column(heading, overflow="fold", no_wrap=heading == "account")
    for gap in document.gaps[:GAPS_SHOWN]:
        table.add_row(*_gap(gap))
    more = document.summary.gaps - GAPS_SHOWN
    rest = [Text(f"and {more} more: see gaps.parquet")] if more > 0 else []
    return [table, *rest]


def word(verdict: str, before: str, after: str) -> Text:
    """Make a line with a verdict's word in its colour; what stands around it is untrusted."""
    return Text.assemble(safe(before), (verdict, STYLES[verdict]), safe(after))


def _table(title: str) -> Table:
    return Table(title=title, title_justify="left", box=SIMPLE_HEAD, padding=(0, 1, 0, 0))


def _word(verdict: str) -> str:
    return verdict.replace("_", " ").lower()


def _counts(counts: Mapping[str, int]) -> list[Text]:
    return [
        Text(str(counts.get(verdict, 0)), style=STYLES[verdict] if counts.get(verdict) else "dim")
        for verdict in VERDICTS
    ]


def _said(document: AuditDocument) -> list[Text]:
    summary, words = document.summary, Words(gettext.NullTranslations(), "en")
    first, *more = headline.sentences(summary, words)
    line = Text(headline.result(summary, words), style=STYLES[summary.overall]).append(f": {first}", style="")
    return [line, *(Text(sentence) for sentence in (*scope.sentences(document, words), *more))]


def _left_out(document: AuditDocument) -> list[Text]:
    """Name the accounts of the organization that were not asked, and why."""
    found = [account for account in document.run.accounts if account.get("left_out")][:LEFT_OUT_SHOWN]
    named = [one_line(f"{one['account_id']} {one['name']} ({one['status']})") for one in found]
    more = sum(document.summary.accounts_left_out.values()) - len(named)
    rest = [f"and {more} more: see document.json"] if more > 0 else []
    return [Text(f"left out: {line}") for line in [*named, *rest]]


def _overall(document: AuditDocument) -> Text:
    summary = document.summary
    counted = ", ".join(
        f"{summary.verdicts[verdict]} {_word(verdict)}"
        for verdict in VERDICTS
        if summary.verdicts.get(verdict)
    )
    count = summary.gaps
    unread = f"{count or 'no'} {'gap' if count == 1 else 'gaps'} in the evidence"
    unreached = summary.verdicts.get("ERROR", 0) + summary.verdicts.get("INSUFFICIENT_DATA", 0)
    if unreached and not count:
        noun = "verdict" if unreached == 1 else "verdicts"
        unread = f"no call failed, and {unreached} {noun} could nevertheless not be reached"
    line = Text("Overall: ")
    line.append(summary.overall, style=STYLES[summary.overall])
    return line.append(f" ({counted or 'no verdicts'}; {unread})")


def _gap(gap: GapEntry) -> list[Text]:
    provides = ", ".join(gap.provides) if len(gap.provides) <= 3 else f"{len(gap.provides)} tables"  # noqa: PLR2004 -- fits
    call = f"{gap.service}:{gap.operation}"
    return [cell(text) for text in (gap.account_id, gap.region or "all", call, gap.error, provides)]


def frameworks_table(frameworks: Sequence[Framework]) -> Table:
    """The frameworks: how many requirements each has, and of how many a control gives evidence."""
    table = Table()
    for heading in ("framework", "title", "requirements", "evidenced by a control"):
        table.add_column(heading)
    for one in frameworks:
        shown = sum(bool(requirement.controls) for requirement in one.requirements)
        table.add_row(*map(cell, (one.id, one.title, str(len(one.requirements)), str(shown))))
    return table


def framework_table(framework: Framework) -> Table:
    """What a framework asks, and which controls give evidence of it, or why none does."""
    table = Table(title=cell(framework.title))
    for heading in ("requirement", "asks", "evidence"):
        table.add_column(heading)
    for one in framework.requirements:
        evidence = " ".join(one.controls) or f"not evidenced: {one.why}"
        table.add_row(*map(cell, (one.id, one.asks, evidence)))
    return table

"""The PDF's material: editions of its HTML and its charts, both bounded, as `render_pdf` reads them."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from markupsafe import Markup

from reports import attainment, pages, panels, strips, view
from reports.document import VERDICTS, AuditDocument
from reports.templating import environment
from reports.text import clean
from reports.words import N_, Words

MAX_PAGES: Final = 60
_CHARTED: Final = 18
_ROW: Final = 5.6  # millimetres of one row of a chart; styles/pdf.css gives its label the same height
_PLOT: Final = 88.0
_WIDE: Final = 174.0
_SHOWN: Final = N_("Every character of this document is shown.")
_UNSHOWN: Final = N_(
    "Characters that no font had on the machine which made this document: {n}. Each stands as a box with its "
    "Unicode number ({numbers}). Its text can be copied and searched here, and is in findings.csv and "
    "document.json."
)


def job(document: AuditDocument, words: Words, tables: Path | None = None) -> dict[str, Any]:
    """Return what `render_charts` and `render_pdf` work on, as plain data.

    `tables` is the folder with the populations of the run; without it no resource has its period.
    """
    drawn = pages.strips(document, tables, words)
    names = view.account_names(document, _limits(pages.EDITIONS[0]).name)
    by_day = attainment.by_day(document, tables, names, words, _CHARTED)
    return {
        "editions": [_page(document, words, edition, drawn, by_day) for edition in pages.EDITIONS],
        "drawings": _drawings(document, words),
        "characters": {"shown": words.text(_SHOWN), "unshown": words.text(_UNSHOWN)},
        "pages": MAX_PAGES,
        "identifier": document.run.evidence_sha256[:32],
    }


def _limits(edition: pages.Edition) -> view.ListLimits:
    return view.ListLimits(
        controls=60, accounts=30, gaps=edition.gaps, waivers=12, name=120, text=600, causes=edition.causes
    )


def _page(
    document: AuditDocument,
    words: Words,
    edition: pages.Edition,
    drawn: panels.Strips,
    by_day: Mapping[str, Any],
) -> str:
    limits = _limits(edition)
    names = view.account_names(document, limits.name)
    style = (Path(__file__).parent / "styles" / "pdf.css").read_text(encoding="utf-8")
    return environment(words).get_template("pdf.html.j2").render(
        **view.front(document, words, limits),
        found=pages.findings(document, names, words, edition.lines, drawn),
        shapes=strips.key(words),
        by_day=by_day,
        words=words,
        style=Markup(style),  # noqa: S704 - a file of this package
        counter=Markup(_counter(words)),  # noqa: S704 - strings of CSS, quoted below
        verdicts=VERDICTS,
        charted=_CHARTED,
        catalogue=edition.catalogue,
    )  # fmt: skip


def _counter(words: Words) -> str:
    """Return "Page x of y" as the value of CSS `content`."""
    parts = re.split(r"(\{page\}|\{pages\})", words.text("Page {page} of {pages}"))
    counters = {"{page}": "counter(page)", "{pages}": "counter(pages)"}
    return " ".join(counters.get(part) or _css_string(part) for part in parts if part)


def _css_string(text: str) -> str:
    escaped = clean(text).replace("\\", "\\\\").replace('"', '\\"').replace("<", "\\3c ")
    return f'"{escaped}"'


def _drawings(document: AuditDocument, words: Words) -> dict[str, dict[str, Any]]:
    front = view.front(document, words, _limits(pages.EDITIONS[0]))
    resources = [front["resources"]["counts"]]
    controls = [row["counts"] for row in front["controls"]["shown"][:_CHARTED]]
    accounts = [
        {**row["counts"], "COMPLIANT": 0, "NOT_APPLICABLE": 0}
        for row in front["accounts"]["shown"][:_CHARTED]
    ]
    return {
        "resources": {"rows": resources, "width": _WIDE, "row": 9.0, "share": True,
                      "title": words.text("Resources by result; the table below has the numbers.")},
        "controls": {"rows": controls, "width": _PLOT, "row": _ROW, "share": True,
                     "title": words.text("Verdicts by control; the table below has the numbers.")},
        "accounts": {"rows": accounts, "width": _PLOT, "row": _ROW, "share": False,
                     "title": words.text("Verdicts to look at by account; the table below has the numbers.")},
    }  # fmt: skip

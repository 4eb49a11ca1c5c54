"""Every report of an audit, written whole or not at all: HTML, PDF, CSV and JSON.

A format that this machine cannot make is said through `warn`, and the others are made.
"""

import gettext
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import BinaryIO, Final

from reports.document import AuditDocument, to_json
from reports.pdf_job import job
from reports.pdf_process import FormatUnavailable, PdfProcess
from reports.render_csv import findings_csv, gaps_csv, verdicts_csv
from reports.render_html import html
from reports.whole import whole
from reports.words import Words

FORMATS: Final = ("html", "pdf", "csv", "json")


class UnknownFormat(ValueError):  # noqa: N818 - it reads as what it says
    """A format that there is not; the message is one sentence that names those that there are."""


def render(
    document: AuditDocument,
    verdicts: Path,
    out: Path,
    formats: Sequence[str],
    *,
    warn: Callable[[str], object] = warnings.warn,
    pdf: PdfProcess | None = None,
    translations: gettext.NullTranslations | None = None,
    language: str = "en",
) -> list[Path]:
    """Write the reports into the folder `out` and return their paths, in the order of `FORMATS`.

    Args:
        document: the audit; equal ones give equal bytes.
        verdicts: `verdicts.parquet` of the same run, with `gaps.parquet` beside it; read for CSV only.
        out: made when absent; a report of the same name is replaced at once and whole.
        formats: some of `FORMATS`.
        warn: told one sentence for each format that was skipped or is lacking something.
        pdf: a process that was started before, and is ended here; absent, one is started.
        translations: the catalogue of `language`; absent, English.
        language: BCP 47.

    Raises:
        UnknownFormat: a format that there is not.
        OSError: `out` cannot be written.
    """
    for name in formats:
        if name not in FORMATS:
            raise UnknownFormat(f"There is no report format {name!r}; choose from {', '.join(FORMATS)}.")
    out.mkdir(parents=True, exist_ok=True)
    words = Words(translations or gettext.NullTranslations(), language)
    if "pdf" in formats:
        pdf = pdf or PdfProcess()
        pdf.send(job(document, words))
    try:
        made = {
            "html": _html(document, words, out) if "html" in formats else [],
            "csv": _csv(document, verdicts, out) if "csv" in formats else [],
            "json": [_put(out / "document.json", lambda file: file.write(to_json(document)))]
            if "json" in formats
            else [],
            "pdf": _pdf(pdf, words, out, warn) if pdf and "pdf" in formats else [],
        }
    finally:
        if pdf:
            pdf.abandon()
    return [path for name in FORMATS for path in made[name]]


def _html(document: AuditDocument, words: Words, out: Path) -> list[Path]:
    page = html(document, words)
    return [_put(out / "report.html", lambda file: file.write(page.encode()))]


def _csv(document: AuditDocument, verdicts: Path, out: Path) -> list[Path]:
    return [
        _put(out / "verdicts.csv", lambda file: verdicts_csv(verdicts, file)),
        _put(out / "findings.csv", lambda file: findings_csv(document, verdicts, file)),
        _put(out / "gaps.csv", lambda file: gaps_csv(verdicts.with_name("gaps.parquet"), file)),
    ]


def _pdf(process: PdfProcess, words: Words, out: Path, warn: Callable[[str], object]) -> list[Path]:
    try:
        made, said = process.finish()
    except FormatUnavailable as unavailable:
        warn(words.text(str(unavailable)))
        return []
    if said:
        warn(words.text(said))
    return [_put(out / "report.pdf", lambda file: file.write(made))]


def _put(target: Path, write: Callable[[BinaryIO], object]) -> Path:
    """Write a report and put it in place at once."""
    with whole(target) as file:
        write(file)
    return target

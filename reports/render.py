"""The reports of an audit, in the formats that are asked for, each file whole or not at all.

When this machine cannot make a format, `warn` gets a sentence, and the others are made.
"""

import gettext
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Self

from reports.document import AuditDocument
from reports.formats.base import (
    ChildReportFormat,
    FormatUnavailable,
    ReportFolder,
    ReportFormat,
    ReportSource,
)
from reports.formats.registry import FORMATS, NAMES
from reports.words import Words


class UnknownFormat(ValueError):  # noqa: N818 - it reads as what it says
    """A format that does not exist; the message is one sentence that names the formats."""


class BegunReports:
    """The formats of one rendering, the processes of some of them started; a context manager that ends those.

    Args:
        names: some of `NAMES`, in any order.

    Raises:
        UnknownFormat: a format that there is not.
    """

    def __init__(self, names: Sequence[str]) -> None:
        for name in names:
            if name not in NAMES:
                raise UnknownFormat(f"There is no report format {name!r}; choose from {', '.join(NAMES)}.")
        self.formats: list[ReportFormat] = [made() for made in FORMATS if made.name in names]
        self.children = [made for made in self.formats if isinstance(made, ChildReportFormat)]
        for child in self.children:
            child.start()

    def __enter__(self) -> Self:
        """Nothing to prepare."""
        return self

    def __exit__(self, *_: object) -> None:
        """End the processes, finished or not."""
        for child in self.children:
            child.end()


def render(
    document: AuditDocument,
    tables: Path,
    out: Path,
    formats: Sequence[str],
    *,
    warn: Callable[[str], object] = warnings.warn,
    begun: BegunReports | None = None,
    translations: gettext.NullTranslations | None = None,
    language: str = "en",
) -> list[Path]:
    """Write the reports into the folder `out` and return their paths, in the order of the list of formats.

    Args:
        document: the audit; equal ones give equal bytes.
        tables: the folder with `verdicts.parquet` and `gaps.parquet` of the same run, for formats that list
            everything.
        out: made when absent; a report of the same name is replaced at once and whole.
        formats: some of the names of the list.
        warn: told one sentence for each format that was skipped or is lacking something.
        begun: the same formats, begun before, and ended here; absent, they are begun here.
        translations: the catalogue of `language`; absent, English.
        language: BCP 47.

    Raises:
        UnknownFormat: a format that there is not.
        OSError: `out` cannot be written.
    """
    with begun or BegunReports(formats) as chosen, TemporaryDirectory() as own:
        out.mkdir(parents=True, exist_ok=True)
        words = Words(translations or gettext.NullTranslations(), language)
        source = ReportSource(document, tables, words, Path(own))
        for child in chosen.children:
            child.send(source)
        made: dict[str, list[Path]] = {}
        for one in sorted(chosen.formats, key=lambda one: one in chosen.children):  # what is waited for last
            folder = ReportFolder(out, type(one), words, warn)
            try:
                one.write(source, folder)
            except FormatUnavailable as unavailable:
                folder.say(unavailable.sentence, **unavailable.fields)
            made[one.name] = folder.written
        return [path for name in NAMES for path in made.get(name, ())]

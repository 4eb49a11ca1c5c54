"""HTML and charts laid out as a tagged PDF. Without Pango its import is an OSError."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, NoReturn

from matplotlib import font_manager
from weasyprint import HTML
from weasyprint.urls import URLFetcher

from reports import charts

#: Parts of the names of fonts that show Chinese, Japanese or Korean.
_EAST_ASIAN_FONTS: Final = (
    "cjk", "source han", "pingfang", "hiragino", "heiti", "songti", "kaiti", "yahei", "simsun", "simhei",
    "wenquanyi", "uming", "ukai", "unifont", "droid sans fallback", "gothic", "mincho",
)  # fmt: skip
_EAST_ASIAN: Final = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff]")


class Refuse(URLFetcher):  # type: ignore[misc]
    """Fetches nothing: what a name or a message says never becomes a request or an opened file."""

    def fetch(self, url: str, headers: Mapping[str, str] | None = None) -> NoReturn:  # noqa: ARG002 - its signature
        """Refuse every address, data: and file: too.

        Raises:
            ValueError: always.
        """
        raise ValueError(f"a report fetches nothing, and {url[:80]!r} was asked for")


def pdf(
    editions: Sequence[str], drawings: Mapping[str, Mapping[str, Any]], *, pages: int, identifier: bytes
) -> bytes:
    """Return the PDF/UA of the first edition that has at most `pages` pages, or of the last one.

    Equal arguments give equal bytes on one machine.

    Args:
        editions: whole pages of HTML, the longest first, with `<chart id="…"></chart>` where a drawing goes.
        drawings: arguments of `charts.stacked` by that id.
        pages: how many pages are allowed.
        identifier: the PDF's own id.
    """
    drawn = {f'<chart id="{name}"></chart>': charts.stacked(**drawing) for name, drawing in drawings.items()}
    longest, *shorter = editions
    laid_out = _laid_out(longest, drawn)
    for edition in shorter:
        if len(laid_out.pages) > pages:
            laid_out = _laid_out(edition, drawn)
    # pdf_tags is named because the default of the variant is overridden by that of WeasyPrint, which is False
    made: bytes = laid_out.write_pdf(pdf_variant="pdf/ua-1", pdf_tags=True, pdf_identifier=identifier)
    return made


def _laid_out(edition: str, drawn: Mapping[str, str]) -> Any:
    for place, drawing in drawn.items():
        edition = edition.replace(place, drawing)
    return HTML(string=edition, url_fetcher=Refuse()).render()


def lacks_east_asian_font(text: str) -> bool:
    """Return whether the text has Chinese, Japanese or Korean that no installed font is known to show."""
    if not _EAST_ASIAN.search(text):
        return False
    names = {font.name.casefold() for font in font_manager.fontManager.ttflist}
    return not any(part in name for name in names for part in _EAST_ASIAN_FONTS)

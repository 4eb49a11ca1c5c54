"""HTML laid out as a tagged PDF. Without WeasyPrint's system libraries its import is an OSError."""

from collections.abc import Mapping, Sequence
from typing import NoReturn

from weasyprint import HTML
from weasyprint.urls import URLFetcher


class Refuse(URLFetcher):  # type: ignore[misc]
    """Fetches nothing: what a name or a message says never becomes a request or an opened file."""

    def fetch(self, url: str, headers: Mapping[str, str] | None = None) -> NoReturn:  # noqa: ARG002 - its signature
        """Refuse every address, data: and file: too.

        Raises:
            ValueError: always.
        """
        raise ValueError(f"a report fetches nothing, and {url[:80]!r} was asked for")


def pdf(editions: Sequence[str], *, pages: int, identifier: bytes) -> bytes:
    """Return the PDF/UA of the first edition that has at most `pages` pages, or of the last one.

    Equal arguments give equal bytes on one machine.

    Args:
        editions: whole pages of HTML, the longest first.
        pages: how many pages are allowed.
        identifier: the PDF's own id.
    """
    longest, *shorter = editions
    laid_out = HTML(string=longest, url_fetcher=Refuse()).render()
    for edition in shorter:
        if len(laid_out.pages) > pages:
            laid_out = HTML(string=edition, url_fetcher=Refuse()).render()
    # pdf_tags is named because the default of the variant is overridden by that of WeasyPrint, which is False
    made: bytes = laid_out.write_pdf(pdf_variant="pdf/ua-1", pdf_tags=True, pdf_identifier=identifier)
    return made

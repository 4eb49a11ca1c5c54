"""Lay out HTML as a tagged PDF. Without WeasyPrint's system libraries the import raises OSError."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any, Final

from weasyprint import CSS, HTML
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import URLFetcher, URLFetcherResponse

from reports import boxes, fonts
from reports.unshown import unshown

#: Where a page says which characters are not shown.
PLACE: Final = "<characters></characters>"
#: Characters that are named there.
_NAMED: Final = 12


class Held(URLFetcher):  # type: ignore[misc] # WeasyPrint has no types
    """Fetches only what it holds, so that no name or message becomes a request or an opened file.

    Args:
        content: by address.
    """

    def __init__(self, content: Mapping[str, bytes]) -> None:
        super().__init__()
        self._content = content

    def fetch(self, url: str, headers: Mapping[str, str] | None = None) -> Any:  # noqa: ARG002 - its signature
        """Return what is held under the address.

        Raises:
            ValueError: any other address, data: and file: too.
        """
        if url not in self._content:
            raise ValueError(f"a report fetches nothing, and {url[:80]!r} was asked for")
        return URLFetcherResponse(url, self._content[url])


def pdf(
    editions: Sequence[str], *, pages: int, identifier: bytes, sentences: Mapping[str, str]
) -> tuple[bytes, list[str]]:
    """Return the PDF/UA of the first edition that has at most `pages` pages, or of the last one.

    With it come the characters that are not shown. Equal arguments give equal bytes on one machine, and as
    many pages on each.

    Args:
        editions: whole pages of HTML, the longest first.
        pages: how many pages are allowed.
        identifier: the PDF's own id.
        sentences: what stands in `PLACE`: `shown`, or `unshown` with the fields {n} and {numbers}.
    """
    beyond = fonts.lacking("".join(editions))
    missing = unshown(beyond)
    held = fonts.shipped() | ({fonts.BOXES: boxes.font(missing)} if missing else {})
    said = escape(_said(missing, sentences))
    known = FontConfiguration()
    faces = CSS(string=fonts.rules(held), font_config=known, url_fetcher=Held(held))

    def laid_out(edition: str) -> Any:
        page = fonts.set_apart(edition.replace(PLACE, said), beyond)
        return HTML(string=page, url_fetcher=Held({})).render(stylesheets=[faces], font_config=known)

    longest, *shorter = editions
    made = laid_out(longest)
    for edition in shorter:
        if len(made.pages) > pages:
            made = laid_out(edition)
    # pdf_tags is named because the default of the variant is overridden by that of WeasyPrint, which is False
    return made.write_pdf(pdf_variant="pdf/ua-1", pdf_tags=True, pdf_identifier=identifier), missing


def _said(missing: Sequence[str], sentences: Mapping[str, str]) -> str:
    if not missing:
        return sentences["shown"]
    numbers = ", ".join(f"U+{ord(character):04X}" for character in missing[:_NAMED])
    more = ", …" if len(missing) > _NAMED else ""
    return sentences["unshown"].format(n=len(missing), numbers=f"{numbers}{more}")

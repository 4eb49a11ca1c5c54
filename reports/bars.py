"""Bars: their parts, of which every one above zero can be seen, and the picture that holds them."""

from collections.abc import Mapping
from typing import Final

from markupsafe import Markup

from reports.document import VERDICTS
from reports.text import clean

#: The least share of a whole bar that a part has.
_LEAST: Final = 0.015


def parts(counts: Mapping[str, int], full: int) -> list[tuple[str, float, float]]:
    """Return (verdict, start, width) of a bar of which `full` is the whole width, 1, without empty parts.

    Small parts get more than their share, and the large ones less, so that the bar keeps its length, or as
    much as its parts need.
    """
    found = {verdict: counts[verdict] / full for verdict in VERDICTS if counts.get(verdict)}
    small = {verdict for verdict, width in found.items() if width < _LEAST}
    while True:
        room = max(0.0, sum(found.values()) - _LEAST * len(small))
        rest = sum(width for verdict, width in found.items() if verdict not in small)
        scaled = {
            verdict: _LEAST if verdict in small else width * room / rest for verdict, width in found.items()
        }
        more = {verdict for verdict, width in scaled.items() if width < _LEAST}
        if not more:
            break
        small |= more
    start, placed = 0.0, []
    for verdict, width in scaled.items():
        placed.append((verdict, start, width))
        start += width
    return placed


def picture(drawn: str, title: str, wide: float, tall: float) -> Markup:
    """Return a bar as SVG: `drawn` is ours and of numbers alone, `title` says where its data are in words."""
    return Markup('<svg class="share" viewBox="0 0 {} {}" role="img"><title>{}</title>{}</svg>').format(
        f"{wide:g}",
        f"{tall:g}",
        clean(title),
        Markup(drawn),  # noqa: S704 - drawn by us, of numbers
    )

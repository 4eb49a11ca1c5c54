"""A font made for one document: boxes with the numbers of the characters that no font of the machine has.

The text stays in the PDF, as each character has a glyph of its own, and its number can be read. A box is as
wide as the character would be, an em for what is written in squares: pages do not depend on the machine.
"""

import unicodedata
from collections.abc import Sequence
from io import BytesIO
from typing import Any, Final

from fontTools.fontBuilder import FontBuilder
from fontTools.pens.transformPen import TransformPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTFont

from reports.fonts import FACES, folder

#: Units of an em, and how far letters go above and below the line: those of DejaVu.
_EPOCH: Final = 2_082_844_800  # 1970 in seconds since 1904, as TrueType counts them
_EM: Final = 2048
_ABOVE: Final = 1901
_BELOW: Final = -483
_WIDE: Final = 2048
_NARROW: Final = 1233
_FRAME: Final = 80  # of a box: its distance from the next, and from its digits
_LINE: Final = 60
_TOP: Final = 1600
_BOTTOM: Final = -150
_DIGITS: Final = "0123456789ABCDEF"
_DIGIT_WIDTH: Final = 1233  # of DejaVu Sans Mono, whose digits they are
_DIGIT_HEIGHT: Final = 1493


def font(characters: Sequence[str]) -> bytes:
    """Return the TrueType font whose only characters are these, in any order; equal ones give equal bytes."""
    made = {character: f"u{ord(character):X}" for character in sorted(set(characters))}
    glyphs: dict[str, Any] = {".notdef": TTGlyphPen(None).glyph()}
    with TTFont(folder() / FACES[2].file, lazy=True) as mono:
        shapes, names = mono.getGlyphSet(), mono.getBestCmap()
        for digit in _DIGITS:
            pen = TTGlyphPen(None)
            shapes[names[ord(digit)]].draw(TransformPen(pen, (1, 0, 0, 1, 0, 0)))
            glyphs[f"digit{digit}"] = pen.glyph()
    for width in (_WIDE, _NARROW):
        glyphs[f"frame{width}"] = _frame(width)
    for character, name in made.items():
        glyphs[name] = _box(f"{ord(character):04X}", _width(character), glyphs)
    widths = dict.fromkeys(glyphs, _WIDE) | {name: _width(character) for character, name in made.items()}
    return _built(glyphs, widths, {ord(character): name for character, name in made.items()})


def _width(character: str) -> int:
    return _WIDE if unicodedata.east_asian_width(character) in "WF" else _NARROW


def _frame(width: int) -> Any:
    pen = TTGlyphPen(None)
    edges = (_FRAME, _BOTTOM, width - _FRAME, _TOP)
    for (left, low, right, high), inward in ((edges, False), (_inset(edges, _LINE), True)):
        corners = [(left, low), (left, high), (right, high), (right, low)]
        pen.moveTo(corners[0])
        for corner in corners[:0:-1] if inward else corners[1:]:
            pen.lineTo(corner)
        pen.closePath()
    return pen.glyph()


def _inset(edges: tuple[int, int, int, int], by: int) -> tuple[int, int, int, int]:
    left, low, right, high = edges
    return left + by, low + by, right - by, high - by


def _box(number: str, width: int, glyphs: dict[str, Any]) -> Any:
    """Return a frame with the number in two rows."""
    columns = -(-len(number) // 2)
    number = number.rjust(2 * columns, "0")
    left, low, right, high = _inset((_FRAME, _BOTTOM, width - _FRAME, _TOP), _LINE + _FRAME)
    scale = min((right - left) / (columns * _DIGIT_WIDTH), (high - low - _FRAME) / (2 * _DIGIT_HEIGHT))
    across, up = (right - left) / columns, (high - low + _FRAME) / 2
    pen = TTGlyphPen(glyphs)
    pen.addComponent(f"frame{width}", (1, 0, 0, 1, 0, 0))
    for place, digit in enumerate(number):
        row, column = divmod(place, columns)
        x = left + (column + 0.5) * across - scale * _DIGIT_WIDTH / 2
        y = low + (1 - row) * up
        pen.addComponent(f"digit{digit}", (scale, 0, 0, scale, round(x), round(y)))
    return pen.glyph()


def _built(glyphs: dict[str, Any], widths: dict[str, int], characters: dict[int, str]) -> bytes:
    builder = FontBuilder(_EM, isTTF=True)
    builder.setupGlyphOrder(list(glyphs))
    builder.setupCharacterMap(characters)
    builder.setupGlyf(glyphs)
    table = builder.font["glyf"]
    builder.setupHorizontalMetrics(
        {name: (width, getattr(table[name], "xMin", 0)) for name, width in widths.items()}
    )
    builder.setupHorizontalHeader(ascent=_ABOVE, descent=_BELOW)
    builder.setupNameTable({"familyName": "Report Boxes", "styleName": "Regular"})
    builder.setupOS2(sTypoAscender=_ABOVE, sTypoDescender=_BELOW, usWinAscent=_ABOVE, usWinDescent=-_BELOW)
    builder.setupPost()
    builder.updateHead(created=_EPOCH, modified=_EPOCH)
    builder.font.recalcTimestamp = False
    out = BytesIO()
    builder.save(out)
    return out.getvalue()

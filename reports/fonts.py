"""The fonts of the PDF: a family and its monospace that come with the program, and what they lack.

DejaVu is part of matplotlib, which draws the charts (those have no text). It has Latin, Greek, Cyrillic,
Hebrew and Arabic, so a report in them is the same on every machine. Another character is taken from the
machine's fonts, and where those lack it too it stands as a box with its number (`reports.boxes`).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from fontTools.ttLib import TTFont

#: The address of the font of boxes, which is made for one document.
BOXES: Final = "font:boxes"
#: What is left alone: elements that hold no text of the page, and tags.
_MARKUP: Final = re.compile(r"(<style.*?</style>|<title.*?</title>|<[^>]*>)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Face:
    """One file that comes with the program, and under which name and weight styles/pdf.css asks for it."""

    address: str
    file: str
    family: str
    weight: int


FACES: Final = (
    Face("font:sans", "DejaVuSans.ttf", "Report Sans", 400),
    Face("font:sans-bold", "DejaVuSans-Bold.ttf", "Report Sans", 700),
    Face("font:mono", "DejaVuSansMono.ttf", "Report Mono", 400),
    Face("font:mono-bold", "DejaVuSansMono-Bold.ttf", "Report Mono", 700),
)


def folder() -> Path:
    """Return where matplotlib keeps its fonts, without loading it."""
    found = find_spec("matplotlib")
    if found is None or found.origin is None:
        raise ModuleNotFoundError("matplotlib is not installed, and the PDF's fonts are part of it")
    return Path(found.origin).parent / "mpl-data" / "fonts" / "ttf"


def shipped() -> dict[str, bytes]:
    """Return the content of each file that comes with the program, by its address."""
    return {face.address: (folder() / face.file).read_bytes() for face in FACES}


def rules(addresses: Mapping[str, bytes]) -> str:
    """Return the `@font-face` rules for the fonts that there are."""
    rule = '@font-face {{ font-family: "{0.family}"; font-weight: {0.weight}; src: url("{0.address}"); }}'
    faces = (*FACES, Face(BOXES, "", "Report Boxes", 400))
    return "\n".join(rule.format(face) for face in faces if face.address in addresses)


def lacking(pages: str) -> list[str]:
    """Return the characters that the family which comes with the program lacks, in their order."""
    beyond = set(pages) - set(map(chr, range(0x250)))  # Latin: the file need not be opened for it
    if not beyond:
        return []
    with TTFont(folder() / FACES[0].file, lazy=True) as font:
        return sorted(beyond - set(map(chr, font.getBestCmap())))


def set_apart(page: str, characters: list[str]) -> str:
    """Return the page with each run of the characters in `<span class="other">`, which keeps lines as high.

    The height of a line must not depend on which font of the machine is taken.
    """
    if not characters:
        return page
    runs = re.compile(f"([{''.join(map(re.escape, characters))}]+)")
    parts = _MARKUP.split(page)
    parts[::2] = [runs.sub(r'<span class="other">\1</span>', text) for text in parts[::2]]
    return "".join(parts)

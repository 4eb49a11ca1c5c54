"""Ask Pango, which lays out the PDF, which characters no font of this machine shows."""

import ctypes
import sys
from collections.abc import Sequence
from functools import cache
from typing import Any, Final

_NAMES: Final = {
    "darwin": ("libpango-1.0.dylib", "libpangoft2-1.0.dylib"),
    "win32": ("libpango-1.0-0.dll", "libpangoft2-1.0-0.dll"),
}
_LINUX: Final = ("libpango-1.0.so.0", "libpangoft2-1.0.so.0")


def unshown(characters: Sequence[str]) -> list[str]:
    """Return those of the characters that no font of this machine has, in their order.

    Every font that fontconfig finds counts, for any script. What is never drawn (a variation selector) is
    not missed.

    Raises:
        OSError: Pango is not here.
    """
    if not characters or not _lacks("\n".join(characters)):
        return []
    return [character for character in characters if _lacks(character)]


def _lacks(text: str) -> bool:
    pango, layout = _layout()
    data = text.encode()
    pango.pango_layout_set_text(layout, data, len(data))
    return bool(pango.pango_layout_get_unknown_glyphs_count(layout) > 0)


@cache
def _layout() -> tuple[Any, ctypes.c_void_p]:
    """Return Pango and a layout of its own on the machine's fonts; both last as long as the process."""
    pango, pangoft2 = (ctypes.CDLL(name) for name in _NAMES.get(sys.platform, _LINUX))
    pangoft2.pango_ft2_font_map_new.restype = ctypes.c_void_p
    for make in (pango.pango_font_map_create_context, pango.pango_layout_new):
        make.argtypes, make.restype = [ctypes.c_void_p], ctypes.c_void_p
    pango.pango_layout_set_text.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int]
    pango.pango_layout_set_text.restype = None
    pango.pango_layout_get_unknown_glyphs_count.argtypes = [ctypes.c_void_p]
    context = pango.pango_font_map_create_context(pangoft2.pango_ft2_font_map_new())
    return pango, ctypes.c_void_p(pango.pango_layout_new(context))

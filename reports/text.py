r"""Make untrusted text harmless: names, tags and messages from AWS in a report or on a terminal.

Jinja2 escapes HTML; this module does what escaping does not do. A character that nobody can see, or that
reorders its neighbours, is shown by its number (``\u202E``) and never dropped, as it is evidence too.
"""

import re
import unicodedata
from collections.abc import Mapping
from typing import Any, Final

#: First characters that make a spreadsheet calculate (OWASP "CSV Injection"), before NFKC folds full-width
#: forms.
_FORMULA: Final = frozenset("=+-@|%")
#: Categories that are invisible, undefined or reorder text: control, format, surrogate, unassigned, line
#: ends.
_HIDDEN: Final = frozenset({"Cc", "Cf", "Cs", "Cn", "Zl", "Zp"})
_BMP: Final = 0xFFFF
_SPACES: Final = re.compile(r"[\t\n\v\f\r\x85\u2028\u2029]+")
#: More than three combining marks on one letter paint over the neighbouring lines.
_MARKS: Final = re.compile(
    r"([\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]{3})"
    r"[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]+"
)
#: A cell of a comma file becomes two where the spreadsheet's list separator is the semicolon.
_SECOND_CELL: Final = re.compile(r";(?=\s*[=+\-@|%\uff1d\uff0b\uff0d\uff20\uff5c\uff05])")
#: Characters of a comment of GitHub, each counted as in UTF-16; a longer one is refused.
MAX_COMMENT: Final = 65_536
#: Characters that are shown of a control's id: those of AWS Backup Audit Manager have up to 49.
CONTROL_ID: Final = 64
_SPAN: Final = {ord("|"): "\\u007C", ord("`"): "\\u0060"}


class _Shown(dict[int, int | str]):
    """What `str.translate` puts for each character, found out once for each."""

    def __missing__(self, number: int) -> int | str:
        shown: int | str = number
        if unicodedata.category(chr(number)) in _HIDDEN:
            shown = f"\\u{number:04X}" if number <= _BMP else f"\\U{number:08X}"
        self[number] = shown
        return shown


_SHOWN: Final = _Shown()


def clean(text: str) -> str:
    r"""Return `text` on one line, with hidden and reordering characters shown as ``\uXXXX``.

    Covers C0 and C1 controls, escape sequences, bidirectional overrides and isolates, zero-width characters,
    tag characters, lone surrogates and unassigned code points; line ends and tabs become one space, and a
    tower of combining marks is cut to three.
    """
    if not text.isprintable():
        text = _SPACES.sub(" ", text).translate(_SHOWN)
    return text if text.isascii() else _MARKS.sub(r"\1", text)


def spreadsheet_safe(text: str) -> str:
    """Return `clean(text)` so that no spreadsheet takes it for a formula: an apostrophe before a trigger.

    Triggers are ``= + - @ | %`` and their full-width and small forms, also after blanks, and the same after a
    semicolon, where some locales of Excel begin another cell. Tabs and carriage returns do not survive
    `clean`.
    """
    text = clean(text)
    if ";" in text:
        text = _SECOND_CELL.sub(";'", text)
    start = text.lstrip()[:1]
    if start and unicodedata.normalize("NFKC", start)[:1] in _FORMULA:
        return f"'{text}"
    return text


def clip(text: str, limit: int) -> str:
    """Return `clean(text)` in at most `limit` characters; an ellipsis at its end says that it was cut."""
    short = clean(text[:limit])
    if len(text) <= limit and len(short) <= limit:
        return short
    return short[: limit - 1].rstrip() + "…"


def code_span(text: str, limit: int) -> str:
    """Return `clip(text, limit)` as a code span of Markdown, in a cell of a table too; a dash for nothing.

    Within it neither HTML nor a link, a mention or a reference is read; the characters that end a span or a
    cell are shown by their numbers.
    """
    shown = clip(text, limit).strip().translate(_SPAN)
    return f"`{shown}`" if shown else "\N{EN DASH}"


def utf16_length(text: str) -> int:
    """Return how many characters of UTF-16 a text has."""
    return len(text.encode("utf-16-le")) // 2


def clean_tree(value: Any) -> Any:
    """Return a copy of a JSON-like value with every string in it, keys too, cleaned."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, Mapping):
        return {clean(str(key)): clean_tree(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [clean_tree(item) for item in value]
    return value


def why_unknown(service: str, operation: str, error: str, message: str) -> str:
    """Return the sentence of a gap: which call failed and how; where no call was sent, the message alone."""
    if service == "auditor" or error in ("NotRead", "NotListed"):
        return message
    return f"{service}:{operation} failed: {error}: {message}"

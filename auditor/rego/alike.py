"""Whether two texts of a module ask the same, but for comments, spaces and the names of its own."""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from auditor.rego.answers import RULES
from auditor.rego.builtins import ALLOWED

_TOKEN: Final = re.compile(
    r'(?P<left>#[^\n]*|[ \t\r]+)|(?P<text>"(?:\\.|[^"\\\n])*"|`[^`]*`)|(?P<line>\n)'
    r"|(?P<name>[A-Za-z_]\w*)|(?P<other>\d[\w.]*|.)",
    re.DOTALL,
)
_KEYWORDS: Final = (
    *("as", "contains", "data", "default", "else", "every", "false", "if", "import", "in", "input", "not"),
    *("null", "package", "some", "true", "with"),
)
#: Names that mean the same in every module.
_FIXED: Final = frozenset((*_KEYWORDS, *RULES, "_", *(name.partition(".")[0] for name in ALLOWED)))
_DOT: Final = "."
_IMPORT: Final = re.compile(r"^\s*import\b.*", re.MULTILINE)
_NAME: Final = re.compile(r"\w+")


class _Token(NamedTuple):
    text: str
    line: int
    named: bool


def first_difference(old: str, new: str, *, own_names: bool = False) -> int:
    """The line of `new` from which on it says something else than `old`, 0 where both say the same.

    With `own_names`, names that a module gives itself may be others, each everywhere in place of the same,
    but for those of its imports.
    """
    fixed = _FIXED.union(*(_NAME.findall(line) for text in (old, new) for line in _IMPORT.findall(text)))
    names, back = dict[str, str](), dict[str, str]()
    last = 1
    before, after = [*_tokens(old)], [*_tokens(new)]
    for one, other in zip(before, after, strict=False):
        last = other.line
        free = own_names and one.named and other.named and not {one.text, other.text} & fixed
        same = (
            names.setdefault(one.text, other.text) == other.text
            and back.setdefault(other.text, one.text) == one.text
            if free
            else one.text == other.text
        )
        if not same:
            return last
    if len(before) == len(after):
        return 0
    return after[len(before)].line if len(after) > len(before) else last


def _tokens(rego: str) -> Iterator[_Token]:
    """What says something, with its line; a name behind a dot is none of the module's own."""
    line, last = 1, "\n"
    for found in _TOKEN.finditer(rego):
        text, kind = found[0], found.lastgroup
        if kind == "line" and last != "\n":
            yield _Token(text, line, named=False)
        elif kind not in ("left", "line"):
            yield _Token(text, line, kind == "name" and last != _DOT)
        last = last if kind == "left" else text
        line += text.count("\n")

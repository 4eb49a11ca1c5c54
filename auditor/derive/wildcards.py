"""Patterns with `*`, AWS Backup's only wildcard, matched in time that grows with the text and never explodes.

Strangers write tags, names and selections: a pattern such as `*a*a*a*a*b` must not cost more than a scan.
Each part between two stars is matched atomically at the first place where it fits, which is enough for such
patterns.
"""

import re
from collections.abc import Sequence


def expression(pattern: str, any_character: str = ".") -> str:
    """A regular expression for `fullmatch` with DOTALL; `?` and `[` are ordinary characters.

    `any_character` is the class of what a star stands for.
    """
    first, *rest = (re.escape(part) for part in pattern.split("*"))
    if not rest:
        return first
    *middle, last = rest
    return (
        first + "".join(f"(?>{any_character}*?{part})" for part in middle if part) + f"{any_character}*{last}"
    )


def compiled(pattern: str, any_character: str = ".") -> re.Pattern[str]:
    """The pattern, ready for `fullmatch`."""
    return re.compile(expression(pattern, any_character), re.DOTALL)


class AnyOf:
    """The first of several patterns that matches: one scan for all with a star, a look-up for the others."""

    def __init__(self, patterns: Sequence[str]) -> None:
        self._plain = frozenset(pattern for pattern in patterns if "*" not in pattern)
        self._starred = [pattern for pattern in patterns if "*" in pattern]
        groups = "|".join(f"({expression(pattern)})" for pattern in self._starred)
        self._search = re.compile(groups, re.DOTALL).fullmatch if groups else None

    def match(self, text: str) -> str | None:
        """The pattern that matches `text`, the plain ones first; None when none does."""
        if text in self._plain:
            return text
        if self._search is None:
            return None
        found = self._search(text)
        return None if found is None else self._starred[(found.lastindex or 1) - 1]

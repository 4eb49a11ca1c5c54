"""Where the blocks of resources begin in files of Terraform: a scanner that knows what is no code.

It knows strings, templates within them, heredocs and comments, and nothing of what is written in blocks: that
takes milliseconds for a thousand blocks, where a library that reads expressions takes seconds and memory, and
gives no lines or needs them to be evaluated. What it does not understand to the end gives no line at all.
Source: HCL Native Syntax Specification, "Lexical Elements" and "Template Expressions".
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from auditor.check.declared import Source
from auditor.check.lines import lines_of

#: The type and the name of a resource.
Header = tuple[str, str]

_LABEL: Final = r'(?:"([\w-]+)"|([^\W\d][\w-]*))'
#: What stands outside of strings and begins or ends something.
_MARKS: Final = (
    r"(?P<comment>\#[^\n]*|//[^\n]*|/\*.*?(?:\*/|(?P<endless>\Z)))"
    r"|<<-?(?P<heredoc>[^\W\d][\w-]*)[ \t]*\r?\n"
    r'|(?P<quote>")|(?P<open>\{)|(?P<close>\})'
)
#: At the outermost level a header of a resource comes before a word; within blocks much is passed over.
_OUTER: Final = re.compile(
    rf"(?P<header>resource[ \t]+{_LABEL}[ \t]+{_LABEL}[ \t]*\{{)|{_MARKS}"
    r'|[\w-]+|[^\w\-\#/"<{}]+|<+|.',
    re.DOTALL,
)
_INNER: Final = re.compile(rf'{_MARKS}|[^\#/"<{{}}]+|<+|.', re.DOTALL)
_STRING: Final = re.compile(
    r'(?P<end>")|\$\$\{|%%\{|(?P<template>[$%]\{)|\\.|[^"\\$%\n]+|[$%]|(?P<broken>.)', re.DOTALL
)
_TEXT: Final = re.compile(r"(?P<line>\n)|\$\$\{|%%\{|(?P<template>[$%]\{)|[^$%\n]+|[$%]")
#: Levels of blocks, strings and templates in each other.
_MOST_DEEP: Final = 100


class _NotHclError(ValueError):
    """It is not understood."""


def headers(source: Source) -> dict[Header, int]:
    """The line of each resource's block; nothing of a file that is not understood to its end."""
    if source.name.endswith(".json"):
        return dict(_of_json(source))
    try:
        text = source.data.decode()
        return _Scanner(text).found()
    except (UnicodeDecodeError, _NotHclError):
        return {}


class _Scanner:
    """Goes through a file once; `_inside` has what is open: blocks, strings, and the ends of heredocs."""

    def __init__(self, text: str) -> None:
        self._text, self._at, self._inside = text, 0, list[str]()
        self._lines: dict[Header, int] = {}
        self._counted = (0, 1)

    def found(self) -> dict[Header, int]:
        size = len(self._text)
        while self._at < size:
            if len(self._inside) > _MOST_DEEP:
                raise _NotHclError
            kind = self._inside[-1] if self._inside else ""
            if kind == '"':
                self._in_string()
            elif kind not in ("", "{"):
                self._in_heredoc(kind)
            else:
                self._in_code(_INNER if kind else _OUTER)
        if self._inside:
            raise _NotHclError
        return self._lines

    def _next(self, pattern: re.Pattern[str]) -> re.Match[str]:
        found = pattern.match(self._text, self._at)
        if found is None:
            raise _NotHclError
        self._at = found.end()
        return found

    def _in_code(self, pattern: re.Pattern[str]) -> None:
        found = self._next(pattern)
        what = found.lastgroup
        if what == "header":
            self._header(found)
        elif what == "quote":
            self._inside.append('"')
        elif what == "open":
            self._inside.append("{")
        elif what == "heredoc":
            self._inside.append(found["heredoc"])
            self._end_of(found["heredoc"])
        elif what == "close":
            if not self._inside:
                raise _NotHclError
            self._inside.pop()
        elif what == "comment" and found["endless"] is not None:
            raise _NotHclError

    def _header(self, found: re.Match[str]) -> None:
        at, line = self._counted
        line += self._text.count("\n", at, found.start())
        self._counted = (found.start(), line)
        kind, name = found[2] or found[3], found[4] or found[5]
        self._lines.setdefault((kind, name), line)
        self._inside.append("{")

    def _in_string(self) -> None:
        found = self._next(_STRING)
        if found["broken"]:
            raise _NotHclError
        if found["end"]:
            self._inside.pop()
        elif found["template"]:
            self._inside.append("{")

    def _in_heredoc(self, marker: str) -> None:
        found = self._next(_TEXT)
        if found["template"]:
            self._inside.append("{")
        elif found["line"]:
            self._end_of(marker)

    def _end_of(self, marker: str) -> None:
        """Leave a heredoc where its end stands alone on the line that begins here."""
        end = self._text.find("\n", self._at)
        line = self._text[self._at : len(self._text) if end < 0 else end]
        if line.strip(" \t\r") == marker:
            self._inside.pop()
            self._at += len(line)


def _of_json(source: Source) -> Iterator[tuple[Header, int]]:
    """The blocks of the form that is written in JSON; each level is an object, or a list of objects.

    Source: Terraform documentation, "JSON Configuration Syntax".
    """
    lines = lines_of(source)
    if lines is None:
        return
    for at, resources in _objects(lines.value, ()):
        for in_kinds, kinds in _objects(resources.get("resource"), (*at, "resource")):
            for kind, names in kinds.items():
                for in_names, found in _objects(names, (*in_kinds, kind)):
                    for name in found:
                        yield (str(kind), str(name)), lines.line((*in_names, name))


def _objects(
    value: Any, path: tuple[str | int, ...]
) -> Iterator[tuple[tuple[str | int, ...], Mapping[str, Any]]]:
    """The object, or the objects of a list, each with its path."""
    if isinstance(value, Mapping):
        yield path, value
    elif isinstance(value, list):
        for number, item in enumerate(value):
            if isinstance(item, Mapping):
                yield (*path, number), item

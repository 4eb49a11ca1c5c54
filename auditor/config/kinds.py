"""What a setting may hold: one converter from text for option, variable and YAML scalar."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from auditor.model.calendar import YEARS

#: Characters of a value that a sentence repeats.
_SHOWN: Final = 200

#: YAML's names of plain scalars that may be meant as text.
TEXT: Final = frozenset({"str"})


@dataclass(frozen=True, slots=True)
class Kind:
    """What a key holds.

    `words` finishes the sentence "must be …". `convert` makes the value, or one item of a list, from text and
    raises `ValueError` when it cannot. `schema` is the JSON schema of the value as it stands in YAML. `tags`
    are YAML's implicit types that are taken as the text they were written with. A list (`many`) is
    comma-separated as an option or variable; `alone` are words that stand instead of a list. `metavar`
    stands for the value in a command's help.
    """

    words: str
    convert: Callable[[str], Any]
    schema: Mapping[str, Any]
    tags: frozenset[str] = TEXT
    many: bool = False
    alone: tuple[str, ...] = ()
    metavar: str = "TEXT"

    def parse(self, text: str) -> Any:
        """Make the value from an option's or a variable's text; `ValueError` says what it must be."""
        if not self.many or text in self.alone:
            return self.one(text)
        return self.several([part.strip() for part in text.split(",")])

    def one(self, text: str) -> Any:
        """Make a value that is not a list."""
        if text in self.alone:
            return text
        return self._converted(text)

    def several(self, texts: list[str]) -> tuple[Any, ...]:
        """Make a list's value: at least one item, none of them twice."""
        if not texts:
            raise ValueError(f"must be {self.words}, not an empty list")
        values = tuple(self._converted(text) for text in texts)
        repeated = next((text for text in texts if texts.count(text) > 1), None)
        if repeated is not None:
            raise ValueError(f"names {repeated!r} twice")
        return values

    def _converted(self, text: str) -> Any:
        try:
            return self.convert(text)
        except ValueError:
            raise ValueError(f"must be {self.words}, not {clipped(text)}") from None


def text(words: str, pattern: str) -> Kind:
    """Text that wholly matches `pattern`."""
    return Kind(words, _matching(pattern), {"type": "string", "pattern": f"^(?:{pattern})$"})


def number(minimum: int, maximum: int) -> Kind:
    """A whole number from `minimum` to `maximum`."""

    def convert(written: str) -> int:
        value = int(written) if re.fullmatch(r"\d{1,9}", written, re.ASCII) else -1
        if not minimum <= value <= maximum:
            raise ValueError(written)
        return value

    schema = {"type": "integer", "minimum": minimum, "maximum": maximum}
    words = f"a whole number from {minimum} to {maximum}"
    return Kind(words, convert, schema, frozenset({"int"}), metavar="N")


def choice(*words: str) -> Kind:
    """One of `words`."""
    metavar = f"[{'|'.join(words)}]"
    return Kind(f"one of {_listed(words)}", _among(words), {"enum": list(words)}, metavar=metavar)


def choices(*words: str) -> Kind:
    """Some of `words`."""
    schema = _list_of({"enum": list(words)})
    return Kind(f"some of {_listed(words)}", _among(words), schema, many=True, metavar="WORD,…")


def texts(words: str, pattern: str) -> Kind:
    """A list of texts that each match `pattern`."""
    schema = _list_of({"type": "string", "pattern": f"^(?:{pattern})$"})
    return Kind(words, _matching(pattern), schema, many=True, metavar="TEXT,…")


def accounts(*alone: str) -> Kind:
    """One of the words `alone`, or a list of account ids; YAML may write an id without quotes."""
    ids = _list_of(
        {
            "anyOf": [
                {"type": "string", "pattern": "^[0-9]{12}$"},
                {"type": "integer", "minimum": 0, "maximum": 999999999999},
            ]
        }
    )
    return Kind(
        f"{' or '.join(map(repr, alone))} or a list of account ids of twelve digits",
        _matching(r"[0-9]{12}"),
        {"anyOf": [{"enum": list(alone)}, ids]},
        frozenset({"str", "int"}),
        many=True,
        alone=alone,
        metavar=f"[{'|'.join(alone)}|ID,…]",
    )


def path(what: str) -> Kind:
    """A path; one in a file is relative to that file."""
    return Kind(f"the path of {what}", _path, {"type": "string", "minLength": 1}, metavar="PATH")


def moment() -> Kind:
    """A time of RFC 3339, made UTC, or a day, which means its end in UTC."""
    return Kind(
        "a time such as 2026-02-09T00:00:00Z, with its offset from UTC, or a day such as 2026-02-08, "
        "which means its end in UTC",
        _moment,
        {"anyOf": [{"type": "string", "format": "date-time"}, {"type": "string", "format": "date"}]},
        TEXT,
        metavar="TIME",
    )


def clipped(text: str) -> str:
    """Quote what was written, so much of it as a sentence holds."""
    return repr(text) if len(text) <= _SHOWN else f"{text[:_SHOWN]!r}…"


def _list_of(items: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items, "minItems": 1, "uniqueItems": True}


def _listed(words: tuple[str, ...]) -> str:
    return ", ".join(words)


def _matching(pattern: str) -> Callable[[str], str]:
    def convert(written: str) -> str:
        if not re.fullmatch(pattern, written):
            raise ValueError(written)
        return written

    return convert


def _among(words: tuple[str, ...]) -> Callable[[str], str]:
    def convert(written: str) -> str:
        if written not in words:
            raise ValueError(written)
        return written

    return convert


def _path(written: str) -> Path:
    if not written or "\0" in written:
        raise ValueError(written)
    return Path(written)


def _moment(written: str) -> datetime:
    if re.fullmatch(r"\d{4}-\d\d-\d\d", written, re.ASCII):
        return _in_range(datetime.fromisoformat(written).replace(tzinfo=UTC)) + timedelta(days=1)
    if not re.fullmatch(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", written, re.ASCII):
        raise ValueError(written)
    return _in_range(datetime.fromisoformat(written.upper())).astimezone(UTC)


def _in_range(moment: datetime) -> datetime:
    """Refuse years that leave no room to add or take away days."""
    if not YEARS[0] <= moment.year <= YEARS[1]:
        raise ValueError(moment.year)
    return moment

"""Whether a pattern of a selection may match an ARN of which parts are not known.

Such a part is one name, id, account or Region: it has at least one letter, and neither a colon nor a slash.
"""

import re
from collections.abc import Collection, Iterator
from functools import lru_cache
from typing import Final, Literal, NamedTuple

from auditor.derive.wildcards import compiled

_WILD: Final = "*"
_ENDS: Final = ":/"
#: An ARN is no longer, and nobody writes more stars; of more of them it is not tried.
_MOST_LETTERS: Final = 2_048
_MOST_WILD: Final = 20


class Piece(NamedTuple):
    """A part of an ARN: known, made by AWS (so that nobody can have written it), or anything else."""

    kind: Literal["known", "made", "open"]
    text: str = ""


Pieces = tuple[Piece, ...]


def pieces_of(arn: str, made: str, others: Collection[str]) -> Pieces:
    """The parts of an ARN: `made` and `others` are what stands in it for what is not known."""
    pieces = [Piece("known", arn)]
    for text in sorted({made, *others} - {""}, key=lambda one: (-len(one), one)):
        hidden = Piece("made" if text == made else "open")
        pieces = [part for piece in pieces for part in _split(piece, text, hidden)]
    return tuple(pieces)


def _split(piece: Piece, text: str, hidden: Piece) -> Iterator[Piece]:
    """A piece with `hidden` in each place where `text` stands."""
    if not piece.text:
        yield piece
        return
    for number, known in enumerate(piece.text.split(text)):
        if number:
            yield hidden
        if known:
            yield Piece("known", known)


def undecided(pattern: str, arn: str, pieces: Pieces) -> bool:
    """Whether it depends on what is not known that `pattern` matches `arn`, which has stand-ins."""
    if pattern == arn or not _may_match(pattern, pieces):
        return False
    return _WILD not in pattern or compiled(pattern).fullmatch(arn) is None


@lru_cache(maxsize=1 << 16)
def _may_match(pattern: str, pieces: Pieces) -> bool:
    pattern = re.sub(r"\*+", _WILD, pattern)
    if len(pattern) > _MOST_LETTERS or pattern.count(_WILD) > _MOST_WILD:
        return True
    states = _closed(pattern, {0})
    for piece in pieces:
        if piece.kind == "known":
            for letter in piece.text:
                states = _behind(pattern, states, letter)
        else:
            states = _closed(pattern, _behind_any(pattern, states, wild_only=piece.kind == "made"))
    return len(pattern) in states


def _closed(pattern: str, states: set[int]) -> set[int]:
    """With the places behind stars, which may stand for nothing."""
    return states | {state + 1 for state in states if pattern[state : state + 1] == _WILD}


def _behind(pattern: str, states: set[int], letter: str) -> set[int]:
    stay = {state for state in states if pattern[state : state + 1] == _WILD}
    return _closed(pattern, stay | {state + 1 for state in states if pattern[state : state + 1] == letter})


def _behind_any(pattern: str, states: set[int], *, wild_only: bool) -> set[int]:
    """The places behind any part; with `wild_only` those at which a star stands for something of it."""
    found: set[int] = set()
    begun = wild = False
    for place in range(len(pattern) + 1):
        letter = pattern[place : place + 1]
        wild = wild or (letter == _WILD and (begun or place in states))
        if wild or (begun and not wild_only):
            found.add(place)
        begun = begun or place in states
        if letter and letter in _ENDS:
            begun = wild = False
    return found

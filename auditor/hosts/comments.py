"""One comment on a pull request that is kept up to date: found again by its mark, changed, or made.

The mark ends the first line of the comment and nobody sees it. Only comments of the token's own user are
looked at, whatever others have written.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, Protocol, TypeVar

from auditor.model.errors import AuditorError, UsageError

#: The name of a comment among those of one pull request.
NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
#: How often the whole is tried, and how long all waiting together may take, in seconds.
_TRIES: Final = 4
_PATIENCE: Final = 90.0

Done = TypeVar("Done")


class HostRefused(AuditorError):  # noqa: N818 -- what the host did
    """The host does not let us write, or answers with what is none; trying again would not help."""


class HostBusy(AuditorError):  # noqa: N818 -- what the host is
    """The host wants to be asked again, in so many seconds."""

    def __init__(self, sentence: str, seconds: float) -> None:
        super().__init__(sentence)
        self.seconds = seconds


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment of the token's own user; `url` is where it is read."""

    id: int
    body: str
    url: str


@dataclass(frozen=True, slots=True)
class Kept:
    """What was done ("made", "changed", "unchanged", "not needed"), and where the comment is read."""

    done: str
    url: str = ""


class Host(Protocol):
    """A pull request where it is kept. Each call raises `HostRefused` or `HostBusy`."""

    def comments(self) -> Iterator[Comment]:
        """Every comment of the token's own user, of all pages, the oldest first."""
        ...

    def create(self, body: str) -> str:
        """Make a comment: where it is read."""
        ...

    def update(self, comment: Comment, body: str) -> None:
        """Give a comment another text."""
        ...

    def delete(self, comment: Comment) -> None:
        """Remove a comment."""
        ...


def named(text: str, mark: str, name: str, limit: int) -> tuple[str, str]:
    """What `auditor check` printed as markdown, under a name: the text of the comment, and its mark.

    Raises:
        UsageError: the text has no mark at the end of its first line, or more than `limit` characters.
    """
    first, newline, rest = text.partition("\n")
    if not first.rstrip().endswith(mark):
        raise UsageError(
            "it is no comment of `auditor check`; write one with `auditor check … --output markdown=FILE`"
        )
    own = mark.replace(" -->", f" {name} -->") if name else mark
    body = first.rstrip().removesuffix(mark) + own + newline + rest
    if len(body.encode("utf-16-le")) // 2 > limit:
        raise UsageError(f"it has more than the {limit:,} characters of a comment; check less at a time")
    return body, own


def keep_one(host: Host, body: str, mark: str, *, only_news: bool, wait: Callable[[float], object]) -> Kept:
    """Bring the one comment with this mark up to date, or make it.

    With `only_news` no comment is made of one line, which says that there is nothing. What a busy host may
    have done already is looked up before it is asked again.

    Raises:
        HostRefused: the host does not let us, or stays busy.
    """
    return patiently(lambda: _keep(host, body, mark, only_news=only_news), wait)


def patiently(do: Callable[[], Done], wait: Callable[[float], object]) -> Done:
    """Do it, and again where the host is busy, for a while.

    Raises:
        HostRefused: the host does not let us, or stays busy.
    """
    patience = _PATIENCE
    for left in reversed(range(_TRIES)):
        try:
            return do()
        except HostBusy as busy:
            patience -= busy.seconds
            if not left or patience < 0:
                raise HostRefused(str(busy)) from None
            wait(busy.seconds)
    raise AssertionError  # the last try returns or raises


def _keep(host: Host, body: str, mark: str, *, only_news: bool) -> Kept:
    mine = [one for one in host.comments() if one.body.partition("\n")[0].rstrip().endswith(mark)]
    if mine:
        done = "unchanged" if _same(mine[0].body, body) else "changed"
        if done == "changed":
            host.update(mine[0], body)
        for further in mine[1:]:  # of two jobs that made one each at the same time
            host.delete(further)
        return Kept(done, mine[0].url)
    if only_news and "\n" not in body.strip():
        return Kept("not needed")
    return Kept("made", host.create(body))


def _same(one: str, other: str) -> bool:
    """Hosts keep other line ends, and none at the end."""
    return one.replace("\r\n", "\n").strip() == other.strip()

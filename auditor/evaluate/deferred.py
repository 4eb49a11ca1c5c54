"""Facts of a frame that are made when somebody asks: what no control reads or cites costs nothing."""

from collections.abc import Callable, Iterator, Mapping

from auditor.evaluate.facts import Column, Lazy

#: A fact, or what makes it.
Fact = Column | Lazy | Callable[[], Column | Lazy]


class Deferred(Mapping[str, Column | Lazy]):
    """Facts by dotted path, in the order of `facts`; each of those that are still to be made is made once."""

    def __init__(self, facts: Mapping[str, Fact]) -> None:
        self._facts = dict(facts)

    def __getitem__(self, path: str) -> Column | Lazy:
        """The fact at `path`."""
        fact = self._facts[path]
        if not isinstance(fact, Column | Lazy):
            fact = self._facts[path] = fact()
        return fact

    def __iter__(self) -> Iterator[str]:
        """The paths; nothing is made."""
        return iter(self._facts)

    def __contains__(self, path: object) -> bool:
        """Whether there is such a fact; nothing is made."""
        return path in self._facts

    def __len__(self) -> int:
        """How many facts."""
        return len(self._facts)

    def __or__(self, other: Mapping[str, Fact]) -> "Deferred":
        """The facts of both, of a path that both have the other's; nothing is made."""
        return Deferred(self._facts | dict(other._facts if isinstance(other, Deferred) else other))

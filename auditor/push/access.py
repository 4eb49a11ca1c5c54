"""How push reads accounts: one set of parsers for all, and one signal that ends every call."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from threading import Event

from auditor.aws.parsing import RawParserFactory
from auditor.aws.reader import Reader
from auditor.aws.session import Sessions
from auditor.model.settings import Progress
from auditor.threads import Item, Result, in_parallel


@dataclass(frozen=True, slots=True)
class Access:
    """Sessions in every account. Once `stop` is set, readers raise `Interrupted` and changes stay planned."""

    sessions: Sessions
    stop: Event = field(default_factory=Event)
    _parsers: RawParserFactory = field(default_factory=lambda: RawParserFactory({}))

    def reader(self, account_id: str, region: str) -> Reader:
        """Read one account and Region."""
        return Reader(self.sessions, account_id, region, parsers=self._parsers, stop=self.stop)

    def in_parallel(
        self,
        what: str,
        function: Callable[[Item], Result],
        items: Iterable[Item],
        *,
        workers: int,
        progress: Progress,
    ) -> list[Result]:
        """Apply `function` to each item on threads; an error or Ctrl-C sets `stop` and is raised."""
        items = list(items)
        return in_parallel(
            function,
            items,
            workers=workers,
            stop=self.stop,
            ended=lambda done: progress(what, done, len(items)),
        )

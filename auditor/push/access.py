"""How push reads accounts: one set of parsers for all, and one signal that ends every call."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from threading import Event
from typing import TypeVar

from auditor.aws.parsing import RawParserFactory
from auditor.aws.reader import Reader
from auditor.aws.session import Sessions
from auditor.model.settings import Progress

Item = TypeVar("Item")
Result = TypeVar("Result")


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
        pool = ThreadPoolExecutor(max_workers=max(1, workers), thread_name_prefix=f"push-{what}")
        try:
            futures = [pool.submit(function, item) for item in items]
            for done, future in enumerate(as_completed(futures), start=1):
                future.result()
                progress(what, done, len(items))
            return [future.result() for future in futures]
        except BaseException:
            self.stop.set()
            raise
        finally:
            pool.shutdown(wait=True, cancel_futures=True)

"""What a collector is, and the one account and Region that it reads."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Event, Lock
from typing import Any, Final, TypeVar

import pyarrow as pa
import pyarrow.compute as pc

from auditor.aws.failures import MALFORMED, Failure, not_understood, unreadable
from auditor.aws.reader import CallFailed, Reader
from auditor.collect.columns import page_rows, table_of
from auditor.collect.gaps import Gaps
from auditor.evidence.store import EvidenceWriter

#: A table that is backed up daily gives a sign on the first day of the period.
_FIRST_DAY: Final = timedelta(days=1)

Row = Mapping[str, Any]
Made = TypeVar("Made")
Answer = Mapping[str, Any]


@dataclass(slots=True)
class Once:
    """An answer that is needed more than once in an account and Region: who comes first asks for it.

    It is None where the call failed.
    """

    _lock: Lock = field(default_factory=Lock)
    _answers: list[Answer | None] = field(default_factory=list)

    def answer(self, ask: Callable[[], Answer | None]) -> Answer | None:
        """Give the answer of the first `ask`; later ones wait for it, and are not called."""
        with self._lock:
            if not self._answers:
                self._answers.append(ask())
            return self._answers[0]


@dataclass(frozen=True, slots=True)
class Collector:
    """One noun of AWS: the tables that it provides, the IAM actions that it needs, and how it is read.

    `layouts` gives, by output shape, what is read of the pages of long listings (`auditor.collect.columns`).
    `finish` is called when every collector of the account and Region has read. `parts` are words of a gap's
    `provides` for which it reads although the run needs none of its tables as a whole.
    """

    name: str
    provides: tuple[str, ...]
    actions: tuple[str, ...]
    read: Callable[["Scope"], None]
    layouts: Mapping[str, pa.Schema] = field(default_factory=dict)
    finish: Callable[["Scope"], None] | None = None
    parts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Scope:
    """One account and Region being read. The audited period is [period_start, as_of], both UTC.

    `jobs_from` is where AWS Backup's list of jobs begins: 30 days before its own clock.

    `tables` are those that the run needs, in the words of a gap's `provides`; others are not asked for.

    Every call that fails, and every answer or item that cannot be understood, is a gap here and the reading
    goes on: `pages` ends after the pages that were answered, `ask` gives None.

    `totals` holds rows of the table of that name (`auditor.collect.totals`), which come from two places.

    `associations` are the Lustre file systems that a data repository association links.

    Four things pass between collectors. `settings` are those of AWS Backup in the Region. `imaged` is set
    where images of EC2 instances are recovery points. Some types tell the creation of a resource only one by
    one (`auditor.model.resource_types`): `old` has the ARNs of such resources that a job or a recovery point
    of `old_until` or before names, and `waiting` holds rows of `resources`, each with how it is dated, which
    are written when `old` is complete.
    """

    account_id: str
    region: str
    partition: str
    period_start: datetime
    as_of: datetime
    jobs_from: datetime
    tables: Collection[str]
    reader: Reader
    writer: EvidenceWriter
    gaps: Gaps
    on_page: Callable[[], None]
    totals: list[dict[str, Any]] = field(default_factory=list)
    settings: Once = field(default_factory=Once)
    associations: Once = field(default_factory=Once)
    imaged: Event = field(default_factory=Event)
    old: set[str] = field(default_factory=set)
    waiting: list[tuple[Callable[["Scope", Row], Row | None], list[dict[str, Any]]]] = field(
        default_factory=list
    )

    @property
    def old_until(self) -> datetime:
        """A resource that was there by then counts as older than the period: a day after its start, UTC."""
        return self.period_start + _FIRST_DAY

    def pages(
        self,
        service: str,
        operation: str,
        member: str,
        *,
        provides: tuple[str, ...],
        closed: str = "",
        **parameters: Any,
    ) -> "Pages":
        """Read `operation` page by page, the list `member` of each; `provides` is incomplete if one fails.

        A refusal whose message has `closed` in it says that there is none.
        """
        return Pages(self, service, operation, member, provides, parameters, closed)

    def ask(
        self,
        service: str,
        operation: str,
        *,
        provides: tuple[str, ...],
        absent: tuple[str, ...] = (),
        **parameters: Any,
    ) -> Mapping[str, Any] | None:
        """Call `operation` once. An error among `absent` is the answer "there is none": an empty mapping."""
        try:
            return self.reader.ask(service, operation, **parameters)
        except CallFailed as error:
            if error.failure.code in absent:
                return {}
            self.gap(error, provides)
            return None

    def write(self, table: str, rows: pa.Table) -> None:
        """Append rows to `table` of this account and Region."""
        self.writer.write(table, rows, self.account_id, self.region)

    def arn(self, service: str, resource: str) -> str:
        """Make the ARN of a resource of this account and Region."""
        return f"arn:{self.partition}:{service}:{self.region}:{self.account_id}:{resource}"

    def gap(self, error: CallFailed, provides: tuple[str, ...]) -> None:
        """Record a call that failed."""
        self._gap(error.service, error.operation, error.failure, provides)

    def not_understood(
        self, service: str, operation: str, what: str, error: Exception, provides: tuple[str, ...]
    ) -> None:
        """Record that `what` ("The plan arn:…", "An item of Volumes") in an answer cannot be understood.

        Each `what` is a gap of its own.
        """
        self._gap(service, operation, not_understood(what, error), provides, about=what)

    def _gap(
        self, service: str, operation: str, failure: Failure, provides: tuple[str, ...], about: str = ""
    ) -> None:
        self.gaps.add(self.account_id, self.region, service, operation, failure, provides, about)


@dataclass(slots=True)
class Pages:
    """The pages of one listing, read once. `complete` tells afterwards whether every item is known."""

    scope: Scope
    service: str
    operation: str
    member: str
    provides: tuple[str, ...]
    parameters: Mapping[str, Any]
    closed: str = ""
    complete: bool = False

    def __iter__(self) -> Iterator[Any]:
        """Give the list of each page. A page where it is missing, or no list, is a failed call."""
        try:
            for page in self.scope.reader.pages(self.service, self.operation, **self.parameters):
                self.scope.on_page()
                items = page.get(self.member)
                if not isinstance(items, list | pa.Array):
                    failure = unreadable(f"The answer has no list {self.member}.")
                    self.scope.gap(CallFailed(self.service, self.operation, failure), self.provides)
                    return
                yield items
            self.complete = True
        except CallFailed as error:
            self.complete = bool(self.closed) and self.closed in error.failure.message
            if not self.complete:
                self.scope.gap(error, self.provides)

    def items(self) -> list[Any]:
        """Read all pages into one list; for what is counted in hundreds."""
        return [item for page in self for item in page]

    def made(self, make: Callable[[Any], Iterable[Made]]) -> Iterator[list[Made]]:
        """Give for each page what `make` makes of its items; an item that it cannot take is a gap."""
        whole = True
        for page in self:
            found: list[Made] = []
            for item in page:
                try:
                    found += make(item)
                except MALFORMED as error:
                    self._odd(error)
                    whole = False
            yield found
        self.complete = self.complete and whole

    def write(self, table: str, make: Callable[[Any], Iterable[Row]]) -> None:
        """Write the rows that `make` makes of the items into `table`."""
        for rows in self.made(make):
            self.write_rows(table, rows)

    def write_rows(self, table: str, rows: Sequence[Row]) -> None:
        """Write rows that were made of items; one with a value of another type than its column is a gap."""
        try:
            self.scope.write(table, table_of(table, rows))
        except MALFORMED:  # find it
            for row in rows:
                self._write_row(table, row)

    def rows(self, table: str, paths: Mapping[str, str], needed: Sequence[str]) -> Iterator[pa.Table]:
        """Give for each page its rows of `table`, by `paths` (`auditor.collect.columns.layout`).

        Rows that have no value in one of the columns `needed` are left out; that is a gap, and so are times
        and numbers of days that are none.
        """
        for page in self:
            found, whole = page_rows(table, page, paths)
            if not whole:
                self._odd(ValueError("a time or a number of days in it is not valid"))
            yield self._identified(found, needed)

    def _identified(self, rows: pa.Table, columns: Sequence[str]) -> pa.Table:
        valid = pc.is_valid(rows[columns[0]])
        for name in columns[1:]:
            valid = pc.and_(valid, pc.is_valid(rows[name]))
        if pc.all(valid).as_py() is not False:
            return rows
        self._odd(ValueError(f"one of {', '.join(columns)} is missing"))
        return rows.filter(valid)

    def _write_row(self, table: str, row: Row) -> None:
        try:
            self.scope.write(table, table_of(table, [row]))
        except MALFORMED as error:
            self._odd(error)

    def _odd(self, error: Exception) -> None:
        what = f"An item of {self.member}"
        self.scope.not_understood(self.service, self.operation, what, error, self.provides)

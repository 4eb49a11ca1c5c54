"""What a collector is, and the one account and Region that it reads."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pyarrow as pa

from auditor.aws.reader import CallFailed, Reader
from auditor.collect.gaps import Gaps
from auditor.evidence.store import EvidenceWriter


@dataclass(frozen=True, slots=True)
class Collector:
    """One noun of AWS: the tables that it provides, the IAM actions that it needs, and how it is read.

    `layouts` gives, by output shape, what is read of the pages of long listings (`auditor.collect.columns`).
    """

    name: str
    provides: tuple[str, ...]
    actions: tuple[str, ...]
    read: Callable[["Scope"], None]
    layouts: Mapping[str, pa.Schema] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Scope:
    """One account and Region being read. The audited period is [period_start, as_of], both UTC.

    `jobs_from` is where AWS Backup's list of jobs begins: 30 days before its own clock.

    Every call that fails is a gap here and the reading goes on: `pages` ends after the pages that were
    answered, `ask` gives None.
    """

    account_id: str
    region: str
    partition: str
    period_start: datetime
    as_of: datetime
    jobs_from: datetime
    reader: Reader
    writer: EvidenceWriter
    gaps: Gaps
    on_page: Callable[[], None]

    def pages(
        self, service: str, operation: str, member: str, *, provides: tuple[str, ...], **parameters: Any
    ) -> "Pages":
        """Read `operation` page by page, the list `member` of each; `provides` is incomplete if one fails."""
        return Pages(self, service, operation, member, provides, parameters)

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
        self.gaps.add(self.account_id, self.region, error.service, error.operation, error.failure, provides)


@dataclass(slots=True)
class Pages:
    """The pages of one listing, read once. `complete` tells afterwards whether every page was answered."""

    scope: Scope
    service: str
    operation: str
    member: str
    provides: tuple[str, ...]
    parameters: Mapping[str, Any]
    complete: bool = False

    def __iter__(self) -> Iterator[Any]:
        try:
            for page in self.scope.reader.pages(self.service, self.operation, **self.parameters):
                self.scope.on_page()
                yield page.get(self.member, ())
            self.complete = True
        except CallFailed as error:
            self.scope.gap(error, self.provides)

    def items(self) -> list[Any]:
        """Read all pages into one list; for what is counted in hundreds."""
        return [item for page in self for item in page]

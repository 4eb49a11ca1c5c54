"""Accounts by Regions by collectors, in parallel, into one run's evidence."""

import logging
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from threading import Lock
from typing import Final

import pyarrow as pa

from auditor.aws.failures import Failure
from auditor.aws.parsing import RawParserFactory
from auditor.aws.reader import CallFailed, Reader
from auditor.aws.regions import check_regions
from auditor.aws.session import RoleNotAssumed, Sessions
from auditor.collect.accounts import ALL_TABLES, accounts_table, accounts_to_read, add_gap, regions_of
from auditor.collect.audit_manager import AUDIT_MANAGER
from auditor.collect.backup_policies import backup_policies
from auditor.collect.collector import Collector, Scope
from auditor.collect.columns import table_of
from auditor.collect.control_policies import control_policies
from auditor.collect.gaps import Gaps
from auditor.collect.inventory import INVENTORY
from auditor.collect.jobs import BACKUP_JOBS, COPY_JOBS, HISTORY_DAYS, RESTORE_JOBS
from auditor.collect.legal_holds import HOLDS
from auditor.collect.lifecycle_policies import LIFECYCLE_POLICIES
from auditor.collect.native_backups import NATIVE_BACKUPS
from auditor.collect.organization_settings import OrganizationSettings
from auditor.collect.plans import PLANS
from auditor.collect.principals import Principals
from auditor.collect.regional import SETTINGS
from auditor.collect.restore_tests import RESTORE_TESTING
from auditor.collect.totals import ASIDE, OrganizationSeen, see_organization
from auditor.collect.vaults import VAULTS
from auditor.evidence.policy_tables import BACKUP_POLICIES, CONTROL_POLICIES
from auditor.evidence.store import EvidenceWriter
from auditor.evidence.table_schemas import EVERYTHING, PRINCIPALS, TABLES, no_rows
from auditor.model.errors import AuditorError
from auditor.model.organization import Account
from auditor.model.settings import Progress, Settings
from auditor.model.verdicts import Gap
from auditor.threads import Countdown, Pool

#: In the order in which they are begun: what takes longest comes first.
COLLECTORS: Final = (
    VAULTS,
    BACKUP_JOBS,
    COPY_JOBS,
    RESTORE_JOBS,
    INVENTORY,
    PLANS,
    NATIVE_BACKUPS,
    LIFECYCLE_POLICIES,
    SETTINGS,
    HOLDS,
    *AUDIT_MANAGER,
    RESTORE_TESTING,
)

_LAYOUTS: Final = {
    operation: schema for collector in COLLECTORS for operation, schema in collector.layouts.items()
}

_LOG: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Collected:
    """What was read: the management account ("" where Organizations was not asked), Regions and gaps.

    `organization` is what Organizations said when it was asked beside the evidence.
    """

    management_account_id: str
    regions: tuple[str, ...]
    gaps: tuple[Gap, ...]
    organization: OrganizationSeen


def collect(
    settings: Settings,
    sessions: Sessions,
    writer: EvidenceWriter,
    progress: Progress,
    tables: Collection[str] = EVERYTHING,
    *,
    totals: bool = False,
) -> Collected:
    """Read the `tables` of what the settings name into `writer`, which the caller commits.

    With `totals`, others' counts of the same are asked for too, on which nothing rests.

    A failed call is a gap in the evidence and the run goes on. Raises `UsageError` for a Region that does not
    exist, `AuditorError` when the organization cannot be listed or the evidence cannot be written; leave the
    writer's context then, nothing remains of the run.
    """
    if settings.regions is not None:
        check_regions(settings.regions, sessions.caller.partition)
    return _Run(settings, sessions, writer, progress, tables, ASIDE if totals else None).collect()


class _Run:
    """One collection: what its threads share, and its tasks: accounts, which add the collectors to run."""

    def __init__(
        self,
        settings: Settings,
        sessions: Sessions,
        writer: EvidenceWriter,
        progress: Progress,
        tables: Collection[str],
        aside: Collector | None,
    ) -> None:
        self._settings = settings
        self._sessions = sessions
        self._writer = writer
        self._progress = progress
        self._pool = Pool(settings.workers)
        self._parsers = RawParserFactory(_LAYOUTS)
        self._tables = frozenset(tables)
        self._collectors = [
            one for one in COLLECTORS if self._tables.intersection((*one.provides, *one.parts))
        ]
        self._aside = aside
        self._organization = OrganizationSeen()
        self._gaps = Gaps(self._tables)
        self._lock = Lock()
        self._principals, self._of_principals = Principals(), False
        self._of_organization = OrganizationSettings()
        self._regions: dict[str, tuple[str, ...]] = {}
        self._unread: dict[str, int] = {}
        self._calls: Counter[tuple[str, str, str, str]] = Counter()
        self._pages = 0
        self._total = 0
        self._done = 0

    def collect(self) -> Collected:
        try:
            return self._collect()
        finally:
            self._parsers.close()

    def _collect(self) -> Collected:
        caller = Account(self._sessions.caller.account_id, "", self._sessions.caller.partition, ou_path=None)
        reader = self._reader(caller.account_id, self._sessions.home_region)
        everyone, ids = accounts_to_read(self._settings, caller, reader, self._gaps, self._tables)
        if CONTROL_POLICIES in self._tables and all(ids):
            rows = control_policies(reader, partial(add_gap, self._gaps, caller, (CONTROL_POLICIES,)))
            self._writer.write(CONTROL_POLICIES, table_of(CONTROL_POLICIES, rows))
        self._of_principals = PRINCIPALS in self._tables
        self._of_organization.ask(self._tables, ids)
        self._close(reader, region="")
        named = self._settings.accounts != "organization"
        accounts = [account for account in everyone if named or account.status == "ACTIVE"]
        self._total = len(accounts)
        self._progress("Reading accounts", 0, self._total)
        self._pool.add(partial(self._read_account, account) for account in accounts)
        if BACKUP_POLICIES in self._tables and all(ids):
            self._pool.add([partial(self._read_backup_policies, caller, accounts)])
        if self._aside is not None:
            self._pool.add([partial(self._see_organization, reader.aside(), ids)])
        self._pool.run()
        if self._of_principals:
            for table, rows in self._principals.tables():
                self._writer.write(table, rows)
        for table, rows in self._of_organization.tables():
            self._writer.write(table, rows)
        alone = self._organization.alone_of(caller.account_id)
        self._writer.write("accounts", accounts_table(everyone, self._regions, alone))
        self._writer.write("gaps", self._gaps.table())
        self._writer.write("calls", self._calls_table())
        regions = sorted({region for regions in self._regions.values() for region in regions})
        return Collected(ids[1], tuple(regions), self._gaps.all(), self._organization)

    def _read_backup_policies(self, caller: Account, accounts: Sequence[Account]) -> None:
        reader = self._reader(caller.account_id, self._sessions.home_region)
        for table, rows in backup_policies(reader, caller, accounts, partial(add_gap, self._gaps)).items():
            self._writer.write(table, table_of(table, rows))
        self._close(reader, region="")

    def _see_organization(self, reader: Reader, ids: tuple[str, str]) -> None:
        self._organization = see_organization(reader, ids)
        self._close(reader, region="")
        self._writer.write("organization_accounts", self._organization.listed())

    def _read_account(self, account: Account) -> None:
        try:
            self._sessions.assume(account.account_id)
        except RoleNotAssumed as error:
            self._gaps.add(account.account_id, "", "sts", "AssumeRole", error.failure, ALL_TABLES)
            self._account_read(account.account_id)
            return
        regions = self._settings.regions
        reader = self._reader(account.account_id, self._sessions.home_region)
        if self._of_principals:
            self._read_principals(account, reader)
        self._of_organization.read(account, reader, self._gaps)
        if regions is None:
            regions = regions_of(account, reader, self._gaps)
        self._close(reader, region="")
        regions = tuple(sorted(set(regions)))
        with self._lock:
            self._regions[account.account_id] = regions
            self._unread[account.account_id] = len(regions)
        if not regions:
            self._account_read(account.account_id)
        for region in regions:
            unread = Countdown(len(self._collectors))
            scope = self._scope(account, region)
            self._pool.add(partial(self._read, collector, scope, unread) for collector in self._collectors)

    def _read_principals(self, account: Account, reader: Reader) -> None:
        try:
            self._principals.read(reader)
        except CallFailed as error:
            add_gap(self._gaps, account, (PRINCIPALS,), error)

    def _read(self, collector: Collector, scope: Scope, unread: Countdown) -> None:
        """Run one collector; the last one of an account and Region also ends it."""
        for table in collector.provides:
            self._writer.write(table, no_rows(table), scope.account_id, scope.region)
        self._guard(collector, collector.read, scope)
        if not unread.last():
            return
        for one in self._collectors:
            if one.finish is not None:
                self._guard(one, one.finish, scope)
        if self._aside is not None:
            self._guard(self._aside, self._aside.read, scope)
        self._writer.finish(scope.account_id, scope.region)
        self._close(scope.reader, scope.region)
        with self._lock:
            self._unread[scope.account_id] -= 1
            remaining = self._unread[scope.account_id]
        if not remaining:
            self._account_read(scope.account_id)

    def _guard(self, collector: Collector, step: Callable[[Scope], None], scope: Scope) -> None:
        """The border of a collection: an unexpected error in one collector leaves the others alone."""
        try:
            step(scope)
        except AuditorError:
            raise
        except Exception as error:  # noqa: BLE001 -- the border: it is a gap in the evidence, and logged
            if self._pool.stop.is_set():
                return
            _LOG.exception("The collector %r failed in %s %s", collector.name, scope.account_id, scope.region)
            failure = Failure(type(error).__name__, str(error))
            provides = (*collector.provides, *collector.parts)
            self._gaps.add(scope.account_id, scope.region, "auditor", collector.name, failure, provides)

    def _scope(self, account: Account, region: str) -> Scope:
        return Scope(
            account_id=account.account_id,
            region=region,
            partition=account.partition,
            period_start=self._settings.as_of - timedelta(days=self._settings.period_days),
            as_of=self._settings.as_of,
            jobs_from=(self._sessions.caller.clock or self._settings.as_of) - timedelta(days=HISTORY_DAYS),
            tables=self._tables,
            reader=self._reader(account.account_id, region),
            writer=self._writer,
            gaps=self._gaps,
            on_page=self._page_read,
        )

    def _reader(self, account_id: str, region: str) -> Reader:
        return Reader(self._sessions, account_id, region, parsers=self._parsers, stop=self._pool.stop)

    def _close(self, reader: Reader, region: str) -> None:
        """Take over what a reader counted; `region` is "" for calls about the account as a whole."""
        with self._lock:
            for (service, operation), calls in reader.calls.items():
                self._calls[reader.account_id, region, service, operation] += calls

    def _page_read(self) -> None:
        with self._lock:
            self._pages += 1
            pages = self._pages
        self._progress("Pages read", pages, None)

    def _account_read(self, account_id: str) -> None:
        self._sessions.release(account_id)
        with self._lock:
            self._unread.pop(account_id, None)
            self._done += 1
            done = self._done
        self._progress("Reading accounts", done, self._total)

    def _calls_table(self) -> pa.Table:
        calls = Counter(self._calls)
        for (account_id, operation), count in self._sessions.calls.items():
            calls[account_id, "", "sts", operation] += count
        names = TABLES["calls"].names
        rows = [dict(zip(names, (*key, count), strict=True)) for key, count in sorted(calls.items())]
        return table_of("calls", rows)

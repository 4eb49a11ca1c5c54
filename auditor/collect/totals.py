"""Counts that AWS itself keeps: asked for beside the evidence, and compared afterwards with what was read.

No verdict rests on them: a call that fails is a note in its row, never a gap. Each account and Region is
asked for two things, AWS Backup's own counts of its jobs and the Resource Groups Tagging API's list of what
is tagged; how many recovery points a vault has is in the list of vaults anyhow. The organization is asked
for the list of its accounts.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import pyarrow as pa

from auditor.aws.failures import MALFORMED, not_understood
from auditor.aws.items import SECONDS, arn, member, optional
from auditor.aws.organization import ALONE, organization_ids
from auditor.aws.reader import CallFailed, Reader
from auditor.collect.collector import Collector, Scope
from auditor.collect.columns import table_of
from auditor.evidence.table_schemas import TABLES, TOTALS
from auditor.model.resource_types import TAGGED_AS, tagged_as

JOBS: Final = "ListBackupJobSummaries"
TAGGED: Final = "GetResources"
VAULTS: Final = "NumberOfRecoveryPoints"
#: Pages that are read: of what is tagged 2,000 resources of an account and Region, of accounts 5,000.
_PAGES: Final = {TAGGED: 20, "ListAccounts": 250, JOBS: 5}
_NOTE: Final = 300
#: Nothing is there so often. A sum of such numbers is one that every file can hold.
_END: Final = 1 << 40


class _TooLongError(ValueError):
    """A listing has more pages than are read of it."""

    def __init__(self, pages: int) -> None:
        super().__init__(f"The listing has more than {pages} pages, so it was not counted.")


@dataclass(frozen=True, slots=True)
class OrganizationSeen:
    """What AWS Organizations says of itself: `accounts` are (id, name, status), None where it did not say.

    `notes` tell which call failed, and why. "" is not known. `alone` says whether the account that asked is
    in no organization, None where it was not told.
    """

    organization_id: str = ""
    management_account_id: str = ""
    accounts: tuple[tuple[str, str, str], ...] | None = None
    notes: tuple[str, ...] = ()
    alone: bool | None = None

    def listed(self) -> pa.Table:
        """The table `organization_accounts`."""
        names = TABLES["organization_accounts"].names
        rows = [dict(zip(names, one, strict=True)) for one in self.accounts or ()]
        return table_of("organization_accounts", rows)

    def alone_of(self, caller_id: str) -> dict[str, bool]:
        """Whether accounts are in no organization, of each of which that is known; `caller_id` has asked."""
        listed = {account_id: False for account_id, _, _ in self.accounts or ()}
        return listed if self.alone is None else {**listed, caller_id: self.alone}


def see_organization(reader: Reader, ids: tuple[str, str]) -> OrganizationSeen:
    """Ask for the organization and its accounts; `ids` are its own and its management account's if known.

    An account of no organization is told so: AWSOrganizationsNotInUseException (aws-backup.md 3.7).
    """
    notes: list[str] = []
    alone: bool | None = None
    accounts: tuple[tuple[str, str, str], ...] | None = None
    try:
        ids = ids if all(ids) else organization_ids(reader)
        alone = False
    except CallFailed as error:
        notes.append(_note("DescribeOrganization", error))
        alone = True if error.failure.code == ALONE else None
    try:
        listed = [
            (str(member(item, "Id")), optional(item, "Name") or "", optional(item, "State") or item["Status"])
            for page in _some(reader, "organizations", "ListAccounts")
            for item in member(page, "Accounts", list)
        ]
        accounts = tuple(sorted(listed))
    except (CallFailed, *MALFORMED) as error:
        notes.append(_note("ListAccounts", error))
    return OrganizationSeen(*ids, accounts, tuple(notes), alone)


def vault_totals(vaults: list[dict[str, Any]], told: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """How many recovery points AWS says that each of the `vaults` has; `told` by name, whatever it is."""
    for vault in vaults:
        count = told.get(vault["name"])
        known = isinstance(count, int) and not isinstance(count, bool) and 0 <= count < _END
        note = "" if known else "the list of vaults does not say it"
        yield {"source": VAULTS, "about": vault["arn"], "count": count if known else None, "note": note}


def _read(scope: Scope) -> None:
    reader = scope.reader.aside()
    try:
        scope.totals.extend(_jobs(scope, reader))
        scope.totals.extend(_tagged(reader))
        scope.write(TOTALS, table_of(TOTALS, scope.totals))
    finally:
        scope.reader.calls.update(reader.calls)


def _jobs(scope: Scope, reader: Reader) -> Iterator[dict[str, Any]]:
    """AWS Backup's count of the jobs of each day, UTC, of the last fourteen that are over (row 26)."""
    counted: Counter[str] = Counter()
    asked = {"AccountId": scope.account_id, "AggregationPeriod": "ONE_DAY", "MaxResults": 1000}
    asked |= dict.fromkeys(("State", "ResourceType", "MessageCategory"), "AGGREGATE_ALL")
    try:
        for page in _some(reader, "backup", JOBS, **asked):
            for item in member(page, "BackupJobSummaries", list):
                if optional(item, "AccountId") in (None, scope.account_id):
                    start = datetime.fromtimestamp(member(item, "StartTime", SECONDS), UTC)
                    counted[f"{start:%Y-%m-%d}"] += _count(item)
    except (CallFailed, *MALFORMED) as error:
        yield {"source": JOBS, "about": "", "count": None, "note": _note(JOBS, error)}
        return
    yield {"source": JOBS, "about": "", "count": sum(counted.values()), "note": ""}
    for day, count in sorted(counted.items()):
        yield {"source": JOBS, "about": day, "count": count, "note": ""}


def _count(item: Any) -> int:
    count: int = member(item, "Count", int)
    if not 0 <= count < _END:
        raise ValueError("its Count cannot be one")
    return count


def _tagged(reader: Reader) -> Iterator[dict[str, Any]]:
    """What has tags, or once had, by the API's word for its type; of types that are not read too."""
    counted = dict.fromkeys(TAGGED_AS, 0)
    note = ""
    try:
        filters = {"ResourceTypeFilters": list(TAGGED_AS), "ResourcesPerPage": 100}
        for page in _some(reader, "resourcegroupstaggingapi", TAGGED, **filters):
            for item in member(page, "ResourceTagMappingList", list):
                kind = tagged_as(arn(item, "ResourceARN"))
                if kind in counted:
                    counted[kind] += 1
    except (CallFailed, *MALFORMED) as error:
        note = _note(TAGGED, error)
    for kind, count in counted.items():
        yield {"source": TAGGED, "about": kind, "count": None if note else count, "note": note}


def _some(reader: Reader, service: str, operation: str, **given: Any) -> Iterator[Mapping[str, Any]]:
    """The pages of a listing, few enough; raises `_TooLongError` where there are more."""
    most = _PAGES[operation]
    for number, page in enumerate(reader.pages(service, operation, **given)):
        if number == most:
            raise _TooLongError(most)
        yield page


def _note(operation: str, error: Exception) -> str:
    if isinstance(error, CallFailed):
        said = f"{error.operation}: {error.failure.code}: {error.failure.message}"
    elif isinstance(error, _TooLongError):
        said = f"{operation}: {error}"
    else:
        said = f"{operation}: {not_understood('The answer', error).message}"
    return said[:_NOTE]


#: IAM actions of the caller for the list of the organization's accounts.
ORGANIZATION_TOTALS: Final = ("organizations:ListAccounts",)

#: Run when every other collector of an account and Region has ended.
ASIDE: Final = Collector(
    name="totals",
    provides=(),
    actions=("backup:ListBackupJobSummaries", "tag:GetResources"),
    read=_read,
)

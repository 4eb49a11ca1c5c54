"""The backup service's parts in one value, handed to operations and engine."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, Protocol

from auditor.derive.selection import AbsentTag, LikeWhitespace, ListOfTagsPrefix, SelectionSettings
from auditor.executor.database.database import Database
from auditor.executor.scope import AccountRegion
from auditor.executor.seam.continuous import ContinuousDriver
from auditor.executor.seam.driver import Driver
from auditor.executor.seam.permissions import Need
from auditor.executor.times import to_ms

#: How selections are read where AWS disagrees with itself (aws-backup.md 4.6): a resource without the tag
#: meets StringNotEquals, as operators report; a key of ListOfTags is the tag's own; `*` is any text. What
#: stays indeterminate is not backed up.
SELECTION_SETTINGS: Final = SelectionSettings(
    absent_tag=AbsentTag.HOLDS,
    list_of_tags_prefix=ListOfTagsPrefix.REFUSED,
    like_whitespace=LikeWhitespace.MATCHES,
)


@dataclass(frozen=True, slots=True)
class OrganizationMembership:
    """The organization that an account belongs to, and the accounts that administer its backups."""

    organization_id: str
    management_account_id: str
    delegated_account_ids: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class RoleUse:
    """What AWS Backup would do with a role: a job or a recovery point of `account_id` and `region`."""

    role_arn: str
    account_id: str
    region: str
    needs: tuple[Need, ...]


class RoleCheck(Protocol):
    """Judges roles as AWS Backup would find them."""

    def __call__(self, use: RoleUse) -> str | None:
        """None where AWS Backup may assume the role and the role may do it, else AWS Backup's message.

        Raises a transient `DriverError` where that cannot be found out.
        """

    def expect(self, use: RoleUse) -> None:
        """Say that `use` will be asked about soon: one question to IAM then answers for many."""


@dataclass(frozen=True, slots=True)
class ComplianceQuestion:
    """What a compliance report is about: places of one partition, and the frameworks as DescribeFramework."""

    template: str
    account_id: str
    region: str
    partition: str
    accounts: tuple[str, ...]
    regions: tuple[str, ...]
    frameworks: tuple[Mapping[str, Any], ...]
    as_of: datetime


#: Answers the rows of a compliance report by AWS's column names (aws-backup.md 2.4). The executor judges
#: nothing: whoever starts it hands in what asks an auditor (wall 1). Raises `AuditorError`.
ComplianceRunner = Callable[[ComplianceQuestion], Iterable[Mapping[str, Any]]]


class ScanResult(StrEnum):
    """What a scan for malware comes to (API ScanResultInfo)."""

    NO_THREATS_FOUND = "NO_THREATS_FOUND"
    THREATS_FOUND = "THREATS_FOUND"
    UNKNOWN = "UNKNOWN"


@dataclass(frozen=True, slots=True)
class ScanTarget:
    """A recovery point to be scanned; `created` is its creation date, UTC."""

    account_id: str
    region: str
    recovery_point_arn: str
    resource_arn: str
    created: datetime


#: Scans a recovery point for malware. The executor looks into no backup: whoever starts it hands in what
#: does. Raises `DriverError` where the scan fails.
Scanner = Callable[[ScanTarget], ScanResult]


def _alone(_account_id: str) -> OrganizationMembership | None:
    return None


def _unknown(_scope: AccountRegion) -> str | None:
    return None


class BackupService:
    """Database, clock and drivers. The clock answers UTC; it is the only time that operations know.

    `membership(account_id)` tells the account's organization, whose management account has the global
    settings. Where it answers None for everyone, the accounts served here count as one organization without a
    management account: each has settings of its own. `check_role` is asked when a job runs and before a
    recovery point is deleted; without it every role will do. `compliance` makes the rows of compliance
    reports; without it nobody judges frameworks, and that is said. `scanner` scans recovery points for
    malware; without it scan jobs fail.
    `own_key(scope)` tells the ARN of AWS's own key for backups, None where KMS knows none.
    """

    def __init__(
        self,
        database: Database,
        clock: Callable[[], datetime],
        drivers: Iterable[Driver],
        selection_settings: SelectionSettings = SELECTION_SETTINGS,
        membership: Callable[[str], OrganizationMembership | None] = _alone,
        check_role: RoleCheck | None = None,
        compliance: ComplianceRunner | None = None,
        own_key: Callable[[AccountRegion], str | None] = _unknown,
        *,
        scanner: Scanner | None = None,
    ) -> None:
        self.database = database
        self.clock = clock
        self.selection_settings = selection_settings
        self.membership = membership
        self.check_role = check_role
        self.compliance = compliance
        self.own_key = own_key
        self.scanner = scanner
        self._drivers = {(driver.resource_type, driver.fully_managed): driver for driver in drivers}

    def now_ms(self) -> int:
        """The clock in whole milliseconds since 1970, UTC; never less than what the database has seen."""
        return self.database.not_before(to_ms(self.clock()))

    def behind_ms(self) -> int:
        """By how much the clock is behind what the database has seen: 0 where nobody has set it back."""
        told = to_ms(self.clock())
        return self.database.not_before(told) - told

    @property
    def resource_types(self) -> tuple[str, ...]:
        """The types that this service backs up, as AWS Backup spells them, sorted."""
        return tuple(sorted({kind for kind, _ in self._drivers}))

    @property
    def continuous_types(self) -> frozenset[str]:
        """The types that can be restored to any second."""
        return frozenset(
            kind for (kind, _), driver in self._drivers.items() if isinstance(driver, ContinuousDriver)
        )

    @property
    def drivers(self) -> tuple[Driver, ...]:
        """One driver for each resource type: enough to list resources."""
        return tuple(self.driver(kind) for kind in self.resource_types)

    def optional_management(self) -> tuple[str, ...]:
        """The types that have a native and a fully managed driver: which one is a setting of the Region."""
        return tuple(k for k in self.resource_types if {(k, True), (k, False)} <= self._drivers.keys())

    def driver(self, resource_type: str, *, managed: bool = True) -> Driver:
        """The driver of a type: of the asked kind where there are both, else the one there is."""
        return self._drivers.get((resource_type, managed)) or self._drivers[resource_type, not managed]

"""A whole AWS organization as plain dictionaries, each as the API that lists it writes it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tests.loopback.faults import Fault

Item = dict[str, Any]

#: `(region of an account, parameters)` to the document that is answered.
Operation = Callable[["Place", Mapping[str, Any]], Mapping[str, Any]]


@dataclass
class Regional:
    """What lies in one account and Region. `tables` are as DescribeTable says.

    `listed` are the items of listings that have no list of their own here, by type of resource.
    `recovery_points` and `access_policies` are by vault name, `selections` by plan id, `tags` (of the tagging
    API: tables, buckets) and `keys` by ARN. A plan is an item of ListBackupPlans with `Versions`, each
    {VersionId, CreationDate, BackupPlan}, the current one last; a selection is an item of
    ListBackupSelections with `BackupSelection`. An item of `restore_tests` is one of ListRestoreTestingPlans
    with `Selections`, each as GetRestoreTestingSelection answers it.
    """

    volumes: list[Item] = field(default_factory=list)
    instances: list[Item] = field(default_factory=list)
    images: list[Item] = field(default_factory=list)
    snapshots: list[Item] = field(default_factory=list)
    db_instances: list[Item] = field(default_factory=list)
    db_clusters: list[Item] = field(default_factory=list)
    tables: list[Item] = field(default_factory=list)
    listed: dict[str, list[Item]] = field(default_factory=dict)
    buckets: list[Item] = field(default_factory=list)
    tags: dict[str, dict[str, str]] = field(default_factory=dict)
    vaults: list[Item] = field(default_factory=list)
    access_policies: dict[str, str] = field(default_factory=dict)
    recovery_points: dict[str, list[Item]] = field(default_factory=dict)
    plans: list[Item] = field(default_factory=list)
    selections: dict[str, list[Item]] = field(default_factory=dict)
    backup_jobs: list[Item] = field(default_factory=list)
    copy_jobs: list[Item] = field(default_factory=list)
    restore_jobs: list[Item] = field(default_factory=list)
    restore_tests: list[Item] = field(default_factory=list)
    protected: list[Item] = field(default_factory=list)
    keys: dict[str, Item] = field(default_factory=dict)
    legal_holds: list[Item] = field(default_factory=list)
    report_plans: list[Item] = field(default_factory=list)
    frameworks: list[Item] = field(default_factory=list)
    key_policies: dict[str, str] = field(default_factory=dict)
    settings: Item = field(default_factory=dict)


@dataclass
class Account:
    """One account: where it is in the organization, its enabled Regions, and its users, roles and policies.

    `identities` is the answer of GetAccountAuthorizationDetails.
    """

    account_id: str
    name: str = "shop"
    ou_path: tuple[str, ...] = ()
    status: str = "ACTIVE"
    regions: dict[str, Regional] = field(default_factory=dict)
    identities: Item = field(default_factory=dict)


@dataclass(frozen=True)
class Call:
    """One request that was sent: botocore's service and operation, whose credentials signed it, and where."""

    service: str
    operation: str
    account_id: str
    region: str
    parameters: Mapping[str, Any] = field(default_factory=dict, compare=False, hash=False)


@dataclass
class Organization:
    """What the endpoint answers with.

    `clock` dates every answer, and jobs are listed of the 30 days before it. `page_size` splits every
    listing, whatever the caller allows beyond it; with `blank_pages` an empty page with a token comes first,
    as AWS does too. `organized` False: AWS Organizations is not in use. `operations` answers, by service
    and operation, what this package does not know, or answers it otherwise. `control_policies` are service
    control policies by name, each a document and what it is attached to: the path of a unit, () for the
    root, or the id of an account; without any the type is not turned on. So it is with `resource_policies`
    (resource control policies) and `backup_policies`;
    `effective_policies` are the answers of DescribeEffectivePolicy by account, and `policy_errors` items of
    ListEffectivePolicyValidationErrors.
    """

    caller: str
    clock: datetime
    management: str = ""
    accounts: dict[str, Account] = field(default_factory=dict)
    global_settings: dict[str, str] = field(default_factory=lambda: {"isCrossAccountBackupEnabled": "true"})
    organized: bool = True
    page_size: int = 1000
    blank_pages: bool = False
    faults: list[Fault] = field(default_factory=list)
    operations: dict[tuple[str, str], Operation] = field(default_factory=dict)
    control_policies: dict[str, tuple[str, list[Any]]] = field(default_factory=dict)
    resource_policies: dict[str, tuple[str, list[Any]]] = field(default_factory=dict)
    backup_policies: dict[str, tuple[str, list[Any]]] = field(default_factory=dict)
    effective_policies: dict[str, Item] = field(default_factory=dict)
    policy_errors: dict[str, list[Item]] = field(default_factory=dict)


@dataclass(frozen=True)
class Place:
    """Where a request was sent: an account and Region of the organization."""

    organization: Organization
    account: Account
    region: str

    @property
    def here(self) -> Regional:
        """What lies there; nothing where the Region is not enabled."""
        return self.account.regions.get(self.region) or Regional()


class Refused(Exception):  # noqa: N818 -- an answer, not a mistake
    """AWS's error answer to a request."""

    def __init__(self, code: str, message: str = "", status: int = 400) -> None:
        super().__init__(code)
        self.code, self.message, self.status = code, message, status

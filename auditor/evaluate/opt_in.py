"""Which resource types are opted in for a plan: for a plan of the organization, the management account says.

A plan that AWS Organizations made of a backup policy has an id that begins with `orgs/`. For it the settings
of the management account override those of the member, Region by Region (developer guide, "Managing backup
across multiple accounts"; aws-backup.md 3.4).
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from auditor.evaluate.scope import ScopeFacts
from auditor.model.resource_types import TYPES

if TYPE_CHECKING:
    from auditor.evidence.store import Evidence

_TABLE: Final = "region_settings"
_ORGANIZATION: Final = "orgs/"
#: The key of the run's metadata.
_MANAGEMENT: Final = "management_account_id"


def of_the_organization(plan_id: str) -> bool:
    """Whether AWS Organizations made the plan."""
    return plan_id.startswith(_ORGANIZATION)


class OptIn:
    """What is opted in of one account and Region, for plans of its own and for those of the organization."""

    def __init__(self, evidence: "Evidence", scope: ScopeFacts) -> None:
        self._management = str(evidence.metadata.get(_MANAGEMENT) or "")
        self._own = _read(evidence, scope.account.account_id, scope.region)
        self._organization = _read(evidence, self._management, scope.region) if self._management else {}

    def of(self, plan_id: str) -> Mapping[str, bool]:
        """Whether each resource type is opted in; a type that is not in the mapping is unknown."""
        return self._organization if of_the_organization(plan_id) else self._own

    def whose(self, plan_id: str) -> str:
        """The account whose settings count for a plan, where it is another than the plan's."""
        return self._management or "that manages the organization" if of_the_organization(plan_id) else ""

    def unread(self, plan_id: str, scope: ScopeFacts) -> tuple[str, ...]:
        """Ids of the gaps that leave what is opted in for a plan unknown."""
        if not of_the_organization(plan_id):
            return scope.missing(_TABLE)
        if self._organization:
            return ()
        failed = scope.gaps.ids((_TABLE,), self._management, scope.region) if self._management else ()
        if failed:
            return failed
        whose = f"the management account {self._management}".strip()
        said = (
            f"Plans of the organization follow the opt-in of {whose}, whose DescribeRegionSettings in "
            f"{scope.region} was not read."
        )
        return (scope.unknown("DescribeRegionSettings", "NotRead", self._management, said),)


class EveryTypeOptedIn(OptIn):
    """As AWS Config sees it, which records plans and selections, and no settings of AWS Backup."""

    def __init__(self) -> None:
        self._own = self._organization = dict.fromkeys(TYPES, True)
        self._management = ""

    def unread(self, plan_id: str, scope: ScopeFacts) -> tuple[str, ...]:  # noqa: ARG002 -- nothing is read
        """Nothing leaves it unknown."""
        return ()


def _read(evidence: "Evidence", account_id: str, region: str) -> dict[str, bool]:
    table = evidence.read(_TABLE, account_id, region, ["resource_type", "opted_in"])
    return {row["resource_type"]: row["opted_in"] for row in table.to_pylist() if row["opted_in"] is not None}

"""Places that a verdict would need and nobody looked at, though no call failed: gaps of their own.

The evidence has a gap for each call that was not answered. A Region outside the run into which plans copy was
never asked, and neither was an account without an enabled Region: what lies there is unknown all the same.
"""

from collections.abc import Collection, Iterable, Iterator
from typing import Final

from auditor.evaluate.gaps import Gaps, Scope
from auditor.evaluate.inventory import Inventory
from auditor.evidence.tables import PARTITIONED
from auditor.model.arn import Arn
from auditor.model.organization import Account
from auditor.model.verdicts import Gap

#: The `error` of such a gap.
NOT_READ: Final = "NotRead"
_OF_A_VAULT: Final = ("backup_vaults", "recovery_points")


def unread_accounts(accounts: Iterable[Account], read: Collection[Scope], known: Gaps) -> Iterator[Gap]:
    """A gap in everything of each active account of which nothing was read and no call failed."""
    held = {account_id for account_id, _ in read} | {gap.account_id for gap in known.gaps}
    for account in accounts:
        if account.status == "ACTIVE" and account.account_id not in held:
            yield Gap(
                gap_id=f"unread-{account.account_id}",
                account_id=account.account_id,
                region="",
                service="ec2",
                operation="DescribeRegions",
                error=NOT_READ,
                message="No Region of this account was read.",
                provides=tuple(sorted(PARTITIONED)),
            )


def unread_destinations(inventories: Iterable[Inventory], read: Collection[Scope], known: Gaps) -> list[Gap]:
    """A gap for each account and Region that was not read and into which a plan copies, in their order."""
    destinations = {
        (arn.account_id, arn.region)
        for inventory in inventories
        for plan in inventory.current_plans
        for rule in plan.rules
        for arn in (Arn.parse(copy.destination_vault_arn) for copy in rule.copy_actions)
    }
    return [
        Gap(
            gap_id=f"unread-{account_id}-{region}",
            account_id=account_id,
            region=region,
            service="backup",
            operation="ListRecoveryPointsByBackupVault",
            error=NOT_READ,
            message="Plans copy into this Region of this account, which the run was not asked to read.",
            provides=_OF_A_VAULT,
        )
        for account_id, region in sorted(destinations - set(read))
        if not known.ids(_OF_A_VAULT, account_id, region)
    ]

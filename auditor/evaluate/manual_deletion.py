"""The facts of vaults for a control of AWS Backup Audit Manager: what their policies deny to everybody."""

from collections.abc import Sequence
from functools import cache

from auditor.derive.deletion_denied import denials
from auditor.evaluate.asked import asked_about, of_others, only_where
from auditor.evaluate.deferred import Deferred
from auditor.evaluate.facts import Column, encode
from auditor.evaluate.holes import holes_of
from auditor.evaluate.inventory import Inventory
from auditor.evaluate.vault_policies import odd_policy, policy_documents
from auditor.model.documents import UnreadableDocument
from auditor.model.vaults import Vault


def of_vault(inventory: Inventory, vaults: Sequence[Vault]) -> Deferred:
    """The facts of vaults."""

    def names() -> list[tuple[str, ...]]:
        return [(vault.arn, vault.name) for vault in vaults]

    control = "BACKUP_RECOVERY_POINT_MANUAL_DELETION_DISABLED"
    asked = Deferred(of_others(inventory, control, len(vaults), names))
    made = cache(lambda: _denials(inventory, vaults))

    def fact(number: int) -> Column:
        return only_where(made()[number], asked_about(asked["audit_manager.manual_deletion"]))

    return asked | {
        "audit_manager.denials": lambda: fact(0),
        "audit_manager.denial_open": lambda: fact(1),
    }


def _denials(inventory: Inventory, vaults: Sequence[Vault]) -> tuple[Column, Column]:
    """The denials of each vault's policy, and whether there may be more; without a policy there is none."""
    told = [_of(inventory, *held) for held in policy_documents(inventory, vaults)]
    holes = holes_of([gaps for _, _, gaps in told])
    return encode([found for found, _, _ in told], *holes), encode([more for _, more, _ in told], *holes)


def _of(
    inventory: Inventory, vault: Vault, document: str | None, gaps: tuple[str, ...]
) -> tuple[list[dict[str, list[str]]] | None, bool | None, tuple[str, ...]]:
    """The denials of one, whether there may be more, and the gaps because of which that is not known."""
    if gaps:
        return None, None, gaps
    if document is None:
        return [], False, ()
    try:
        read = denials(document)
    except UnreadableDocument as error:
        return None, None, (odd_policy(inventory, vault, error),)
    return [{"exempt": [*one]} for one in read.exempt], read.open, ()

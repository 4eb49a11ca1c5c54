"""The facts of vaults for a control of AWS Backup Audit Manager: what their policies deny to everybody."""

from collections.abc import Sequence

from auditor.derive.deletion_denied import denials
from auditor.evaluate.asked import asked_about, of_others, only_where
from auditor.evaluate.deferred import Deferred
from auditor.evaluate.facts import Column, Hole, encode
from auditor.evaluate.holes import holes_of
from auditor.evaluate.inventory import Inventory
from auditor.model.documents import UnreadableDocument
from auditor.model.vaults import Vault

_OPERATION = "GetBackupVaultAccessPolicy"


def of_vault(inventory: Inventory, vaults: Sequence[Vault]) -> Deferred:
    """The facts of vaults."""

    def names() -> list[tuple[str, ...]]:
        return [(vault.arn, vault.name) for vault in vaults]

    control = "BACKUP_RECOVERY_POINT_MANUAL_DELETION_DISABLED"
    asked = Deferred(of_others(inventory, control, len(vaults), names))

    def fact(number: int) -> Column:
        chosen = asked_about(asked["audit_manager.manual_deletion"])
        return only_where(_denials(inventory, vaults)[number], chosen)

    return asked | {
        "audit_manager.denials": lambda: fact(0),
        "audit_manager.denial_open": lambda: fact(1),
    }


def _denials(inventory: Inventory, vaults: Sequence[Vault]) -> tuple[Column, Column]:
    """The denials of each vault's policy, and whether there may be more; without a policy there is none."""
    table = inventory.read("vault_policies")
    documents = dict(zip(table["vault_arn"].to_pylist(), table["document"].to_pylist(), strict=True))
    found: list[list[dict[str, list[str]]] | None] = []
    open_: list[bool | None] = []
    gaps: list[tuple[str, ...]] = []
    for vault in vaults:
        why = _unread(inventory, vault, known=vault.arn in documents)
        document = documents.get(vault.arn)
        denied, more = [], False
        if not why and document is not None:
            try:
                read = denials(document)
            except UnreadableDocument as error:
                said = f"The policy of vault {vault.name} ({vault.arn}) cannot be understood: {error}."
                why = (inventory.scope.unknown(_OPERATION, "Unreadable", vault.arn, said),)
            else:
                denied, more = [{"exempt": [*one]} for one in read.exempt], read.open
        found.append(None if why else denied)
        open_.append(None if why else more)
        gaps.append(why)
    holes: Sequence[Hole] = holes_of(gaps)
    return encode(found, *holes), encode(open_, *holes)


def _unread(inventory: Inventory, vault: Vault, *, known: bool) -> tuple[str, ...]:
    """Ids of the gaps for which a vault's policy at `as_of` is not known."""
    scope = inventory.scope
    if scope.past:
        said = f"The policy of vault {vault.name} ({vault.arn}) was read long after as_of."
        return (scope.unknown(_OPERATION, "ReadLater", vault.arn, said),)
    if known:
        return ()
    said = f"The policy of vault {vault.name} ({vault.arn}) is not in the evidence."
    return scope.missing("vault_policies") or (scope.unknown(_OPERATION, "NotRead", vault.arn, said),)

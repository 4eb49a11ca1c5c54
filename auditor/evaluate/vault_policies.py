"""Facts of the access policies of the vaults of one account and Region."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pyarrow as pa

from auditor.derive.vault_access import vault_access
from auditor.evaluate.arrow import EMPTY, texts
from auditor.evaluate.facts import Column, Frame, encode
from auditor.evaluate.holes import holes_of
from auditor.evaluate.inventory import Inventory
from auditor.model.documents import UnreadableDocument
from auditor.model.vaults import Vault

_OPERATION: Final = "GetBackupVaultAccessPolicy"
_FACTS: Final = (
    "policy.vault",
    "policy.open_to_everyone",
    "policy.open_to_accounts",
    "policy.accounts_may",
)
_OPEN: Final = "policy.open_to_everyone"
_ACCOUNTS: Final = "policy.open_to_accounts"


@dataclass(frozen=True, slots=True)
class VaultPolicy:
    """The access policy of the vault `arn`, and its facts by dotted path.

    `missing` are the gaps because of which it is not known what it opens, `more` those because of which it
    may open more to accounts, and `less` those because of which something may take all of it back.
    """

    arn: str
    name: str
    facts: Mapping[str, Any]
    missing: tuple[str, ...] = ()
    more: tuple[str, ...] = ()
    less: tuple[str, ...] = ()


def vault_policies(inventory: Inventory, vaults: Sequence[Vault]) -> list[VaultPolicy]:
    """Those of `vaults` that have one, or of which that is not known, in the order of the vaults."""
    table = inventory.read("vault_policies")
    documents = dict(zip(table["vault_arn"].to_pylist(), table["document"].to_pylist(), strict=True))
    found = []
    for vault in vaults:
        if inventory.scope.past:
            said = f"The policy of vault {vault.name} ({vault.arn}) was read long after as_of."
            found.append(_unread(vault, inventory.scope.unknown(_OPERATION, "ReadLater", vault.arn, said)))
        elif vault.arn not in documents:
            said = f"The policy of vault {vault.name} ({vault.arn}) is not in the evidence."
            gaps = inventory.scope.missing("vault_policies")
            found.append(
                _unread(vault, *gaps or [inventory.scope.unknown(_OPERATION, "NotRead", vault.arn, said)])
            )
        elif documents[vault.arn] is not None:
            found.append(_read(inventory, vault, documents[vault.arn]))
    return found


def _read(inventory: Inventory, vault: Vault, document: str) -> VaultPolicy:
    scope = inventory.scope

    def because(error: str, clause: str) -> tuple[str, ...]:
        said = f"What the policy of vault {vault.name} ({vault.arn}) opens is not known: {clause}."
        return (scope.unknown(_OPERATION, error, vault.arn, said),) if clause else ()

    try:
        opens = vault_access(document, scope.account.account_id, known=True)
    except UnreadableDocument as error:
        return _unread(vault, *because("Unreadable", f"it cannot be understood: {error}"))
    facts = {"policy.vault": vault.name, **opens.facts}
    return VaultPolicy(vault.arn, vault.name, facts, less=because("Undecided", opens.less))


def _unread(vault: Vault, *gaps: str) -> VaultPolicy:
    return VaultPolicy(vault.arn, vault.name, {"policy.vault": vault.name}, missing=gaps)


def vault_policy_frame(inventory: Inventory, found: Sequence[VaultPolicy] | None = None) -> Frame:
    """One subject for each policy of the inventory, or for those `found`."""
    policies = vault_policies(inventory, inventory.vaults) if found is None else found
    holes = {
        _OPEN: (
            *holes_of([one.missing for one in policies]),
            *holes_of([one.less for one in policies], partial=True, passes=True),
        ),
        _ACCOUNTS: holes_of([one.more for one in policies], partial=True),
    }
    facts: dict[str, Column] = {
        path: encode([one.facts.get(path) for one in policies], *holes.get(path, ())) for path in _FACTS
    }
    return Frame(
        subject="vault_policy",
        account_id=inventory.scope.account.account_id,
        region=inventory.scope.region,
        arn=texts(one.arn for one in policies),
        resource_type=pa.repeat(EMPTY, len(policies)),
        name=texts(one.name for one in policies),
        facts=facts,
        units=inventory.scope.account.ou_path,
    )

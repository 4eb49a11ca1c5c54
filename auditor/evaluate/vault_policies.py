"""Facts of the access policies of the vaults of one account and Region."""

from collections.abc import Iterator, Mapping, Sequence
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
    found = []
    for vault, document, gaps in policy_documents(inventory, vaults):
        if gaps:
            found.append(_unread(vault, *gaps))
        elif document is not None:
            found.append(_read(inventory, vault, document))
    return found


def policy_documents(
    inventory: Inventory, vaults: Sequence[Vault]
) -> Iterator[tuple[Vault, str | None, tuple[str, ...]]]:
    """The policy of each vault as text, None where it has none, and the gaps that leave it unknown."""
    table, scope = inventory.read("vault_policies"), inventory.scope
    documents = dict(zip(table["vault_arn"].to_pylist(), table["document"].to_pylist(), strict=True))
    for vault in vaults:
        named = f"The policy of vault {vault.name} ({vault.arn})"
        if scope.past:
            said = f"{named} was read long after as_of."
            yield vault, None, (scope.unknown(_OPERATION, "ReadLater", vault.arn, said),)
        elif vault.arn not in documents:
            said = f"{named} is not in the evidence."
            gaps = scope.missing("vault_policies")
            yield vault, None, gaps or (scope.unknown(_OPERATION, "NotRead", vault.arn, said),)
        else:
            yield vault, documents[vault.arn], ()


def odd_policy(inventory: Inventory, vault: Vault, error: UnreadableDocument) -> str:
    """The id of the gap for a policy that cannot be understood."""
    said = f"The policy of vault {vault.name} ({vault.arn}) cannot be understood: {error}."
    return inventory.scope.unknown(_OPERATION, "Unreadable", vault.arn, said)


def _read(inventory: Inventory, vault: Vault, document: str) -> VaultPolicy:
    scope = inventory.scope

    try:
        opens = vault_access(document, scope.account.account_id, known=True, members=scope.members)
    except UnreadableDocument as error:
        return _unread(vault, odd_policy(inventory, vault, error))
    facts = {"policy.vault": vault.name, **opens.facts}
    if not opens.less:
        return VaultPolicy(vault.arn, vault.name, facts)
    said = f"What the policy of vault {vault.name} ({vault.arn}) opens is not known: {opens.less}."
    undecided = scope.unknown(_OPERATION, "Undecided", vault.arn, said)
    return VaultPolicy(vault.arn, vault.name, facts, less=(undecided,))


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

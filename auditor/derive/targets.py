"""Which of a rule's two targets a backup enters: its vault, or its logically air-gapped vault.

Source: aws-backup.md 1.2, 1.3. Types that AWS Backup manages fully go into the air-gapped vault directly.
Other types that such vaults take are first backed up into the rule's vault and copied from there. Types that
such vaults do not take stay in the rule's vault.
"""

from typing import NamedTuple

from auditor.model.resource_types import TYPES


class Enters(NamedTuple):
    """Whether a backup enters each of the two vaults; None where that is not known."""

    vault: bool | None
    air_gapped: bool | None


def entered(resource_type: str, *, managed: bool | None) -> Enters:
    """What the backups of a rule with both targets enter.

    `managed` is the Region's ResourceTypeManagementPreference of the type: it decides where there is a choice
    (DynamoDB).
    """
    row = TYPES.get(resource_type)
    if row is None or not row.copies.air_gapped:
        return Enters(vault=True, air_gapped=False)
    if row.management == "choice":
        return Enters(vault=None if managed is None else not managed, air_gapped=managed)
    return Enters(vault=row.management == "never", air_gapped=True)


def made_with_vault_key(resource_type: str, *, managed: bool | None) -> bool | None:
    """Whether a backup has the key of the vault that it is made in, not that of its source; None: not known.

    Source: aws-backup.md 1.1 row 11. `managed` as for `entered`.
    """
    row = TYPES.get(resource_type)
    return None if row is None else {"always": True, "never": False, "choice": managed}[row.management]


def keyed_in(resource_type: str, *, managed: bool | None) -> Enters:
    """In which of the two vaults a backup of a rule with both targets has the vault's key.

    Which key a type that is not managed fully has in the air-gapped one is not stated (aws-backup.md 1.3).
    """
    own, enters = made_with_vault_key(resource_type, managed=managed), entered(resource_type, managed=managed)
    if enters.air_gapped:
        return Enters(vault=False, air_gapped=own or None)
    return Enters(vault=own if enters.air_gapped is False else False, air_gapped=enters.air_gapped)

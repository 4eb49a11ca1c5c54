"""The policies of vaults: what they open to everybody and to other accounts."""

from typing import Any, Final

from auditor.check.declared import Declaration, Place
from auditor.check.declared_subjects import DeclaredSubject, FactDoubt
from auditor.derive.iam_policy import EVERYONE, Opened, opened, statements_of
from auditor.model.documents import UnreadableDocument

Json = Any

#: What takes backups or their protection away, or carries them out.
#: Source: service authorization reference, "Actions, resources, and condition keys for AWS Backup".
_ACTIONS: Final = tuple(
    f"backup:{name}"
    for name in (
        "DeleteRecoveryPoint", "DisassociateRecoveryPoint", "UpdateRecoveryPointLifecycle",
        "DeleteBackupVault", "PutBackupVaultAccessPolicy", "DeleteBackupVaultAccessPolicy",
        "PutBackupVaultLockConfiguration", "DeleteBackupVaultLockConfiguration",
        "StartCopyJob", "CopyFromBackupVault",
    )
)  # fmt: skip


def vault_policy(
    place: Place, arn: str, vault: str, where: Declaration, document: Json, fault: str = ""
) -> DeclaredSubject:
    """The policy of the vault `arn`; `fault` says why it is not known, in a clause, "" where it is."""
    found: list[Opened] = []
    known = place.account_id not in place.unknown
    if not fault:
        try:
            found = [*opened(statements_of(document), _ACTIONS, place.account_id, known=known)]
        except UnreadableDocument as error:
            fault = f"it cannot be understood: {error}"
    found = [one for one in found if one.sure] or found
    facts: dict[str, Json] = {"policy.vault": vault}
    doubts: dict[str, tuple[FactDoubt, str]] = {}
    if fault:
        doubts["policy.open_to_everyone"] = (FactDoubt.MISSING, f"what it allows is not known: {fault}")
    else:
        others = [one for one in found if one.who != EVERYONE]
        if others and not known:
            clause = "it names accounts, and it is not known which one the vault is in"
            doubts["policy.open_to_accounts"] = (FactDoubt.MORE, clause)
            others = []
        everyone = [one for one in found if one.who == EVERYONE]
        facts["policy.open_to_everyone"] = [one.action for one in everyone]
        facts["policy.open_to_accounts"] = sorted({one.who for one in others})
        facts["policy.accounts_may"] = [
            action for action in _ACTIONS if any(one.action == action for one in others)
        ]
        if found and not any(one.sure for one in found):
            clause = "a condition, or a denial for some, may take back what it allows"
            doubts["policy.open_to_everyone"] = (FactDoubt.LESS, clause)
    return DeclaredSubject(place, "vault_policy", arn, vault, where, facts, doubts)

"""What the access policy of a vault opens to everybody and to other accounts.

A check judges a policy before it is put, an audit one that is there: both by this, in the same words.
"""

from dataclasses import dataclass
from typing import Any, Final

from auditor.derive.iam_policy import EVERYONE, opened, statements_of
from auditor.derive.organization_conditions import NOT_KNOWN, Members

Json = Any

#: What takes backups or their protection away, or carries them out.
#: Source: service authorization reference, "Actions, resources, and condition keys for AWS Backup".
VAULT_ACTIONS: Final = tuple(
    f"backup:{name}"
    for name in (
        "DeleteRecoveryPoint", "DisassociateRecoveryPoint", "UpdateRecoveryPointLifecycle",
        "DeleteBackupVault", "PutBackupVaultAccessPolicy", "DeleteBackupVaultAccessPolicy",
        "PutBackupVaultLockConfiguration", "DeleteBackupVaultLockConfiguration",
        "StartCopyJob", "CopyFromBackupVault",
    )
)  # fmt: skip
#: Why more may be open to other accounts, and why less may be open to anybody, in clauses.
OWN_NOT_KNOWN: Final = "it names accounts, and it is not known which one the vault is in"
TAKEN_BACK: Final = "a condition, or a denial for some, may take back what it allows"


@dataclass(frozen=True, slots=True)
class VaultAccess:
    """What a policy opens: actions to `everyone`, and `accounts` with the actions that they `may`.

    `more` says why other accounts may be among those to which it opens something, `less` why something may
    take back all that it opens: clauses, "" where nothing does.
    """

    everyone: tuple[str, ...]
    accounts: tuple[str, ...]
    may: tuple[str, ...]
    more: str = ""
    less: str = ""

    @property
    def facts(self) -> dict[str, Json]:
        """It as the facts of a vault_policy, by dotted path."""
        return {
            "policy.open_to_everyone": [*self.everyone],
            "policy.open_to_accounts": [*self.accounts],
            "policy.accounts_may": [*self.may],
        }


def vault_access(document: Json, account: str, *, known: bool, members: Members = NOT_KNOWN) -> VaultAccess:
    """What the policy of a vault of `account` opens; `known` says whether that is its number.

    `members` are the accounts of the organization that was read. The document is a mapping or a text of JSON.
    Raises `UnreadableDocument`.
    """
    found = [*opened(statements_of(document), VAULT_ACTIONS, account, known=known, members=members)]
    sure = any(one.sure for one in found)
    found = [one for one in found if one.sure] if sure else found
    others = [one for one in found if one.who != EVERYONE]
    hidden, others = (others, []) if not known else ([], others)
    return VaultAccess(
        everyone=tuple(one.action for one in found if one.who == EVERYONE),
        accounts=tuple(sorted({one.who for one in others})),
        may=tuple(name for name in VAULT_ACTIONS if any(one.action == name for one in others)),
        more=OWN_NOT_KNOWN if hidden else "",
        less=TAKEN_BACK if found and not sure else "",
    )

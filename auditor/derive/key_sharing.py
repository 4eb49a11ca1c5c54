"""Whether the policy of a key lets another account use what is encrypted with it (aws-backup.md 4.12)."""

from typing import Any, Final

from auditor.derive.iam_conditions import Reach
from auditor.derive.iam_policy import statements_of
from auditor.derive.organization_conditions import NOT_KNOWN, Members

#: What a copy needs at least of the key of its source.
_USE: Final = "kms:Decrypt"


def admits(document: Any, account_id: str, members: Members = NOT_KNOWN) -> bool | None:
    """Whether somebody of the account may decrypt with the key; None where a condition or a denial decides.

    The document is a mapping or a text of JSON, `members` are the accounts of the organization that was read.
    Raises `UnreadableDocument`.
    """
    about = [one for one in statements_of(document) if one.covers(_USE)]
    allowed = {one.allowed(account_id, named=True, members=members) for one in about if one.allows}
    if allowed <= {False}:
        return False
    denials = (one.reaches(account_id, members) for one in about if not one.allows)
    denied = any(Reach.NONE not in one for one in denials)
    return True if True in allowed and not denied else None

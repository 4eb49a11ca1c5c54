"""Whether the policy of a key lets another account use what is encrypted with it (aws-backup.md 4.12)."""

from typing import Any, Final

from auditor.derive.iam_policy import statements_of

#: What a copy needs at least of the key of its source.
_USE: Final = "kms:Decrypt"


def admits(document: Any, account_id: str) -> bool | None:
    """Whether somebody of the account may decrypt with the key; None where a condition or a denial decides.

    The document is a mapping or a text of JSON. Raises `UnreadableDocument`.
    """
    about = [one for one in statements_of(document) if one.covers(_USE)]
    allowed = {one.allowed(account_id, named=True) for one in about if one.allows}
    if allowed <= {False}:
        return False
    denied = not all(one.allows for one in about)
    return True if True in allowed and not denied else None

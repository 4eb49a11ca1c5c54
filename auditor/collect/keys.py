"""The keys that vaults and recovery points name, and where there are guardians the policies of these."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from auditor.aws.failures import MALFORMED
from auditor.aws.items import SECONDS, member, optional
from auditor.collect.collector import Scope
from auditor.collect.columns import table_of
from auditor.evidence.asked_tables import KEY_POLICIES

KEY_TABLES: Final = ("keys", KEY_POLICIES)
KEY_ACTIONS: Final = ("kms:DescribeKey", "kms:GetKeyPolicy")
_KEYS: Final = ("keys",)
_POLICIES: Final = (KEY_POLICIES,)
#: KMS does not know the key (any more).
_GONE: Final = ("NotFoundException",)


def read_keys(scope: Scope, keys: Iterable[str]) -> None:
    """Ask KMS once for each key. One that KMS does not know (any more) has no manager and no state: null."""
    rows = []
    for key in keys:
        answer = scope.ask("kms", "DescribeKey", provides=_KEYS, absent=_GONE, KeyId=key)
        if answer is None:
            continue
        try:
            row = _key_row(answer)
        except MALFORMED as error:
            scope.not_understood("kms", "DescribeKey", f"The key {key}", error, _KEYS)
        else:
            rows.append({"arn": key, **row})
    scope.write("keys", table_of("keys", rows))
    if KEY_POLICIES in scope.tables:
        own = f":{scope.region}:{scope.account_id}:"
        asked = [row["arn"] for row in rows if row.get("key_manager") == "CUSTOMER" and own in row["arn"]]
        _read_policies(scope, asked)


def _key_row(answer: Mapping[str, Any]) -> dict[str, Any]:
    """What KMS says of a key; nothing of one that it does not know."""
    if not answer:
        return {}
    found = member(answer, "KeyMetadata", dict)
    return {
        "key_manager": member(found, "KeyManager"),
        "state": optional(found, "KeyState"),
        "deletion_at": optional(found, "DeletionDate", SECONDS),
    }


def _read_policies(scope: Scope, keys: Iterable[str]) -> None:
    """Ask for the policy of each key of this account and Region: KMS tells no other account of it."""
    operation, rows = "GetKeyPolicy", []
    for key in keys:
        answer = scope.ask(
            "kms", operation, provides=_POLICIES, absent=_GONE, KeyId=key, PolicyName="default"
        )
        if not answer:
            continue
        try:
            rows.append({"key_arn": key, "document": member(answer, "Policy")})
        except MALFORMED as error:
            scope.not_understood("kms", operation, f"The policy of {key}", error, _POLICIES)
    scope.write(KEY_POLICIES, table_of(KEY_POLICIES, rows))

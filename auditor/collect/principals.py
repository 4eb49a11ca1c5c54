"""The users and roles of each account with the policies that say what they may do, page by page.

Calls grow with the pages of an account and not with its roles. A document that many have is kept once.
"""

import json
from collections.abc import Iterator, Mapping
from hashlib import sha256
from threading import Lock
from typing import Any, Final
from urllib.parse import unquote

import pyarrow as pa

from auditor.aws.items import arn, member, optional
from auditor.aws.organization import understood
from auditor.aws.reader import Reader
from auditor.collect.columns import table_of
from auditor.evidence.table_schemas import no_rows

_OPERATION: Final = "GetAccountAuthorizationDetails"
#: IAM actions in each account for them.
PRINCIPAL_ACTIONS: Final = (f"iam:{_OPERATION}",)

Item = Mapping[str, Any]


class Principals:
    """What the accounts of a run have, from many threads; `tables` are the same in any order of reading."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._rows: dict[str, pa.Table] = {}
        self._documents: dict[str, str] = {}

    def read(self, reader: Reader) -> None:
        """Read those of the reader's account, or none of them where that fails. Raises `CallFailed`."""
        found, more = _Account(), False
        for page in reader.pages("iam", _OPERATION, MaxItems=1000):
            with understood(_OPERATION, "iam"):
                found.add(page)
                more = optional(page, "IsTruncated", bool) or False
        with understood(_OPERATION, "iam"):
            if more:  # botocore ends where there is no Marker
                raise ValueError("its last page says that more follows, and gives no Marker")
            rows = [{"account_id": reader.account_id, **row} for row in found.rows()]
            table = table_of("principals", sorted(rows, key=lambda row: str(row["arn"])))
        with self._lock:
            self._rows[reader.account_id] = table
            self._documents |= found.documents

    def tables(self) -> Iterator[tuple[str, pa.Table]]:
        """The tables by name."""
        documents = [{"digest": one, "document": text} for one, text in sorted(self._documents.items())]
        own = (self._rows[account_id] for account_id in sorted(self._rows))
        yield "principals", pa.concat_tables([no_rows("principals"), *own])
        yield "principal_policies", table_of("principal_policies", documents)


class _Account:
    """The pages of one account: what is attached on one may be told on another."""

    def __init__(self) -> None:
        self.documents: dict[str, str] = {}
        self._managed: dict[str, str] = {}
        self._groups: dict[str, Item] = {}
        self._principals: list[tuple[Item, str]] = []

    def add(self, page: Item) -> None:
        for policy in optional(page, "Policies", list) or ():
            for version in optional(policy, "PolicyVersionList", list) or ():
                if version.get("IsDefaultVersion") is True:
                    self._managed[arn(policy, "Arn")] = self._digest(version, "Document")
        self._groups |= {
            member(group, "GroupName"): group for group in optional(page, "GroupDetailList", list) or ()
        }
        for name, inline in (("UserDetailList", "UserPolicyList"), ("RoleDetailList", "RolePolicyList")):
            self._principals += [(one, inline) for one in optional(page, name, list) or ()]

    def rows(self) -> Iterator[dict[str, Any]]:
        for one, inline in self._principals:
            policies = self._policies(one, inline)
            for name in optional(one, "GroupList", list) or ():
                group = self._groups.get(name)
                told = {"": ""} if group is None else self._policies(group, "GroupPolicyList")
                policies |= {f"{name}/{policy}": digest for policy, digest in told.items()}
            boundary = optional(one, "PermissionsBoundary", dict)
            yield {
                "arn": arn(one, "Arn"),
                "policies": [{"Key": name, "Value": digest} for name, digest in policies.items()],
                "boundary": self._managed.get(arn(boundary, "PermissionsBoundaryArn"), "")
                if boundary
                else None,
                "trust": self._digest(one, "AssumeRolePolicyDocument") if inline[0] == "R" else None,
            }

    def _policies(self, one: Item, inline: str) -> dict[str, str]:
        """The digests of the policies of a user, role or group; "" of one whose document was not told."""
        attached = [arn(each, "PolicyArn") for each in optional(one, "AttachedManagedPolicies", list) or ()]
        own = optional(one, inline, list) or ()
        return {name: self._managed.get(name, "") for name in attached} | {
            member(each, "PolicyName"): self._digest(each, "PolicyDocument") for each in own
        }

    def _digest(self, item: Item, name: str) -> str:
        """Keep a document, and give its SHA-256; the API gives it percent-encoded, botocore as it is."""
        document = member(item, name, (str, dict))
        text = unquote(document) if isinstance(document, str) else json.dumps(document)
        digest = sha256(text.encode()).hexdigest()
        self.documents[digest] = text
        return digest

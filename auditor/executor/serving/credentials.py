"""The keys that may sign requests, each of one account, and the organization of those accounts.

Read from a file that others cannot read. The organization is written there because the executor asks nothing
of AWS Organizations.
"""

import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import yaml
from jsonschema import Draft202012Validator

from auditor.executor.service import Membership
from auditor.model.arn import Arn
from auditor.model.errors import UsageError

PARTITIONS: Final = ("aws", "aws-cn", "aws-us-gov")

_SCHEMA: Final[Mapping[str, Any]] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["credentials"],
    "properties": {
        "credentials": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["access_key", "secret_key", "account", "partition"],
                "properties": {
                    "access_key": {"type": "string", "pattern": "^[A-Za-z0-9_]{16,128}$"},
                    "secret_key": {"type": "string", "minLength": 32, "maxLength": 256},
                    "account": {"type": "string", "pattern": "^[0-9]{12}$"},
                    "partition": {"enum": list(PARTITIONS)},
                    "principal": {"type": "string", "pattern": "^arn:"},
                },
            },
        },
        "organization": {
            "type": "object",
            "additionalProperties": False,
            "required": ["id", "management_account_id"],
            "properties": {
                "id": {"type": "string", "pattern": "^o-[a-z0-9]{10,32}$"},
                "management_account_id": {"type": "string", "pattern": "^[0-9]{12}$"},
            },
        },
    },
}


@dataclass(frozen=True, slots=True)
class Credential:
    """One key. `principal` is the ARN that vault policies are judged for. The secret is not in `repr`."""

    access_key: str
    secret_key: str = field(repr=False)
    account_id: str
    partition: str
    principal: str


@dataclass(frozen=True, slots=True)
class CredentialsFile:
    """Credentials by access key. Their accounts, and no others, are of the organization that it names."""

    credentials: Mapping[str, Credential]
    organization: Membership | None

    def membership(self, account_id: str) -> Membership | None:
        """The organization of an account, None for a stranger's and where no organization is named."""
        if self.organization is None:
            return None
        members = {credential.account_id for credential in self.credentials.values()}
        members.add(self.organization.management_account_id)
        return self.organization if account_id in members else None


def load_credentials(path: Path) -> CredentialsFile:
    """Read the file.

    Raises:
        UsageError: the file cannot be read, others may read it, or it is not as the schema says. No message
            holds a secret.
    """
    try:
        with path.open(encoding="utf-8") as file:
            if os.name == "posix" and os.fstat(file.fileno()).st_mode & (stat.S_IROTH | stat.S_IWOTH):
                raise UsageError(f"Everyone on this machine may read or change {path}; run chmod o= {path}.")
            document = yaml.safe_load(file)
    except OSError as error:
        raise UsageError(f"Cannot read {path}: {error.strerror}; name the credentials' file.") from error
    except (yaml.YAMLError, UnicodeDecodeError):
        raise UsageError(f"{path} is not YAML; write credentials as docs/executor.md shows.") from None
    for wrong in Draft202012Validator(_SCHEMA).iter_errors(document):
        where = "/".join(map(str, wrong.absolute_path)) or "the document"
        rule = f"it breaks {wrong.validator!r} of the schema"
        raise UsageError(f"{path}: {where}: {rule}; write credentials as docs/executor.md shows.")
    found: dict[str, Credential] = {}
    for row in document["credentials"]:
        credential = _credential(path, row)
        if credential.access_key in found:
            raise UsageError(f"{path}: the access key {credential.access_key} comes twice; remove one.")
        found[credential.access_key] = credential
    return CredentialsFile(found, _organization(path, document.get("organization"), found))


def _organization(
    path: Path, row: Mapping[str, str] | None, found: Mapping[str, Credential]
) -> Membership | None:
    """The organization; it lies in one partition."""
    if row is None:
        return None
    if len({credential.partition for credential in found.values()}) > 1:
        raise UsageError(f"{path}: an organization lies in one partition; give each partition its own file.")
    return Membership(row["id"], row["management_account_id"])


def _credential(path: Path, row: Mapping[str, str]) -> Credential:
    account, partition = row["account"], row["partition"]
    principal = row.get("principal", f"arn:{partition}:iam::{account}:root")
    arn = Arn.parse(principal)
    if (arn.partition, arn.account_id) != (partition, account):
        raise UsageError(f"{path}: {principal} is no principal of account {account} in {partition}.")
    return Credential(row["access_key"], row["secret_key"], account, partition, principal)

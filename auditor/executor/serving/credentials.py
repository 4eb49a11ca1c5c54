"""The keys that may sign requests, each of one account, and the organization of those accounts.

Read from a file that others cannot read. The organization is written there because the executor asks nothing
of AWS Organizations.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from auditor.executor.service import OrganizationMembership
from auditor.files import reason, secret
from auditor.model.arn import Arn
from auditor.model.errors import UsageError
from auditor.yaml_files.document import Document, decoded
from auditor.yaml_files.nodes import NotYaml

PARTITIONS: Final = ("aws", "aws-cn", "aws-us-gov")

_ACCOUNT: Final = {"type": "string", "pattern": "^[0-9]{12}$", "description": "12 digits in quotes"}

#: Each `description` says in the words of a message what is expected.
_SCHEMA: Final[Mapping[str, Any]] = {
    "type": "object",
    "description": "a mapping with the key credentials",
    "additionalProperties": False,
    "required": ["credentials"],
    "properties": {
        "credentials": {
            "type": "array",
            "description": "a list of one key or more",
            "minItems": 1,
            "items": {
                "type": "object",
                "description": "a mapping with the keys access_key, secret_key, account and partition",
                "additionalProperties": False,
                "required": ["access_key", "secret_key", "account", "partition"],
                "properties": {
                    "access_key": {
                        "type": "string",
                        "description": "16 to 128 letters, digits and underscores",
                        "pattern": "^[A-Za-z0-9_]{16,128}$",
                    },
                    "secret_key": {
                        "type": "string",
                        "description": "a text of 32 to 256 characters",
                        "minLength": 32,
                        "maxLength": 256,
                    },
                    "account": _ACCOUNT,
                    "partition": {"description": f"one of {', '.join(PARTITIONS)}", "enum": list(PARTITIONS)},
                    "principal": {
                        "type": "string",
                        "description": "the ARN of a principal of the key's account and partition",
                        "pattern": "^arn:",
                    },
                },
            },
        },
        "organization": {
            "type": "object",
            "description": "a mapping with the keys id, management_account_id and delegated_account_ids",
            "additionalProperties": False,
            "required": ["id", "management_account_id"],
            "properties": {
                "id": {
                    "type": "string",
                    "description": "an organization's id, such as o-exampleorgid",
                    "pattern": "^o-[a-z0-9]{10,32}$",
                },
                "management_account_id": _ACCOUNT,
                "delegated_account_ids": {
                    "type": "array",
                    "description": "a list of account ids",
                    "items": _ACCOUNT,
                },
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
    organization: OrganizationMembership | None

    def membership(self, account_id: str) -> OrganizationMembership | None:
        """The organization of an account, None for a stranger's and where no organization is named."""
        if self.organization is None:
            return None
        members = {credential.account_id for credential in self.credentials.values()}
        members |= {self.organization.management_account_id, *self.organization.delegated_account_ids}
        return self.organization if account_id in members else None


def load_credentials(path: Path) -> CredentialsFile:
    """Read the file.

    Raises:
        UsageError: the file cannot be read, others may read it, or it is not as the schema says: which part,
            its line, and what is expected there. No message holds a secret.
    """
    document = _read(path)
    document.check(_SCHEMA)
    found: dict[str, Credential] = {}
    for number in range(len(document.value["credentials"])):
        credential = _credential(document, number)
        if credential.access_key in found:
            raise _wrong(document, number, "access_key", "comes twice; remove one of the two.")
        found[credential.access_key] = credential
    return CredentialsFile(found, _organization(document, found))


def _read(path: Path) -> Document:
    """Read a file that not everyone may read. Where it is no YAML its text is not told."""
    try:
        data = secret(path)
    except OSError as error:
        raise UsageError(f"Cannot read {path}: {reason(error)}; name the credentials' file.") from error
    try:
        return Document.of(decoded(data, str(path)), str(path), secret=True)
    except NotYaml as error:
        what = "this is not YAML that is read; write credentials as docs/executor.md shows."
        raise UsageError(f"{path}:{error.line}: {what}") from None


def _organization(document: Document, found: Mapping[str, Credential]) -> OrganizationMembership | None:
    """The organization; it lies in one partition."""
    row = document.value.get("organization")
    if row is None:
        return None
    if len({credential.partition for credential in found.values()}) > 1:
        raise document.error(
            ["organization"], "organization must lie in one partition; give each partition a file of its own."
        )
    delegated = frozenset(row.get("delegated_account_ids", ()))
    return OrganizationMembership(row["id"], row["management_account_id"], delegated)


def _credential(document: Document, number: int) -> Credential:
    row = document.value["credentials"][number]
    account, partition = row["account"], row["partition"]
    principal = row.get("principal", f"arn:{partition}:iam::{account}:root")
    try:
        arn = Arn.parse(principal)
    except UsageError:
        arn = None
    if arn is None or (arn.partition, arn.account_id) != (partition, account):
        what = f"must be the ARN of a principal of {account} in {partition}."
        raise _wrong(document, number, "principal", what)
    return Credential(row["access_key"], row["secret_key"], account, partition, principal)


def _wrong(document: Document, number: int, key: str, what: str) -> UsageError:
    return document.error(["credentials", number, key], f"credentials[{number}].{key} {what}")

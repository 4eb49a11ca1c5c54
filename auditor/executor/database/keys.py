"""AWS's own key of an account and Region, which a vault without a customer's key names.

AWS Backup encrypts such vaults under the key behind `alias/aws/backup` and gives its ARN with every vault
(API DescribeBackupVault). Only AWS Backup may use that key, so S3 encrypts what the executor stores there.
Clients need the ARN to tell whose key a vault has.
"""

from typing import Final
from uuid import UUID, uuid5

from sqlalchemy import Connection, select

from auditor.executor.database.sql_tables import vaults
from auditor.executor.scope import AccountRegion

#: The alias of AWS's own key for backups.
ALIAS: Final = "alias/aws/backup"

_KEYS: Final = UUID("0c6f4d9e-2f0e-5b53-8d0c-6f2d6a2d1b77")


def derived(scope: AccountRegion) -> str:
    """The ARN to use where no KMS knows the key: always the same for an account and Region.

    Revision 0003 gives old vaults the same.
    """
    name = uuid5(_KEYS, f"{scope.partition}/{scope.account_id}/{scope.region}")
    return f"arn:{scope.partition}:kms:{scope.region}:{scope.account_id}:key/{name}"


def known(connection: Connection, scope: AccountRegion) -> str | None:
    """The ARN that the vaults of an account and Region have; None where none of them has it."""
    place = {"account_id": scope.account_id, "region": scope.region}
    query = select(vaults.c.own_key_arn).filter_by(**place).where(vaults.c.own_key_arn.is_not(None))
    arn: str | None = connection.scalar(query.limit(1))
    return arn

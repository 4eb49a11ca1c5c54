"""Revision 0003: vaults that were made without a key, and what is stored in them, name AWS's own key."""

from typing import Any

import orjson
from sqlalchemy import insert, select

from auditor.executor.database import schema
from auditor.executor.database.connecting import parse
from auditor.executor.database.database import Database
from auditor.executor.database.keys import derived
from auditor.executor.database.sql_tables import recovery_points, vaults
from auditor.executor.scope import AccountRegion

HERE = AccountRegion("123456789012", "eu-west-1", "aws")
KEY = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-4333-8444-555555555555"
PLACE = {"account_id": HERE.account_id, "region": HERE.region}


def vault(name: str, key: str | None) -> dict[str, Any]:
    """A row as revision 0002 has it."""
    row = PLACE | {"arn": HERE.arn(f"backup-vault:{name}"), "name": name, "encryption_key_arn": key}
    return row | {"created": 0, "locked": False, "tags": b"{}"}


def point(arn: str, vault_name: str, document: dict[str, Any]) -> dict[str, Any]:
    """A row as revision 0002 has it."""
    row = PLACE | {"arn": arn, "vault_name": vault_name, "document": orjson.dumps(document)}
    resource = {"resource_arn": "arn:aws:s3:::bucket", "resource_type": "S3"}
    return row | resource | {"created": 0, "status": "COMPLETED", "tags": b"{}"}


def test_old_vaults_and_what_is_stored_in_them_get_the_key(new_url: str) -> None:
    """Vaults with a customer's key, and what services keep, stay as they were."""
    stored, snapshot = HERE.arn("recovery-point:a"), "arn:aws:ec2:eu-west-1::snapshot/snap-1"
    customers = HERE.arn("recovery-point:b")
    old = Database(parse(new_url))
    schema.migrate(old, "0002")
    with old.write() as connection:
        connection.execute(insert(vaults), [vault("own", None), vault("customer", KEY)])
        connection.execute(
            insert(recovery_points),
            [
                point(stored, "own", {"Status": "COMPLETED"}),
                point(snapshot, "own", {"Status": "COMPLETED"}),
                point(customers, "customer", {"EncryptionKeyArn": KEY}),
            ],
        )
    old.close()
    database = Database.open(new_url)
    with database.read() as connection:
        keys = {row.name: row.own_key_arn for row in connection.execute(select(vaults))}
        rows = connection.execute(select(recovery_points)).all()
    documents = {row.arn: orjson.loads(row.document) for row in rows}

    assert keys == {"own": derived(HERE), "customer": None}
    assert documents == {
        stored: {"EncryptionKeyArn": derived(HERE), "Status": "COMPLETED"},
        snapshot: {"Status": "COMPLETED"},
        customers: {"EncryptionKeyArn": KEY},
    }
    database.close()

"""What vaults tell topics of SNS, and what waits to be told (aws-backup.md 1.1 row 27).

A notification is written in the transaction of the change that it tells of, and deleted once the topic has
taken it: a crash neither loses one nor makes one up.
"""

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, Table, Text

from auditor.executor.database.sql_tables import METADATA, place

#: `events` is the JSON list of BackupVaultEvents, in the order in which they were given.
vault_notifications = Table(
    "vault_notifications",
    METADATA,
    Column("vault_arn", Text, primary_key=True),
    Column("topic_arn", Text, nullable=False),
    Column("events", LargeBinary, nullable=False),
)

#: `message` is the JSON of what SNS's Publish is asked. `created` is when the change was written, `next_at`
#: when the topic is asked (again).
outbox = Table(
    "outbox",
    METADATA,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    *place(),
    Column("topic_arn", Text, nullable=False),
    Column("created", BigInteger, nullable=False),
    Column("next_at", BigInteger, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("message", LargeBinary, nullable=False),
    Index("outbox_by_time", "next_at", "id"),
)

"""Legal holds and the recovery points under them (aws-backup.md 4.8)."""

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    and_,
    exists,
    func,
    select,
)

from auditor.executor.database.sql_tables import METADATA, place, recovery_points

#: `document` is the hold as GetLegalHold gives it. `retain_until` is when the record of a canceled hold goes.
legal_holds = Table(
    "legal_holds",
    METADATA,
    Column("id", Text, primary_key=True),
    *place(),
    Column("arn", Text, nullable=False),
    Column("created", BigInteger, nullable=False),
    Column("canceled", BigInteger),
    Column("retain_until", BigInteger),
    Column("token", Text),
    Column("tags", LargeBinary, nullable=False),
    Column("document", LargeBinary, nullable=False),
    Index("legal_holds_by_place", "account_id", "region", "created", "id"),
)

#: What each active hold has taken in. `point_id` is the `id` of `recovery_points`, `since` when it was taken.
held_points = Table(
    "held_points",
    METADATA,
    Column("hold_id", Text, primary_key=True),
    Column("point_id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("since", BigInteger, nullable=False),
    Index("held_points_by_point", "point_id"),
)


def held_since(connection: Connection, point_id: int) -> int | None:
    """Since when holds have been on the recovery point without a break; None when none is."""
    query = select(func.min(held_points.c.since)).where(held_points.c.point_id == point_id)
    since: int | None = connection.scalar(query)
    return since


def not_held(table: Table = recovery_points) -> ColumnElement[bool]:
    """A condition on recovery points: no hold is on the row, nor on the composite that it is nested in.

    They are those of `recovery_points`, or of `gone_points`.
    """
    points, composite = table.c, recovery_points.alias()
    above = exists().where(
        composite.c.account_id == points.account_id,
        composite.c.region == points.region,
        composite.c.arn == points.parent_arn,
        held_points.c.point_id == composite.c.id,
    )
    return and_(~exists().where(held_points.c.point_id == points.id), ~above)

"""Legal holds and the recovery points under each, where a register of matters is given (aws-backup.md 4.8).

An account has at most 50 that are active. Of one that is cancelled it is asked neither what it took in nor
what it holds: that is nothing any more.
"""

from collections.abc import Mapping
from typing import Any, Final

import pyarrow as pa

from auditor.aws.failures import MALFORMED
from auditor.aws.items import SECONDS, arn, each, member, optional
from auditor.collect.collector import Collector, Row, Scope
from auditor.collect.columns import layout
from auditor.evidence.asked_tables import ENDED, HELD_POINTS, LEGAL_HOLDS

_HOLDS: Final = (LEGAL_HOLDS,)
_POINTS: Final = (HELD_POINTS,)
#: The answer does not name the hold that was asked for: another member is read in its place, and it is put
#: there afterwards.
_POINT_COLUMNS: Final = {"hold_arn": "ResourceArn", "recovery_point_arn": "RecoveryPointArn"}


def _read(scope: Scope) -> None:
    pages = scope.pages("backup", "ListLegalHolds", "LegalHolds", provides=_HOLDS + _POINTS, MaxResults=1000)
    listed = [row for rows in pages.made(lambda item: [_row(item)]) for row in rows]
    holds = [hold for row in listed if (hold := _with_selection(scope, row)) is not None]
    pages.write_rows(LEGAL_HOLDS, holds)
    for hold in holds if HELD_POINTS in scope.tables else ():
        if hold["status"] not in ENDED:
            _read_points(scope, hold)


def _row(item: Mapping[str, Any]) -> Row:
    return {
        "arn": arn(item, "LegalHoldArn"),
        "hold_id": member(item, "LegalHoldId"),
        "title": member(item, "Title"),
        "status": member(item, "Status"),
        "created_at": member(item, "CreationDate", SECONDS),
        "cancelled_at": optional(item, "CancellationDate", SECONDS),
    }


def _with_selection(scope: Scope, row: Row) -> Row | None:
    """The row of a hold with what it takes in; None where it is gone."""
    if row["status"] in ENDED:
        return row
    operation, absent = "GetLegalHold", ("ResourceNotFoundException",)
    answer = scope.ask("backup", operation, provides=_HOLDS, absent=absent, LegalHoldId=row["hold_id"])
    if not answer:
        return row if answer is None else None
    try:
        if arn(answer, "LegalHoldArn") != row["arn"]:
            raise ValueError("it tells of another hold")
        chosen = optional(answer, "RecoveryPointSelection", dict) or {}
        days = optional(chosen, "DateRange", dict) or {}
        return {
            **row,
            "vaults": each(chosen, "VaultNames"),
            "resources": each(chosen, "ResourceIdentifiers"),
            "from_at": optional(days, "FromDate", SECONDS),
            "to_at": optional(days, "ToDate", SECONDS),
        }
    except MALFORMED as error:
        scope.not_understood("backup", operation, f"The legal hold {row['arn']}", error, _HOLDS)
        return row


def _read_points(scope: Scope, hold: Row) -> None:
    pages = scope.pages(
        "backup",
        "ListRecoveryPointsByLegalHold",
        "RecoveryPoints",
        provides=_POINTS,
        LegalHoldId=hold["hold_id"],
        MaxResults=1000,
    )
    for points in pages.rows(HELD_POINTS, _POINT_COLUMNS, ("recovery_point_arn",)):
        column = points.schema.get_field_index("hold_arn")
        named = pa.repeat(hold["arn"], points.num_rows)
        scope.write(HELD_POINTS, points.set_column(column, points.schema.field(column), named))


HOLDS: Final = Collector(
    name="legal holds",
    provides=_HOLDS + _POINTS,
    actions=(
        "backup:GetLegalHold",
        "backup:ListLegalHolds",
        "backup:ListRecoveryPointsByLegalHold",
    ),
    read=_read,
    layouts={
        "ListRecoveryPointsByLegalHoldOutput": layout("RecoveryPoints", HELD_POINTS, _POINT_COLUMNS),
    },
)

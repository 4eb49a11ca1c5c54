"""The tables that are read only where a register of matters, a parameter or a tier asks for them."""

from typing import Final

import pyarrow as pa

from auditor.evidence.column_types import TEXT, TEXTS, TIME, table_schema

LEGAL_HOLDS: Final = "legal_holds"
HELD_POINTS: Final = "held_points"
KEY_POLICIES: Final = "key_policies"
BUCKET_SETTINGS: Final = "bucket_settings"
REPORT_PLANS: Final = "report_plans"
AUDIT_FRAMEWORKS: Final = "audit_frameworks"
RESTORE_TESTS: Final = "restore_tests"
#: The states in which a hold holds nothing any more.
ENDED: Final = ("CANCELING", "CANCELED")

ASKED_TABLES: Final = {
    # status is CREATING, ACTIVE, CANCELING or CANCELED. vaults and resources are the names, and the ARNs and
    # types, of what it takes in, empty where it takes in those of all; from_at to to_at is when that was
    # created, null where there is no limit. vaults is null of one that is cancelled, and where it was not
    # read (there is a gap then)
    LEGAL_HOLDS: table_schema(
        arn=TEXT,
        hold_id=TEXT,
        title=TEXT,
        status=TEXT,
        created_at=TIME,
        cancelled_at=TIME,
        vaults=TEXTS,
        resources=TEXTS,
        from_at=TIME,
        to_at=TIME,
    ),
    # a row for each hold and recovery point under it, of holds that are not cancelled
    HELD_POINTS: table_schema(hold_arn=TEXT, recovery_point_arn=TEXT),
    # document is the policy of a customer managed key of the account and Region; one of which it was not read
    # has no row (there is a gap then)
    KEY_POLICIES: table_schema(key_arn=TEXT, document=TEXT),
    # versioning is enabled, suspended or off, events whether S3 tells EventBridge of those in the bucket; one
    # of which both were not read has no row (there is a gap then, unless it is gone)
    BUCKET_SETTINGS: table_schema(arn=TEXT, versioning=TEXT, events=pa.bool_()),
    # a row for each report plan; delivered_at is null where it has delivered nothing yet. there is whether
    # its bucket is, versioning as above, locked whether Object Lock gives what comes in a retention: null
    # where that was not read (there is a gap then), and where there is no bucket; locked also where each
    # object may have a retention of its own
    REPORT_PLANS: table_schema(
        arn=TEXT,
        name=TEXT,
        bucket=TEXT,
        created_at=TIME,
        delivered_at=TIME,
        there=pa.bool_(),
        versioning=TEXT,
        locked=pa.bool_(),
    ),
    # a row for each framework of Audit Manager; controls is how many it has
    AUDIT_FRAMEWORKS: table_schema(arn=TEXT, name=TEXT, controls=pa.int64()),
    # a row for each selection of a restore-testing plan: arns are those of its type, "*" for all, empty and
    # by_tags true where it goes by tags of recovery points; both are null of one of which it was not read
    # (there is a gap then). created_at, schedule and timezone are the plan's; one without selections has a
    # row in which what is of a selection is null
    RESTORE_TESTS: table_schema(
        plan_arn=TEXT,
        plan_name=TEXT,
        created_at=TIME,
        schedule=TEXT,
        timezone=TEXT,
        selection=TEXT,
        resource_type=TEXT,
        arns=TEXTS,
        by_tags=pa.bool_(),
    ),
}

NEEDED_OF_ASKED: Final = {
    LEGAL_HOLDS: ("arn", "hold_id", "title", "status", "created_at"),
    HELD_POINTS: ("hold_arn", "recovery_point_arn"),
    KEY_POLICIES: ("key_arn", "document"),
    BUCKET_SETTINGS: ("arn", "versioning", "events"),
    REPORT_PLANS: ("arn", "name", "bucket", "created_at"),
    AUDIT_FRAMEWORKS: ("arn", "name", "controls"),
    RESTORE_TESTS: ("plan_arn", "plan_name", "created_at", "schedule"),
}

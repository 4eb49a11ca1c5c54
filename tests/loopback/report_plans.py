"""Report plans of an account, and what S3 says of the buckets that their reports come into."""

from datetime import datetime, timedelta
from typing import Any

from tests.loopback.standing import ACCOUNT, AS_OF, HOME, SINCE, World
from tests.loopback.world import Item

PLAN = f"arn:aws:backup:{HOME}:{ACCOUNT}:report-plan:daily-1"
VERSIONED: dict[str, Any] = {"Status": "Enabled"}
LOCKED: dict[str, Any] = {
    "ObjectLockConfiguration": {
        "ObjectLockEnabled": "Enabled",
        "Rule": {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": 40}},
    }
}


def report_plan(delivered: datetime | None = AS_OF - timedelta(hours=20)) -> Item:
    """A report plan that delivered its newest report then."""
    document = {
        "ReportPlanArn": PLAN,
        "ReportPlanName": "daily",
        "ReportSetting": {"ReportTemplate": "COPY_JOB_REPORT"},
        "ReportDeliveryChannel": {"S3BucketName": "reports", "Formats": ["CSV"]},
        "DeploymentStatus": "COMPLETED",
        "CreationTime": SINCE,
        "LastAttemptedExecutionTime": delivered,
        "LastSuccessfulExecutionTime": delivered,
    }
    return {name: value for name, value in document.items() if value is not None}


def reporting(world: World, *delivered: datetime | None) -> World:
    """Add one."""
    world.at().report_plans.append(report_plan(*delivered))
    return world


def bucket(world: World, versioning: Any = VERSIONED, lock: Any = LOCKED) -> World:
    """What S3 answers of every bucket; an error is raised."""

    def answers(answer: Any) -> Any:
        def said(_place: Any, _given: Any) -> Any:
            if isinstance(answer, Exception):
                raise answer
            return answer

        return said

    world.operations |= {
        ("s3", "GetBucketVersioning"): answers(versioning),
        ("s3", "GetObjectLockConfiguration"): answers(lock),
    }
    return world

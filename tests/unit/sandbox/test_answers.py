"""What moto answers otherwise than AWS, put right: read as an audit reads it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from moto import mock_aws
from moto.s3.responses import S3Response

from auditor.sandbox import answers


@pytest.mark.parametrize("method", ["get_bucket_versioning", "get_bucket_notification"])
def test_the_root_of_an_answer_of_s3(method: str) -> None:
    """The word of moto is replaced by that of AWS; status and headers stay."""
    moto, aws = {
        "get_bucket_versioning": ("GetBucketVersioningResponse", "VersioningConfiguration"),
        "get_bucket_notification": ("GetBucketNotificationResponse", "NotificationConfiguration"),
    }[method]
    asked: Any = object()

    def answering(response: S3Response) -> Any:
        assert response is asked
        return 200, {"x": "y"}, f"<{moto}><Status>Enabled</Status></{moto}>"

    changed = answers.with_root(answering, moto, aws)

    assert changed(asked) == (200, {"x": "y"}, f"<{aws}><Status>Enabled</Status></{aws}>")
    assert getattr(S3Response, method).__qualname__ == changed.__qualname__


@pytest.mark.long
@mock_aws
def test_automated_backups_name_their_instance_and_what_can_be_restored() -> None:
    """From its creation on while that is younger than its backups are kept, to five minutes ago."""
    rds = boto3.client("rds", "eu-central-1", aws_access_key_id="a", aws_secret_access_key="s")
    made = rds.create_db_instance(
        DBInstanceIdentifier="db", DBInstanceClass="db.t3.micro", Engine="mysql", BackupRetentionPeriod=7,
        MasterUsername="u", MasterUserPassword="not-a-secret-0", AllocatedStorage=10,
    )["DBInstance"]  # fmt: skip

    (found,) = rds.describe_db_instance_automated_backups()["DBInstanceAutomatedBackups"]

    window, now = found["RestoreWindow"], datetime.now(UTC)
    assert found["DBInstanceArn"] == made["DBInstanceArn"]
    assert window["EarliestTime"] == made["InstanceCreateTime"]
    assert timedelta(minutes=4) < now - window["LatestTime"] < timedelta(minutes=6)

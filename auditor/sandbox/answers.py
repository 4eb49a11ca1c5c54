"""Answers of moto that are not as AWS gives them, put right. Importing this module changes moto.

Source of the shapes: Amazon S3 API Reference, GetBucketVersioning and GetBucketNotificationConfiguration;
Amazon RDS API Reference, DBInstanceAutomatedBackup.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from moto.core.utils import utcnow
from moto.rds import models
from moto.rds.models import DBInstanceAutomatedBackup
from moto.s3.responses import S3Response

Answering = Callable[[S3Response], Any]

#: The roots of answers of S3 by the method that answers, as moto names them and as AWS does.
_ROOTS: Final[Mapping[str, tuple[str, str]]] = {
    "get_bucket_versioning": ("GetBucketVersioningResponse", "VersioningConfiguration"),
    "get_bucket_notification": ("GetBucketNotificationResponse", "NotificationConfiguration"),
}


def with_root(method: Answering, moto: str, aws: str) -> Answering:
    """The same answers with the root that AWS gives them."""

    def answering(response: S3Response) -> Any:
        status, headers, body = method(response)
        return status, headers, str(body).replace(moto, aws)

    return answering


def db_instance_arn(backup: DBInstanceAutomatedBackup) -> str:
    """The ARN of the instance, of which each snapshot is one."""
    found: str = _instance(backup).arn
    return found


def restore_window(backup: DBInstanceAutomatedBackup) -> dict[str, datetime]:
    """From the creation of the instance on, or as long as its backups are kept, to five minutes ago."""
    instance, now = _instance(backup), utcnow()
    kept = now - timedelta(days=int(instance.backup_retention_period))
    return {"EarliestTime": max(instance.created, kept), "LatestTime": now - timedelta(minutes=5)}


def _instance(backup: DBInstanceAutomatedBackup) -> Any:
    return backup.backend.databases[backup.db_instance_identifier]


for name, (moto_root, aws_root) in _ROOTS.items():
    setattr(S3Response, name, with_root(getattr(S3Response, name), moto_root, aws_root))
vars(models)["DBInstanceAutomatedBackup"].db_instance_arn = property(db_instance_arn)
vars(models)["DBInstanceAutomatedBackup"].restore_window = property(restore_window)

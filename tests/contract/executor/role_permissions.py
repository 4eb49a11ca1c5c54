"""The role of a job, its policies, and IAM's words for what it may not do."""

from datetime import UTC, datetime

from auditor.executor.scope import AccountRegion
from auditor.executor.seam.driver import DriverError
from auditor.executor.seam.permissions import Act, Task, needs
from auditor.executor.service import RoleUse

ACCOUNT, REGION = "123456789012", "eu-west-1"
START = datetime(2026, 1, 5, tzinfo=UTC)
ROLE = f"arn:aws:iam::{ACCOUNT}:role/Backup"
TRUST = {"Effect": "Allow", "Principal": {"Service": "backup.amazonaws.com"}, "Action": "sts:AssumeRole"}
VOLUMES = f"arn:aws:ec2:{REGION}:{ACCOUNT}:volume"
SNAPSHOT = f"arn:aws:ec2:{REGION}::snapshot/snap-1"
SNAPSHOTS = {"Effect": "Allow", "Action": "ec2:CreateSnapshot", "Resource": "*"}
DELETIONS = {"Effect": "Allow", "Action": "ec2:DeleteSnapshot", "Resource": "*"}
VOLUME_RESTORES = {"Effect": "Allow", "Action": "ec2:CreateVolume", "Resource": "*"}
USER = f"User: arn:aws:sts::{ACCOUNT}:assumed-role/Backup/AWSBackup-Backup is not authorized to perform: "
UNMENTIONED = "because no identity-based policy allows the {} action"


def refused(action: str, arn: str, reason: str = UNMENTIONED) -> str:
    """IAM's words."""
    return f"{USER}{action} on resource: {arn} {reason.format(action)}"


def backing_up(volume: str = "vol-1") -> RoleUse:
    """The backup of a volume."""
    task = Task(
        Act.BACK_UP, AccountRegion(ACCOUNT, REGION, "aws"), "EBS", f"{VOLUMES}/{volume}", managed=False
    )
    return RoleUse(ROLE, ACCOUNT, REGION, needs(task))


def deletion() -> RoleUse:
    """The deletion of a snapshot."""
    task = Task(
        Act.DELETE, AccountRegion(ACCOUNT, REGION, "aws"), "EBS", VOLUMES, managed=False, backup_arn=SNAPSHOT
    )
    return RoleUse(ROLE, ACCOUNT, REGION, needs(task))


DENIED = "with an explicit deny in an identity-based policy"


ADDRESS = {"Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}}


VOLUME = f"{VOLUMES}/vol-1"


class Judge:
    """A check with one answer for everything."""

    def __init__(self, answer: str | DriverError) -> None:
        self.answer = answer
        self.asked: list[RoleUse] = []

    def __call__(self, use: RoleUse) -> str:
        """Give the answer."""
        self.asked.append(use)
        if isinstance(self.answer, DriverError):
            raise DriverError(self.answer.message, transient=self.answer.transient)
        return self.answer

    def expect(self, use: RoleUse) -> None:
        """Nothing is asked ahead."""

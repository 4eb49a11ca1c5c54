"""A backup service on loopback, its clients, moto's clients and virtual time."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from auditor.aws.session import Credentials, make_client
from auditor.executor.app import BackupService
from auditor.executor.engine.scheduler import run_all

ACCOUNT = "123456789012"
REGION = "eu-west-1"
OTHER_REGION = "eu-central-1"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/service-role/AWSBackupDefaultServiceRole"
START = datetime(2026, 1, 5, tzinfo=UTC)


@dataclass
class World:
    """A backup service, its clients, moto's clients and virtual time."""

    service: BackupService
    endpoint: str
    traveller: Any
    moto_client: Callable[[str, str], Any]
    _backup: dict[tuple[str, str], Any] = field(default_factory=dict)

    def backup(self, region: str = REGION, account: str = ACCOUNT, role: str = "") -> Any:
        """A client of the backup service in `region`, as the account itself or as one of its roles."""
        key = f"{account}+{role}"
        if (key, region) not in self._backup:
            self._backup[key, region] = make_client(
                "backup", region, credentials=Credentials(key, "secret"), endpoint_url=self.endpoint
            )
        return self._backup[key, region]

    def permit(self, role: str, *statements: dict[str, Any]) -> None:
        """Give a role these statements as its permissions; without any, every action of EC2."""
        every = {"Effect": "Allow", "Action": "ec2:*", "Resource": "*"}
        document = json.dumps({"Version": "2012-10-17", "Statement": list(statements) or [every]})
        self.moto_client("iam", "us-east-1").put_role_policy(
            RoleName=role, PolicyName="permissions", PolicyDocument=document
        )

    def run(self, until: datetime) -> None:
        """Let time pass up to `until`."""
        run_all(self.service, until, set_time=self.traveller.move_to)

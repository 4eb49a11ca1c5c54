"""Whether AWS Backup may take the role that a job names: asked when the job runs, as AWS Backup does.

The role must exist in the job's account and its trust policy must let the backup service assume it. What the
role may do is not asked: drivers act as the executor's own role.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from threading import Lock
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from auditor.executor.engine import access
from auditor.executor.service import BackupService
from auditor.executor.services.aws import driver_error, error_code
from auditor.executor.services.base import Clients, DriverError
from auditor.model.arn import Arn
from auditor.model.errors import UsageError

#: The service's principals by partition; in China some services have a second one.
PRINCIPALS: Final[Mapping[str, tuple[str, ...]]] = {
    "aws": ("backup.amazonaws.com",),
    "aws-cn": ("backup.amazonaws.com", "backup.amazonaws.com.cn"),
    "aws-us-gov": ("backup.amazonaws.com",),
}

#: IAM is one for a partition; its endpoint is asked for in this Region.
_REGIONS: Final = {"aws": "us-east-1", "aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1"}

#: For how long a role that may be assumed is taken for one without asking again.
REMEMBERED: Final = timedelta(minutes=5)

_ASSUME: Final = "sts:AssumeRole"


def check(service: BackupService, role_arn: str | None, account_id: str) -> None:
    """Raise `DriverError` (ACCESS_DENIED) where the service may not assume the role of a job.

    A restore may name none; then there is nothing to assume.
    """
    message = None if role_arn is None else service.check_role(role_arn, account_id)
    if message is not None:
        raise DriverError(message, "ACCESS_DENIED")


class Roles:
    """A `RoleCheck` that asks IAM (`iam:GetRole`). Roles that pass are `remembered` for so long.

    Raises `DriverError` where IAM does not answer; a throttled call may be tried again.
    """

    def __init__(
        self, clients: Clients, clock: Callable[[], datetime], remembered: timedelta = REMEMBERED
    ) -> None:
        self._clients = clients
        self._clock = clock
        self._remembered = remembered
        self._passed: dict[tuple[str, str], datetime] = {}
        self._lock = Lock()

    def __call__(self, role_arn: str, account_id: str) -> str | None:
        """None where the role may be assumed, else AWS Backup's message."""
        key, now = (role_arn, account_id), self._clock()
        with self._lock:
            if now < self._passed.get(key, now):
                return None
        if not self._is_assumable(role_arn, account_id):
            return f"The provided role {role_arn} cannot be assumed by AWS Backup."
        with self._lock:
            self._passed = {known: until for known, until in self._passed.items() if now < until}
            self._passed[key] = now + self._remembered
        return None

    def forget(self) -> None:
        """Ask IAM for every role again."""
        with self._lock:
            self._passed.clear()

    def _is_assumable(self, role_arn: str, account_id: str) -> bool:
        try:
            role = Arn.parse(role_arn)
        except UsageError:
            return False
        if role.account_id != account_id or role.partition not in PRINCIPALS:
            return False
        found = self._role(role, account_id)
        return found is not None and found["Arn"] == role_arn and _trusts(found, role)

    def _role(self, role: Arn, account_id: str) -> dict[str, Any] | None:
        """What IAM says of the role, None when there is no such role."""
        name = role.resource.rpartition("/")[2]
        client = self._clients("iam", account_id, _REGIONS[role.partition])
        try:
            found: dict[str, Any] = client.get_role(RoleName=name)["Role"]
        except (ClientError, BotoCoreError) as error:
            if error_code(error) == "NoSuchEntity":
                return None
            raise driver_error(error) from error
        return found


def _trusts(found: Mapping[str, Any], role: Arn) -> bool:
    """Whether the trust policy lets the service in: a statement allows it, and none denies it.

    A condition that hangs on what only AWS knows of the call holds in what allows, and not in what denies:
    no job fails for a policy that cannot be judged here.
    """
    statements = access.statements_of(found.get("AssumeRolePolicyDocument") or {})
    context = {"aws:sourceaccount": role.account_id}
    named = [row for row in statements if _names(row, PRINCIPALS[role.partition])]

    def applies(effect: str, *, unknown: bool) -> bool:
        return any(
            row.get("Effect") == effect and access.conditions_hold(row, context, unknown=unknown)
            for row in named
        )

    return applies("Allow", unknown=True) and not applies("Deny", unknown=False)


def _names(statement: Mapping[str, Any], principals: Iterable[str]) -> bool:
    """Whether a statement is about the service and about AssumeRole."""
    principal = statement.get("Principal")
    services = access.listed(principal.get("Service", [])) if isinstance(principal, dict) else []
    actions = [str(action) for action in access.listed(statement.get("Action", []))]
    return (principal == "*" or bool(set(services) & set(principals))) and any(
        access.wildcard(action.lower(), _ASSUME.lower()) for action in actions
    )

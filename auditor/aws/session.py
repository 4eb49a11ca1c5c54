"""Clients of AWS, made here and nowhere else.

No client is made at import time and there is no global session; what is shared between sessions is
botocore's loader, which caches the service models (read-only data files) and holds neither credentials nor
configuration.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from os import environ
from threading import Lock
from typing import Any, Final, Self

from botocore.config import Config
from botocore.credentials import RefreshableCredentials
from botocore.parsers import ResponseParserFactory
from botocore.session import Session

from auditor.aws import items
from auditor.aws.base import Client, client_config, new_session
from auditor.aws.bodies import bound
from auditor.aws.failures import (
    CALL_ERRORS,
    MALFORMED,
    Failure,
    could_not_start,
    failure_of,
)
from auditor.aws.held import HeldAccount
from auditor.aws.regions import check_partition
from auditor.aws.requests import RequestLog, answered
from auditor.aws.retry import QUICK_SECONDS, RetryBudget
from auditor.aws.shared import SharedClients
from auditor.model.arn import Arn
from auditor.model.errors import AuditorError

#: The longest session that a role assumed by another role can have (STS, AssumeRole, "role chaining").
ROLE_SECONDS: Final = 3600

#: Where the caller's Region is not configured: the Region whose endpoints answer for the whole partition
#: `aws`.
DEFAULT_REGION: Final = "us-east-1"


@dataclass(frozen=True, slots=True)
class Credentials:
    """Keys of one principal. Secrets are left out of `repr`."""

    access_key: str
    secret_key: str = field(repr=False)
    token: str | None = field(default=None, repr=False)


def make_client(
    service: str,
    region: str,
    *,
    credentials: Credentials | None,
    endpoint_url: str | None = None,
    before_send: Callable[..., Any] | None = None,
    config: Config | None = None,
    session: Session | None = None,
) -> Client:
    """Make a client of `service` in `region`.

    `credentials` None takes the standard chain (environment, profile, instance role); `endpoint_url` None
    takes AWS_ENDPOINT_URL and its like where they are set. `before_send(request, **event)` is called before
    each HTTP attempt; an `AWSResponse` that it returns is the answer and nothing is sent. `config` is merged
    over ours. Clients are thread safe; making one is cheap (about 3 ms) after the first of its service, less
    with a session that is there: whoever makes many, one after the other, hands in one of `new_session`.
    """
    session = session or new_session()
    if credentials is not None:
        session.set_credentials(credentials.access_key, credentials.secret_key, credentials.token)
    client = session.create_client(
        service, region_name=region, endpoint_url=endpoint_url, config=client_config(config)
    )
    if before_send is not None:
        client.meta.events.register("before-send", before_send)
    return client


def configured_region() -> str | None:
    """Read the Region of the environment: AWS_REGION, AWS_DEFAULT_REGION, else the profile's."""
    region: str | None = environ.get("AWS_REGION") or new_session().get_config_variable("region")
    return region


@dataclass(frozen=True, slots=True)
class Caller:
    """Who the credentials of the environment belong to, as STS says, and what its clock said (UTC)."""

    account_id: str
    arn: str
    partition: str
    clock: datetime | None = None


def _clock(answer: Mapping[str, Any]) -> datetime | None:
    """Read the endpoint's clock from the header `Date` of its answer."""
    try:
        return parsedate_to_datetime(answer["ResponseMetadata"]["HTTPHeaders"]["date"]).astimezone(UTC)
    except (KeyError, ValueError):
        return None


class RoleNotAssumed(AuditorError):  # noqa: N818 -- it says what happened
    """The role of an account could not be assumed; `failure` has AWS's code and message."""

    def __init__(self, account_id: str, role_arn: str, failure: Failure) -> None:
        super().__init__(
            f"The role {role_arn} could not be assumed ({failure.code}); create it in account {account_id} "
            "with a trust policy that names the caller, or correct the role name and the external id."
        )
        self.account_id = account_id
        self.failure = failure


class Sessions:
    """Sessions in many accounts: the caller's own credentials in its own, an assumed role in every other.

    Thread safe. Roles are assumed when an account is first used and again before they expire. `calls` counts
    the STS requests by (account id, operation): every HTTP attempt of every answered request. `requests` has
    every request of every account.
    """

    def __init__(
        self,
        source: Session,
        caller: Caller,
        *,
        home_region: str,
        role_name: str,
        external_id: str | None = None,
        retry_seconds: float = QUICK_SECONDS,
    ) -> None:
        self.caller = caller
        self.home_region = home_region
        self.retry_seconds = retry_seconds
        self.calls: Counter[tuple[str, str]] = Counter()
        self.requests = RequestLog()
        self._source = source
        self._role_name = role_name
        self._external_id = external_id
        self._lock = Lock()
        self._accounts: dict[str, HeldAccount] = {}
        self._reading: dict[ResponseParserFactory, SharedClients] = {}
        self._sts: Client = _sts(source, home_region)
        RetryBudget(retry_seconds).watch(self._sts)

    @classmethod
    def from_environment(
        cls,
        *,
        role_name: str,
        external_id: str | None = None,
        regions: Sequence[str] = (),
        retry_seconds: float = QUICK_SECONDS,
    ) -> Self:
        """Take credentials, Region and endpoint from the standard AWS variables and files; ask STS who it is.

        The first of `regions` is where STS, Organizations and the list of Regions are asked; without one it
        is the configured Region, else us-east-1. `retry_seconds` is how long readers wait for a throttled
        account and Region (`auditor.aws.retry`). Raises `AuditorError` when there are no credentials, they
        have expired or are refused, or the endpoint cannot be reached, and `UsageError` when `regions` are
        not of one partition.
        """
        source = new_session()
        requests = RequestLog()
        began = requests.now()
        try:
            configured = configured_region()
            check_partition(regions, configured)
            home_region = regions[0] if regions else configured or DEFAULT_REGION
            answer = _sts(source, home_region).get_caller_identity()
            arn = Arn.parse(items.arn(answer, "Arn"))
            caller = Caller(items.member(answer, "Account"), str(arn), arn.partition, _clock(answer))
        except (*CALL_ERRORS, *MALFORMED) as error:
            raise could_not_start(error) from error
        sessions = cls(
            source,
            caller,
            home_region=home_region,
            role_name=role_name,
            external_id=external_id,
            retry_seconds=retry_seconds,
        )
        sessions.calls[caller.account_id, "GetCallerIdentity"] += _attempts(answer)
        sessions.requests = requests
        asked = (caller.account_id, home_region, "sts", "GetCallerIdentity")
        requests.add(answered(asked, began, requests.now(), answer, attempts=_attempts(answer)))
        return sessions

    def role_arn(self, account_id: str) -> str:
        """Name the role that is assumed in `account_id`."""
        return f"arn:{self.caller.partition}:iam::{account_id}:role/{self._role_name}"

    def client(self, service: str, account_id: str, region: str) -> Client:
        """Make a client in `account_id` that also changes something; raises `RoleNotAssumed`."""
        account = self._account(account_id)
        with account.lock:
            made = account.session().create_client(service, region_name=region, config=client_config())
        return bound(made)

    def reading(self, parsers: ResponseParserFactory) -> SharedClients:
        """Give the clients that read with `parsers`, of every account: the caller of each call signs it."""
        with self._lock:
            if parsers not in self._reading:
                self._reading[parsers] = SharedClients(parsers, self._source.get_credentials())
            return self._reading[parsers]

    def credentials(self, account_id: str) -> Any:
        """Give botocore's credentials of `account_id`; raises `RoleNotAssumed`."""
        account = self._account(account_id)
        with account.lock:
            return account.credentials()

    def assume(self, account_id: str) -> None:
        """Assume the role of `account_id` now (none in the caller's own); raises `RoleNotAssumed`."""
        self.credentials(account_id)

    def release(self, account_id: str) -> None:
        """Forget the sessions of `account_id`; a later use assumes its role again."""
        with self._lock:
            self._accounts.pop(account_id, None)

    def _account(self, account_id: str) -> HeldAccount:
        with self._lock:
            if account_id not in self._accounts:
                self._accounts[account_id] = HeldAccount(lambda: self._credentials(account_id))
            return self._accounts[account_id]

    def _credentials(self, account_id: str) -> Any:
        if account_id == self.caller.account_id:
            return self._source.get_credentials()
        return RefreshableCredentials.create_from_metadata(
            metadata=self._assume(account_id),
            refresh_using=lambda: self._assume(account_id),
            method="sts-assume-role",
        )

    def _assume(self, account_id: str) -> dict[str, str]:
        """Ask STS. The session's end is counted from here: the local clock may differ from the service's."""
        request = {"RoleArn": self.role_arn(account_id), "RoleSessionName": "backup-auditor"}
        if self._external_id is not None:
            request["ExternalId"] = self._external_id
        expiry = datetime.now(UTC) + timedelta(seconds=ROLE_SECONDS)
        answer: Mapping[str, Any] = {}
        began, asked = self.requests.now(), (account_id, self.home_region, "sts", "AssumeRole")
        try:
            answer = self._sts.assume_role(DurationSeconds=ROLE_SECONDS, **request)
            keys = answer["Credentials"]
            held = {
                "access_key": items.member(keys, "AccessKeyId"),
                "secret_key": items.member(keys, "SecretAccessKey"),
                "token": items.member(keys, "SessionToken"),
                "expiry_time": expiry.isoformat(),
                "account_id": account_id,
            }
        except (*CALL_ERRORS, *MALFORMED) as error:
            told = getattr(error, "response", answer)
            self._count_assume(account_id, _attempts(told))
            now, attempts = self.requests.now(), _attempts(told)
            self.requests.add(answered(asked, began, now, told, attempts=attempts, error=error))
            raise RoleNotAssumed(account_id, request["RoleArn"], failure_of(error)) from error
        self._count_assume(account_id, _attempts(answer))
        now, attempts = self.requests.now(), _attempts(answer)
        self.requests.add(answered(asked, began, now, answer, attempts=attempts))
        return held

    def _count_assume(self, account_id: str, attempts: int) -> None:
        with self._lock:
            self.calls[account_id, "AssumeRole"] += attempts


def _sts(source: Session, region: str) -> Client:
    return bound(source.create_client("sts", region_name=region, config=client_config()))


def _attempts(answer: Any) -> int:
    return 1 + int(answer.get("ResponseMetadata", {}).get("RetryAttempts", 0))

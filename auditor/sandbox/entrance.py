"""Clients of this process for every account, used by the executor's drivers, the seeding and the events.

AWS's own services need no role of the customer to call one another, and neither do these clients: their
sessions come directly from moto's STS, and their requests do not pass the gate for outside requests.
"""

from datetime import UTC, datetime
from threading import RLock
from typing import TYPE_CHECKING, Any, Final

from botocore import UNSIGNED
from botocore.config import Config

from auditor.aws.base import Client, new_session
from auditor.aws.session import Credentials, make_client
from auditor.sandbox.inprocess import ENDPOINT, before_send

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication

#: A key that nobody was given: moto takes it for the management account's.
_FIRST: Final = Credentials("AKIASANDBOXFOUNDING0", "none")
#: The role that CreateAccount makes in every account of an organization.
_ROLE: Final = "OrganizationAccountAccessRole"
_CONFIG: Final = Config(
    user_agent="sandbox",  # nobody reads it, and botocore's own is put together for each call
    retries={"total_max_attempts": 1},
    request_checksum_calculation="when_required",
    response_checksum_validation="when_required",
)


class Entrance:
    """In-process clients by service, account and Region, made when first asked for. Thread safe."""

    def __init__(self, application: "WSGIApplication", partition: str, region: str) -> None:
        self._handler = before_send(application)
        self._session = new_session()
        self._partition, self.region = partition, region
        self._clients: dict[tuple[str, str, str], Client] = {}
        self._credentials: dict[str, Credentials] = {}
        self._lock = RLock()
        self.management_account_id: str = self._make("sts", region, _FIRST).get_caller_identity()["Account"]
        self._credentials[self.management_account_id] = _FIRST

    def client(self, service: str, account_id: str, region: str) -> Client:
        """The client of `service` in one account and Region."""
        key = (service, account_id, region)
        with self._lock:
            if key not in self._clients:
                self._clients[key] = self._make(service, region, self._credentials_of(account_id))
            return self._clients[key]

    def management(self, service: str) -> Client:
        """The client of `service` in the management account and the primary Region."""
        return self.client(service, self.management_account_id, self.region)

    def use(self, account_id: str, credentials: Credentials) -> None:
        """Enter `account_id` with `credentials` from now on."""
        with self._lock:
            self._credentials[account_id] = credentials
            self._clients = {key: made for key, made in self._clients.items() if key[1] != account_id}

    def _credentials_of(self, account_id: str) -> Credentials:
        if account_id not in self._credentials:
            sts = self.management("sts")
            arn = f"arn:{self._partition}:iam::{account_id}:role/{_ROLE}"
            given = sts.assume_role(RoleArn=arn, RoleSessionName="sandbox")["Credentials"]
            self._credentials[account_id] = Credentials(
                given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"]
            )
        return self._credentials[account_id]

    def _make(self, service: str, region: str, credentials: Credentials) -> Client:
        client = make_client(
            service,
            region,
            credentials=credentials,
            endpoint_url=ENDPOINT,
            before_send=self._handler,
            config=_CONFIG,
            session=self._session,
        )
        return named(client, credentials)


def named(client: Client, credentials: Credentials) -> Client:
    """Let `client` name its key, Region and service in each request, and sign nothing: nobody verifies it."""

    def name(request: Any, signing_name: str, region_name: str, **_: Any) -> None:
        scope = request.context.get("signing", {})
        region, service = scope.get("region", region_name), scope.get("signing_name", signing_name)
        moment = datetime.now(UTC)
        request.headers["Authorization"] = (
            f"AWS4-HMAC-SHA256 Credential={credentials.access_key}/{moment:%Y%m%d}/{region}/{service}"
            "/aws4_request, SignedHeaders=host, Signature=none"
        )
        request.headers["X-Amz-Date"] = f"{moment:%Y%m%dT%H%M%SZ}"
        if credentials.token is not None:
            request.headers["X-Amz-Security-Token"] = credentials.token

    client.meta.events.register_first("choose-signer", lambda **_: UNSIGNED)
    client.meta.events.register("before-sign", name)
    return client

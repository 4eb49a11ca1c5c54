"""AWS Signature Version 4, verified: who sent a request, and that it is the request that was signed.

botocore's own signer computes the signature again over the raw path and the headers that the client signed.
What the signature leaves open is refused: paths and queries with more than one reading, a body that is not
the one that was hashed, headers of AWS that were not signed. Codes and messages are those of AWS's REST-JSON
services. Source: IAM User Guide, "Create a signed AWS API request"; aws-backup.md 5.1.
"""

import hmac
import io
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from http import HTTPStatus
from threading import Lock
from typing import TYPE_CHECKING, Any, Final, Self

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.compat import HTTPHeaders
from botocore.credentials import Credentials
from botocore.utils import normalize_url_path

from auditor.executor.app import ServiceError, raw_target
from auditor.executor.regions import regions_of
from auditor.executor.serving.credentials import Credential
from auditor.serving.server import MAX_BODY

if TYPE_CHECKING:
    from wsgiref.types import WSGIEnvironment

#: How far the time of a request may lie from the server's, before or after, that much included.
SKEW: Final = timedelta(minutes=5)
#: How long a signature that comes again may be that of a second, equal call.
AT_ONCE: Final = timedelta(seconds=2)

_SERVICE: Final = "backup"
_READS: Final = frozenset({"GET", "HEAD"})
_TIME: Final = "%Y%m%dT%H%M%SZ"
_AUTHORIZATION: Final = re.compile(
    r"AWS4-HMAC-SHA256 +"
    r"Credential=([A-Za-z0-9_]+)/([0-9]{8})/([a-z0-9-]{1,32})/([a-z0-9-]+)/aws4_request *, *"
    r"SignedHeaders=([a-z0-9;._-]+) *, *Signature=([0-9a-f]{64})"
)
_MISMATCH: Final = (
    "The request signature we calculated does not match the signature you provided. Check your AWS Secret "
    "Access Key and signing method. Consult the service documentation for details."
)


def _refusal(code: str, message: str, status: HTTPStatus = HTTPStatus.FORBIDDEN) -> ServiceError:
    return ServiceError(code, message, status)


def _invalid(message: str = _MISMATCH) -> ServiceError:
    return _refusal("InvalidSignatureException", message)


@dataclass(frozen=True, slots=True)
class _Signed:
    """What the Authorization header says."""

    access_key: str
    day: str
    region: str
    service: str
    headers: tuple[str, ...]
    signature: str

    @classmethod
    def of(cls, environ: "WSGIEnvironment") -> Self:
        text = environ.get("HTTP_AUTHORIZATION", "").strip()
        if not text:
            raise _refusal("MissingAuthenticationTokenException", "Missing Authentication Token")
        found = _AUTHORIZATION.fullmatch(text)
        if found is None:
            raise _refusal(
                "IncompleteSignatureException",
                "The Authorization header is not a complete AWS4-HMAC-SHA256 signature.",
                HTTPStatus.BAD_REQUEST,
            )
        key, day, region, service, headers, signature = found.groups()
        return cls(key, day, region, service, tuple(headers.split(";")), signature)


class _Signer(SigV4Auth):
    """botocore's signer; which headers were signed is the client's choice, not botocore's."""

    def headers_to_sign(self, request: Any) -> Any:
        """Take all that the request has: they are those that the client named."""
        return HTTPHeaders.from_dict({name.lower(): value for name, value in request.headers.items()})

    def sign(self, request: Any, timestamp: str) -> str:
        """Compute the signature at a given time ("20260105T000000Z")."""
        request.context["timestamp"] = timestamp
        return str(self.signature(self.string_to_sign(request, self.canonical_request(request)), request))


class Verifier:
    """Verifies requests; thread safe. `clock` answers UTC.

    Signatures of changes are remembered until they expire, so each is taken once. A time has whole seconds,
    and botocore signs nothing else that differs between two equal calls of a second: reads may come again,
    and a change that does is throttled, which has its client sign it anew. What was signed before this one
    was made is refused: it may have been used before a restart.
    """

    def __init__(self, credentials: Mapping[str, Credential], clock: Callable[[], datetime]) -> None:
        self._credentials = credentials
        self._clock = clock
        self._since = clock().replace(microsecond=0)
        self._lock = Lock()
        self._used: dict[str, tuple[datetime, datetime]] = {}
        self._sweep_at = self._since

    def authenticate(self, environ: "WSGIEnvironment") -> tuple[str, str, str, str]:
        """Account id, Region, partition and principal of a request; raises `ServiceError`.

        Leaves the body that it read in `wsgi.input`.
        """
        signed = _Signed.of(environ)
        credential = self._credentials.get(signed.access_key)
        if credential is None or environ.get("HTTP_X_AMZ_SECURITY_TOKEN"):
            raise _refusal(
                "UnrecognizedClientException", "The security token included in the request is invalid."
            )
        timestamp, moment = _time(environ)
        _check_scope(signed, timestamp, credential)
        headers = _signed_headers(environ, signed)
        body = _body(environ)
        request = AWSRequest(environ["REQUEST_METHOD"], _url(environ), headers, body)
        signer = _Signer(
            Credentials(credential.access_key, credential.secret_key), signed.service, signed.region
        )
        if not hmac.compare_digest(signer.sign(request, timestamp), signed.signature):
            raise _invalid()
        self._check_time(timestamp, moment)
        if environ["REQUEST_METHOD"] not in _READS:
            self._take(signed.signature, moment)
        return credential.account_id, signed.region, credential.partition, credential.principal

    def _check_time(self, timestamp: str, moment: datetime) -> None:
        now = self._clock()
        minutes = int(SKEW.total_seconds() // 60)
        if now - moment > SKEW:
            limit = f"{now - SKEW:{_TIME}} ({now:{_TIME}} - {minutes} min.)"
            raise _invalid(f"Signature expired: {timestamp} is now earlier than {limit}")
        if moment - now > SKEW:
            limit = f"{now + SKEW:{_TIME}} ({now:{_TIME}} + {minutes} min.)"
            raise _invalid(f"Signature not yet current: {timestamp} is still later than {limit}")
        if moment < self._since:
            started = f"{self._since:{_TIME}}, when this service started; sign the request again"
            raise _invalid(f"Signature expired: {timestamp} is earlier than {started}")

    def _take(self, signature: str, moment: datetime) -> None:
        """Remember a signature until its time is over; raises for one that is known."""
        now = self._clock()
        with self._lock:
            if now >= self._sweep_at:
                self._used = {known: times for known, times in self._used.items() if times[1] >= now}
                self._sweep_at = now + SKEW
            before = self._used.get(signature)
            if before is None:
                self._used[signature] = (now, moment + SKEW)
                return
        if now - before[0] <= AT_ONCE:
            raise _refusal(
                "ThrottlingException",
                "The same request was sent within this second; sign it anew.",
                HTTPStatus.TOO_MANY_REQUESTS,
            )
        raise _invalid("The request signature was used before; sign each request anew.")


def _time(environ: "WSGIEnvironment") -> tuple[str, datetime]:
    """The time that the request says it was signed at."""
    text = environ.get("HTTP_X_AMZ_DATE", "")
    try:
        moment = datetime.strptime(text, _TIME).replace(tzinfo=UTC)
    except ValueError:
        moment = None
    if moment is None or f"{moment:{_TIME}}" != text:
        raise _refusal(
            "IncompleteSignatureException",
            "The request has no X-Amz-Date such as 20260105T000000Z.",
            HTTPStatus.BAD_REQUEST,
        )
    return text, moment


def _check_scope(signed: _Signed, timestamp: str, credential: Credential) -> None:
    """The credential scope: the day of the request, a Region of the credential's partition, this service."""
    if signed.day != timestamp[:8]:
        raise _invalid(
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: "
            f"'{signed.day}' != '{timestamp[:8]}', from '{timestamp}'."
        )
    if signed.service != _SERVICE:
        raise _invalid(f"Credential should be scoped to correct service: '{_SERVICE}'.")
    if signed.region not in regions_of(credential.partition):
        raise _invalid(f"Credential should be scoped to a valid Region, not '{signed.region}'.")


def _signed_headers(environ: "WSGIEnvironment", signed: _Signed) -> dict[str, str]:
    """The headers that the client signed; host, the date and all of AWS's own must be among them."""
    aws = {
        name.removeprefix("HTTP_").lower().replace("_", "-")
        for name in environ
        if name.startswith("HTTP_X_AMZ_")
    }
    unsigned = sorted(({"host"} | aws) - set(signed.headers))
    if unsigned:
        named = ", ".join(f"'{name}'" for name in unsigned)
        raise _invalid(f"{named} must be a 'SignedHeader' in the AWS Authorization.")
    headers = {}
    for name in signed.headers:
        key = name.upper().replace("-", "_")
        value = environ.get(key if key in {"CONTENT_TYPE", "CONTENT_LENGTH"} else f"HTTP_{key}")
        if value is None:
            raise _invalid()
        headers[name] = value
    return headers


def _body(environ: "WSGIEnvironment") -> bytes:
    """Read the body, and leave it to be read again; its hash is the one that the client sent, if it did."""
    try:
        length = int(environ.get("CONTENT_LENGTH") or 0)
    except ValueError:
        length = -1
    if not 0 <= length <= MAX_BODY:
        raise _refusal(
            "RequestEntityTooLargeException",
            f"A request's body has at most {MAX_BODY} bytes.",
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        )
    body = bytes(environ["wsgi.input"].read(length)) if length else b""
    environ["wsgi.input"] = io.BytesIO(body)
    hashed = environ.get("HTTP_X_AMZ_CONTENT_SHA256")
    if hashed is not None and not hmac.compare_digest(hashed.encode(), sha256(body).hexdigest().encode()):
        raise _invalid()
    return body


def _url(environ: "WSGIEnvironment") -> str:
    """The raw target on a made-up host. The signer evens out paths and sorts queries: one reading only."""
    target = raw_target(environ)
    path, _, query = target.partition("?")
    keys = [pair.partition("=")[0] for pair in query.split("&")]
    plain = path.startswith("/") and normalize_url_path(path) == path and "#" not in target
    if not plain or len(set(keys)) < len(keys):
        raise _invalid()
    return f"http://endpoint{target}"

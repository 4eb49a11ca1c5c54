"""The WSGI application: AWS Backup's REST-JSON API."""

from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import quote
from uuid import uuid4

import orjson
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from auditor.executor.api.errors import ServiceError, invalid, not_implemented, unavailable
from auditor.executor.api.protocol import Protocol
from auditor.executor.operations import OPERATIONS
from auditor.executor.operations.access_policies import authorize
from auditor.executor.operations.paging import own_token, with_own_token
from auditor.executor.scope import AccountRegion
from auditor.executor.service import BackupService
from auditor.serving import logs

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

__all__ = ["Authenticate", "BackupService", "ServiceError", "make_app"]

#: `authenticate(environ)`: the caller's account id, the Region, its partition and, where it is known, the ARN
#: of the principal, which vault policies are judged for; raises `ServiceError` to refuse.
Authenticate = Callable[[dict[str, Any]], tuple[str, str, str] | tuple[str, str, str, str]]

_MAX_BODY = 1 << 20

#: The milliseconds after which SDKs send again what was throttled: by then it has another signature.
_RETRY_AFTER = "1000"


def make_app(service: BackupService, authenticate: Authenticate) -> "WSGIApplication":
    """Serve `service`; `authenticate` says on whose behalf and in which Region each request is made."""
    protocol = Protocol.load()

    def application(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        request_id = str(uuid4())
        try:
            status, body = _answer(service, protocol, authenticate, environ)
            headers = list[tuple[str, str]]()
        except ServiceError as refusal:
            status, body, headers = _refused(refusal)
        except (OperationalError, PoolTimeout) as failure:
            logs.error("the database does not answer", request_id=request_id, reason=str(failure))
            status, body, headers = _refused(unavailable("The database does not answer."))
        headers += [
            ("Content-Type", "application/json"),
            ("Content-Length", str(len(body))),
            ("x-amzn-RequestId", request_id),
        ]
        start_response(f"{status} {HTTPStatus(status).phrase}", headers)
        return [body]

    return application


def _answer(
    service: BackupService, protocol: Protocol, authenticate: Authenticate, environ: "WSGIEnvironment"
) -> tuple[int, bytes]:
    """Route, parse, run and encode one request."""
    account_id, region, partition, *known = authenticate(environ)
    scope = AccountRegion(account_id, region, partition)
    path, _, query = raw_target(environ).partition("?")
    operation, params = protocol.parse(environ["REQUEST_METHOD"], path, query, _body(environ))
    environ["auditor.operation"] = operation.name
    handler = OPERATIONS.get(operation.name)
    if handler is None:
        raise not_implemented(operation.name)
    principal = known[0] if known else f"arn:{partition}:iam::{account_id}:root"
    authorize(service, scope, principal, operation.name, params)
    try:
        reply = handler(service, scope, own_token(operation.name, params))
        return operation.status, operation.encode(with_own_token(operation.name, reply))
    except ServiceError as error:
        raise operation.declared(error) from None


def raw_target(environ: "WSGIEnvironment") -> str:
    """The still encoded path and query: PATH_INFO has lost the %2F of ARNs (aws-backup.md 5.1)."""
    target = environ.get("RAW_URI") or environ.get("REQUEST_URI")
    if target:
        return str(target)
    query = environ.get("QUERY_STRING", "")
    return quote(environ.get("PATH_INFO", "/").encode("latin-1")) + (f"?{query}" if query else "")


def _body(environ: "WSGIEnvironment") -> bytes:
    try:
        length = int(environ.get("CONTENT_LENGTH") or 0)
    except ValueError:
        raise invalid("Content-Length is not a number.") from None
    if length > _MAX_BODY:
        raise invalid(f"The request's body is longer than {_MAX_BODY} bytes.")
    return bytes(environ["wsgi.input"].read(length)) if length else b""


def _refused(error: ServiceError) -> tuple[int, bytes, list[tuple[str, str]]]:
    """Status, body and headers.

    `Code` repeats the exception's name: older Go SDKs read it before the header (aws-backup.md 5.2).
    """
    kind = "Client" if error.status < HTTPStatus.INTERNAL_SERVER_ERROR else "Service"
    body = {"Code": error.code, "Message": error.message, "Type": kind, "Context": "", **error.fields}
    headers = [("x-amzn-errortype", error.code)]
    if error.status == HTTPStatus.TOO_MANY_REQUESTS:
        headers.append(("x-amz-retry-after", _RETRY_AFTER))
    return error.status, orjson.dumps(body), headers

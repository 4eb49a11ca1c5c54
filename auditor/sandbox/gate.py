"""The one WSGI application of the sandbox: who is let in, and who answers.

`ServiceRouter` sends `backup` to the executor and the rest to moto; clients inside the process use it. `Gate`
stands before it for requests from outside: unknown keys, ended sessions, roles that do not exist, throttled
callers, the tick of the virtual clock, and one request at a time, because moto's state is not made for
threads.
"""

import io
import re
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qs

from auditor.model.arn import Arn
from auditor.model.errors import UsageError
from auditor.sandbox import services
from auditor.sandbox.clock import VirtualClock
from auditor.sandbox.identity import Identities, Principal, scope_of
from auditor.sandbox.inprocess import InProcessResponse, call
from auditor.sandbox.nothing import none_of
from auditor.sandbox.refusals import EXPIRED, UNKNOWN_KEY, WireError, answer_of, wire_format

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

_READS: Final = re.compile(r"\.(Describe|List)")
_EXPIRATION: Final = re.compile(rb"<Expiration>([^<]+)</Expiration>")


@dataclass(frozen=True, slots=True)
class Throttle:
    """Calls of `role_name` to `service` in one account and Region are refused."""

    account_id: str
    region: str
    service: str
    role_name: str


@dataclass(frozen=True, slots=True)
class ServiceRouter:
    """`backup` to the executor, every other service to moto.

    `iam_called` before each call of IAM's, `organization_changed` after each that changes the organization.
    """

    executor: "WSGIApplication"
    native: "WSGIApplication"
    iam_called: Callable[[], None]
    organization_changed: Callable[[], None]

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer one request."""
        scope = scope_of(environ)
        if scope and scope.service == "iam":
            self.iam_called()
        chosen = self.executor if scope and scope.service == "backup" else self.native
        answer = chosen(environ, start_response)
        if (
            scope
            and scope.service == "organizations"
            and not _READS.search(environ.get("HTTP_X_AMZ_TARGET", ""))
        ):
            self.organization_changed()
        return answer


@dataclass(frozen=True, slots=True)
class Gate:
    """The checks of an outside request before `router` answers it; `lock` is held meanwhile."""

    router: "WSGIApplication"
    identities: Identities
    clock: VirtualClock
    throttles: frozenset[Throttle]
    lock: AbstractContextManager[Any]

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer one request."""
        with self.lock:
            self.clock.tick()
            refusal = self._refusal(environ)
            answer = answer_of(refusal) if refusal else self._answer(environ)
        start_response(answer.status, answer.headers)
        return [answer.body]

    def _answer(self, environ: "WSGIEnvironment") -> InProcessResponse:
        scope, kind = scope_of(environ), _kind(environ)
        service = scope.service if scope else ""
        none = none_of(service, environ)
        try:
            answer = call(self.router, environ)
        except NotImplementedError:
            return none or answer_of(_lacking(kind, service))
        except Exception as error:  # noqa: BLE001 -- the border: what fails is an answer, with no traceback
            if none:
                return none
            message = f"The sandbox failed to answer this request of {service}: {type(error).__name__}."
            return answer_of(WireError(kind, HTTPStatus.INTERNAL_SERVER_ERROR, "InternalFailure", message))
        if _is_page(answer):
            return none or answer_of(_lacking(kind, service))
        return self._in_real_time(answer) if service == "sts" else answer

    def _refusal(self, environ: "WSGIEnvironment") -> WireError | None:
        scope = scope_of(environ)
        if scope is None:
            message = "Request is missing Authentication Token"
            return WireError("query", HTTPStatus.FORBIDDEN, "MissingAuthenticationToken", message)
        service, kind = scope.service, _kind(environ)
        caller = self.identities.caller(scope.access_key)
        if caller is None:
            message = "The security token included in the request is invalid."
            return WireError(kind, HTTPStatus.FORBIDDEN, UNKNOWN_KEY[kind], message)
        if caller.expires is not None and caller.expires <= self.clock.now():
            message = "The security token included in the request is expired"
            return WireError(kind, HTTPStatus.FORBIDDEN, EXPIRED[kind], message)
        if Throttle(caller.account_id, scope.region, service, caller.role_name) in self.throttles:
            return WireError(kind, HTTPStatus.BAD_REQUEST, "ThrottlingException", "Rate exceeded")
        return self._role_refusal(environ, caller) if service == "sts" else None

    def _role_refusal(self, environ: "WSGIEnvironment", caller: Principal) -> WireError | None:
        """AccessDenied for a role that does not exist, in STS's words; moto would make a session of it."""
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = io.BytesIO(body)
        form = parse_qs(environ.get("QUERY_STRING", "")) | parse_qs(body.decode("utf-8", "replace"))
        if not form.get("Action", [""])[0].startswith("AssumeRole"):
            return None
        role_arn = form.get("RoleArn", [""])[0]
        try:
            role = Arn.parse(role_arn)
        except UsageError:
            return WireError("query", HTTPStatus.BAD_REQUEST, "ValidationError", f"{role_arn} is invalid")
        partition = self.identities.partition
        if role.partition == partition and services.role_exists(role_arn, role.account_id, partition):
            return None
        message = f"User: {caller.arn} is not authorized to perform: sts:AssumeRole on resource: {role_arn}"
        return WireError("query", HTTPStatus.FORBIDDEN, "AccessDenied", message)

    def _in_real_time(self, answer: InProcessResponse) -> InProcessResponse:
        """Sessions end in virtual time; clients compare `Expiration` with their own clock: answer in that."""

        def shifted(found: re.Match[bytes]) -> bytes:
            ends = datetime.fromisoformat(found[1].decode()).astimezone(UTC)
            there = self.clock.real_now() + (ends - self.clock.now())
            return f"<Expiration>{there:%Y-%m-%dT%H:%M:%SZ}</Expiration>".encode()

        body = _EXPIRATION.sub(shifted, answer.body)
        headers = [(name, value) for name, value in answer.headers if name.lower() != "content-length"]
        return InProcessResponse(answer.status, [*headers, ("Content-Length", str(len(body)))], body)


def _kind(environ: "WSGIEnvironment") -> str:
    """The wire format of errors that the client of a request reads."""
    scope = scope_of(environ)
    return wire_format(scope.service if scope else "", environ.get("CONTENT_TYPE", ""))


def _lacking(kind: str, service: str) -> WireError:
    """The answer about an operation that moto does not have; SDKs do not retry 501."""
    message = f"The sandbox does not have this operation of {service}."
    return WireError(kind, HTTPStatus.NOT_IMPLEMENTED, "NotImplemented", message)


def _is_page(answer: InProcessResponse) -> bool:
    """Whether an error is an HTML page, with which moto answers a path that it does not know."""
    kinds = [value for name, value in answer.headers if name.lower() == "content-type"]
    return answer.status >= "400" and any(kind.startswith("text/html") for kind in kinds)

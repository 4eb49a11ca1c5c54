"""Health, metrics and the API in one WSGI application; one log line a request."""

from collections.abc import Callable, Iterable
from http import HTTPStatus
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final

import orjson
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from auditor.executor.api.errors import ServiceError
from auditor.executor.app import BackupService, make_app
from auditor.executor.serving.metrics import CONTENT_TYPE, Metrics
from auditor.executor.serving.sigv4 import Verifier
from auditor.serving import logs
from auditor.serving.connections import HEALTH

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

_JOB_IDS: Final = ("BackupJobId", "CopyJobId", "RestoreJobId")
_NOBODY: Final = ("", "", "", "")
_JSON: Final = "application/json"


class ExecutorApplication:
    """What the server serves. `/healthz` and `/metrics` need no signature and tell nothing of an account."""

    def __init__(self, service: BackupService, verifier: Verifier, metrics: Metrics) -> None:
        self._service = service
        self._verifier = verifier
        self._metrics = metrics
        self._api = make_app(service, self._authenticate)

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer one request."""
        asked = (environ["REQUEST_METHOD"], environ.get("PATH_INFO"))
        if asked == ("GET", HEALTH):
            return self._health(start_response)
        if asked == ("GET", "/metrics"):
            return _answer(start_response, HTTPStatus.OK, self._metrics.page(), CONTENT_TYPE)
        return self._request(environ, start_response)

    def _authenticate(self, environ: dict[str, Any]) -> tuple[str, str, str, str]:
        try:
            caller = environ["auditor.caller"] = self._verifier.authenticate(environ)
        except ServiceError as refused:
            self._metrics.refused.labels(refused.code).inc()
            raise
        return caller

    def _health(self, start_response: "StartResponse") -> Iterable[bytes]:
        """200 when the database answers, else 503."""
        try:
            with self._service.database.read() as connection:
                connection.execute(text("SELECT 1"))
        except SQLAlchemyError as failure:
            logs.error("the database does not answer", reason=str(failure))
            body = orjson.dumps({"status": "the database does not answer"})
            return _answer(start_response, HTTPStatus.SERVICE_UNAVAILABLE, body, _JSON)
        return _answer(start_response, HTTPStatus.OK, orjson.dumps({"status": "ok"}), _JSON)

    def _request(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        began = perf_counter()
        started: dict[str, Any] = {"status": "500 Internal Server Error", "headers": {}}

        def starting(
            status: str, headers: list[tuple[str, str]], exc_info: Any = None
        ) -> Callable[[bytes], object]:
            started.update(status=status, headers=dict(headers))
            return start_response(status, headers, exc_info)

        body: list[bytes] = []
        try:
            body = list(self._api(environ, starting))
        finally:
            self._tell(environ, started, body, perf_counter() - began)
        return body

    def _tell(
        self, environ: "WSGIEnvironment", started: dict[str, Any], body: list[bytes], took: float
    ) -> None:
        """Count and log a request; one whose answer never started is a 500."""
        operation, status = environ.get("auditor.operation", ""), started["status"][:3]
        self._metrics.seconds.observe(took)
        if operation:
            self._metrics.requests.labels(operation, status).inc()
        account_id, region, _, principal = environ.get("auditor.caller", _NOBODY)
        logs.info(
            "request",
            request_id=started["headers"].get("x-amzn-RequestId", ""),
            operation=operation,
            status=int(status),
            error=started["headers"].get("x-amzn-errortype", ""),
            account_id=account_id,
            region=region,
            principal=principal,
            remote=environ.get("REMOTE_ADDR", ""),
            milliseconds=round(took * 1000, 1),
            **_job_id(operation, body),
        )


def _job_id(operation: str, body: list[bytes]) -> dict[str, str]:
    """The id of a job that an operation has started."""
    if not operation.startswith("Start"):
        return {}
    answer = orjson.loads(b"".join(body) or b"{}")
    job_id = next((answer[name] for name in _JOB_IDS if name in answer), None)
    return {} if job_id is None else {"job_id": job_id}


def _answer(
    start_response: "StartResponse", status: HTTPStatus, body: bytes, content_type: str
) -> Iterable[bytes]:
    headers = [("Content-Type", content_type), ("Content-Length", str(len(body)))]
    start_response(f"{status.value} {status.phrase}", headers)
    return [body]

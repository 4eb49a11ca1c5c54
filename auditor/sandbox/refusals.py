"""Errors in the words and the wire format of the service that the client called.

Formats: botocore's parsers of json, rest-json, query, ec2 and rest-xml errors.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final
from xml.sax.saxutils import escape

import orjson

from auditor.sandbox.inprocess import Answer

_QUERY: Final = frozenset({"sts", "iam", "rds", "monitoring", "cloudformation", "sns", "sqs", "redshift"})
_REQUEST_ID: Final = "00000000-0000-4000-8000-000000000000"
_XML: Final[Mapping[str, str]] = {
    "ec2": "<Response><Errors><Error>{error}</Error></Errors><RequestID>{id}</RequestID></Response>",
    "s3": "<Error>{error}<RequestId>{id}</RequestId></Error>",
    "query": (
        "<ErrorResponse><Error><Type>Sender</Type>{error}</Error><RequestId>{id}</RequestId></ErrorResponse>"
    ),
}

#: Codes of the same refusal by wire format.
UNKNOWN_KEY: Final[Mapping[str, str]] = {
    "ec2": "AuthFailure",
    "s3": "InvalidAccessKeyId",
    "query": "InvalidClientTokenId",
    "json": "UnrecognizedClientException",
}
EXPIRED: Final[Mapping[str, str]] = {
    "ec2": "RequestExpired",
    "s3": "ExpiredToken",
    "query": "ExpiredToken",
    "json": "ExpiredTokenException",
}


@dataclass(frozen=True, slots=True)
class Refusal:
    """An error for a client of `service` (its signing name)."""

    service: str
    status: HTTPStatus
    code: str
    message: str


def wire_format(service: str) -> str:
    """The error format of `service`: ec2, s3, query or json."""
    if service in ("ec2", "s3"):
        return service
    return "query" if service in _QUERY else "json"


def answer_of(refusal: Refusal) -> Answer:
    """Write `refusal` as its service would."""
    kind, code, message = wire_format(refusal.service), refusal.code, refusal.message
    headers = [("x-amzn-RequestId", _REQUEST_ID)]
    if kind == "json":
        body = orjson.dumps({"__type": code, "Code": code, "message": message, "Message": message})
        headers += [("Content-Type", "application/x-amz-json-1.1"), ("x-amzn-errortype", code)]
    else:
        error = f"<Code>{code}</Code><Message>{escape(message)}</Message>"
        body = _XML[kind].format(error=error, id=_REQUEST_ID).encode()
        headers.append(("Content-Type", "text/xml"))
    headers.append(("Content-Length", str(len(body))))
    return Answer(f"{refusal.status.value} {refusal.status.phrase}", headers, body)

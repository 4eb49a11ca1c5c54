"""Errors in the words and the wire format of the service that the client called.

Formats: botocore's parsers of json, rest-json, query, ec2, rest-xml and CBOR errors.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final
from xml.sax.saxutils import escape

import orjson

from auditor.sandbox.inprocess import InProcessResponse

#: Signing names of the query protocol, and of services of XML whose errors look the same.
_QUERY: Final = frozenset(
    {"sts", "iam", "rds", "cloudformation", "sns", "sqs", "redshift", "route53", "cloudfront"}
)
_CBOR: Final = "application/cbor"
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
    "cbor": "UnrecognizedClientException",
}
EXPIRED: Final[Mapping[str, str]] = {
    "ec2": "RequestExpired",
    "s3": "ExpiredToken",
    "query": "ExpiredToken",
    "json": "ExpiredTokenException",
    "cbor": "ExpiredTokenException",
}


@dataclass(frozen=True, slots=True)
class WireError:
    """An error in the wire format `kind`."""

    kind: str
    status: HTTPStatus
    code: str
    message: str


def wire_format(service: str, content_type: str) -> str:
    """The error format that the client of a request reads: ec2, s3, query, cbor or json.

    `service` is its signing name. What is sent as a form is of the query protocol.
    """
    if service in ("ec2", "s3"):
        return service
    if content_type == _CBOR:
        return "cbor"
    if content_type.startswith("application/x-www-form-urlencoded"):
        return "query"
    return "query" if service in _QUERY and "json" not in content_type else "json"


def answer_of(refusal: WireError) -> InProcessResponse:
    """Write `refusal` as its service would."""
    kind, code, message = refusal.kind, refusal.code, refusal.message
    headers = [("x-amzn-RequestId", _REQUEST_ID)]
    if kind == "json":
        body = orjson.dumps({"__type": code, "Code": code, "message": message, "Message": message})
        headers += [("Content-Type", "application/x-amz-json-1.1"), ("x-amzn-errortype", code)]
    elif kind == "cbor":
        body = b"\xa2" + b"".join(map(_cbor, ("__type", code, "message", message)))
        headers += [("Content-Type", _CBOR), ("smithy-protocol", "rpc-v2-cbor")]
    else:
        error = f"<Code>{code}</Code><Message>{escape(message)}</Message>"
        body = _XML[kind].format(error=error, id=_REQUEST_ID).encode()
        headers.append(("Content-Type", "text/xml"))
    headers.append(("Content-Length", str(len(body))))
    return InProcessResponse(f"{refusal.status.value} {refusal.status.phrase}", headers, body)


def _cbor(text: str) -> bytes:
    """A text in CBOR (RFC 8949): major type 3 with a length of four bytes."""
    written = text.encode()
    return b"\x7a" + len(written).to_bytes(4) + written

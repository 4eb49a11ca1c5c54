"""Documents to AWS's wire formats and requests to parameters, by botocore's models of the services.

Serves rest-json (backup), json (dynamodb, organizations, kms, tagging), query (sts, rds), ec2 and rest-xml
(s3). Times are `datetime`s in the documents. Botocore only reads these formats: it
parses nothing of what it wrote.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any
from urllib.parse import parse_qs, unquote
from xml.sax.saxutils import escape

import botocore.session

from auditor.model.resource_types import LISTINGS

Document = Mapping[str, Any]

_XML_TYPE = "text/xml;charset=UTF-8"
_REQUEST_ID = "7a62c49f-347e-4fc4-9331-6e8eexample"


@dataclass(frozen=True)
class Raw:
    """A JSON value that is written as it is, whatever the model says."""

    value: Any


@dataclass(frozen=True)
class Answer:
    """One HTTP answer."""

    status: int
    content_type: str
    body: bytes
    error: str = ""


@cache
def service_of(signing_name: str) -> str:
    """The name in botocore of the signed service: of that name, else one that is read."""
    if signing_name in botocore.session.get_session().get_available_services():
        return signing_name
    read = ("resourcegroupstaggingapi", *(listing.service for listing in LISTINGS))
    return next(service for service in read if model(service).signing_name == signing_name)


@cache
def model(service: str) -> Any:
    """The model of a service."""
    return botocore.session.get_session().get_service_model(service)


_BY_TOKEN = {"input_token": "NextToken", "output_token": "NextToken", "limit_key": "MaxResults"}
#: How listings are paged of which botocore does not say it, by service; from the model of each.
_PAGED = {
    "timestream-write": {
        "ListDatabases": {**_BY_TOKEN, "result_key": "Databases"},
        "ListTables": {**_BY_TOKEN, "result_key": "Tables"},
    },
}


@cache
def pagination(service: str) -> Mapping[str, Any]:
    """How the listings of a service are paged, by operation."""
    loader = botocore.session.get_session().get_component("data_loader")
    return {**loader.load_service_model(service, "paginators-1")["pagination"], **_PAGED.get(service, {})}


@cache
def protocol(service: str) -> str:
    """The protocol in which botocore speaks to a service."""
    return str(model(service).resolved_protocol)


@cache
def _routes(service: str) -> list[tuple[str, re.Pattern[str], str, list[str]]]:
    """Method, path, operation, and the query that tells it from others, the most special first."""
    routes = []
    for name in model(service).operation_names:
        if model(service).operation_model(name).deprecated:
            continue  # S3's have successors of the same path
        http = model(service).operation_model(name).http
        path, _, query = http["requestUri"].partition("?")
        pattern = re.sub(r"\{(\w+)\+?\}", r"(?P<\1>[^/]+)", path.rstrip("/"))
        required = [part for part in query.split("&") if part and "{" not in part]
        routes.append((http["method"], re.compile(pattern + "/?"), name, required))
    return sorted(routes, key=lambda route: (-len(route[3]), route[1].pattern.count("(")))


def request(
    service: str, method: str, target: str, headers: Mapping[str, str], body: bytes
) -> tuple[str, dict[str, Any]]:
    """The operation that a request asks for, and its parameters as texts (of JSON: as they were)."""
    path, _, query = target.partition("?")
    kind = protocol(service)
    if kind == "json":
        return headers["X-Amz-Target"].rpartition(".")[2], json.loads(body or b"{}")
    if kind in ("query", "ec2"):
        form = {name: values[0] for name, values in parse_qs(body.decode(), keep_blank_values=True).items()}
        return form.pop("Action"), form
    given = parse_qs(query, keep_blank_values=True)
    for wanted, pattern, name, required in _routes(service):
        match = pattern.fullmatch(path)
        if wanted == method and match and all(part.partition("=")[0] in given for part in required):
            texts = {key: unquote(value) for key, value in match.groupdict().items()}
            texts |= {key: values[0] for key, values in given.items()}
            shape = model(service).operation_model(name).input_shape
            members = shape.members.items() if shape else ()
            texts |= json.loads(body) if kind == "rest-json" and body else {}
            located = {member.serialization.get("name", key): key for key, member in members}
            return name, {located.get(key, key): value for key, value in texts.items()}
    raise LookupError(f"{service}: {method} {target}")


#: S3's model does not name the roots of its answers (API reference), where these are no member of them.
_S3_ROOTS = {
    "GetBucketLifecycleConfiguration": "LifecycleConfiguration",
    "GetBucketNotificationConfiguration": "NotificationConfiguration",
    "GetBucketVersioning": "VersioningConfiguration",
    "ListBuckets": "ListAllMyBucketsResult",
}


def answer(service: str, operation: str, document: Document) -> Answer:
    """The answer that says `document`; raises `ValueError` where it has what the model does not know."""
    shape = model(service).operation_model(operation).output_shape
    kind = protocol(service)
    if kind in ("json", "rest-json"):
        content = json.dumps(_json(shape, document)).encode() if shape is not None else b""
        return Answer(200, _json_type(service), content)
    inside = "".join(_members(shape, document, kind)) if shape is not None else ""
    if kind == "ec2":
        text = f"<{operation}Response><requestId>{_REQUEST_ID}</requestId>{inside}</{operation}Response>"
    elif kind == "query":
        text = (
            f"<{operation}Response><{operation}Result>{inside}</{operation}Result><ResponseMetadata>"
            f"<RequestId>{_REQUEST_ID}</RequestId></ResponseMetadata></{operation}Response>"
        )
    else:
        root = _S3_ROOTS.get(operation)
        text = inside if root is None else f"<{root}>{inside}</{root}>"
    return Answer(200, _XML_TYPE, b'<?xml version="1.0" encoding="UTF-8"?>\n' + text.encode())


def refusal(service: str, code: str, message: str, status: int) -> Answer:
    """The error `code` as the protocol of `service` writes it."""
    kind = protocol(service)
    if kind == "rest-json":
        body = json.dumps({"Code": code, "Message": message})
    elif kind == "json":
        body = json.dumps({"__type": f"com.amazonaws.{service}#{code}", "message": message})
    else:
        error = f"<Code>{escape(code)}</Code><Message>{escape(message)}</Message>"
        body = {
            "ec2": f"<Response><Errors><Error>{error}</Error></Errors><RequestID>{_REQUEST_ID}</RequestID>"
            "</Response>",
            "query": f"<ErrorResponse><Error><Type>Sender</Type>{error}</Error><RequestId>{_REQUEST_ID}"
            "</RequestId></ErrorResponse>",
            "rest-xml": f"<Error>{error}<RequestId>{_REQUEST_ID}</RequestId></Error>",
        }[kind]
    json_kind = kind in ("json", "rest-json")
    return Answer(status, _json_type(service) if json_kind else _XML_TYPE, body.encode(), error=code)


def _json_type(service: str) -> str:
    version = model(service).metadata.get("jsonVersion", "1.1")
    return "application/json" if protocol(service) == "rest-json" else f"application/x-amz-json-{version}"


def _json(shape: Any, value: Any) -> Any:
    if isinstance(value, Raw) or value is None:
        return value and value.value
    if shape.type_name == "structure":
        return {
            _member(shape, name).serialization.get("name", name): _json(_member(shape, name), item)
            for name, item in value.items()
        }
    if shape.type_name == "list":
        return [_json(shape.member, item) for item in value]
    if shape.type_name == "map":
        return {key: _json(shape.value, item) for key, item in value.items()}
    if isinstance(value, datetime):
        return round(value.timestamp(), 3)
    return value


def _member(shape: Any, name: str) -> Any:
    if name not in shape.members:
        raise ValueError(f"{shape.name} has no member {name}; it has {', '.join(shape.members)}")
    return shape.members[name]


def _members(shape: Any, value: Document, kind: str) -> list[str]:
    return [
        _xml(_member(shape, name), item, str(_member(shape, name).serialization.get("name", name)), kind)
        for name, item in value.items()
        if item is not None
    ]


def _xml(shape: Any, value: Any, name: str, kind: str) -> str:
    if shape.type_name == "structure":
        return f"<{name}>{''.join(_members(shape, value, kind))}</{name}>"
    if shape.type_name == "list":
        own = shape.member.serialization.get("name", "item" if kind == "ec2" else "member")
        if shape.serialization.get("flattened"):
            return "".join(_xml(shape.member, item, name, kind) for item in value)
        return f"<{name}>{''.join(_xml(shape.member, item, own, kind) for item in value)}</{name}>"
    if shape.type_name == "map":
        raise ValueError(f"{shape.name}: no map is written in XML here")
    if isinstance(value, datetime):
        text = value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{value.microsecond // 1000:03}Z"
    else:
        text = str(value).lower() if isinstance(value, bool) else str(value)
    return f"<{name}>{escape(text)}</{name}>"

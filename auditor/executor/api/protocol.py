"""AWS Backup's REST-JSON: requests into parameters, results into bodies.

Inputs travel in path, query and body only; there are no header members, no payload traits and no blobs
(aws-backup.md 5.1, counted over all operations of botocore's `backup` 2018-11-15).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from http import HTTPStatus
from typing import Any, Final, Self
from urllib.parse import parse_qsl

import orjson
from botocore.model import OperationModel, ServiceModel
from botocore.session import Session

from auditor.executor.api.errors import ServiceError, invalid
from auditor.executor.api.routes import OperationRouter, Route
from auditor.executor.api.shapes import Decoder, Encoder, decoder, encoder, require, wire_name


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a listing whose rows are JSON already: `{member: [rows], "NextToken": next_token}`.

    `more` are the answer's other members.
    """

    member: str
    rows: Sequence[bytes]
    next_token: str | None = None
    more: Mapping[str, str] = field(default_factory=dict)

    def body(self) -> bytes:
        """The page as JSON, joined and not encoded anew."""
        token = b"" if self.next_token is None else b',"NextToken":' + orjson.dumps(self.next_token)
        more = b"".join(b"," + orjson.dumps({name: value})[1:-1] for name, value in self.more.items())
        return b'{"' + self.member.encode() + b'":[' + b",".join(self.rows) + b"]" + more + token + b"}"


#: What the model's texts allow for accounts, and its pattern of an account's id does not.
_WORDS: Final[Mapping[str, frozenset[str]]] = {
    "ByAccountId": frozenset({"*"}),
    "AccountId": frozenset({"ANY", "AGGREGATE_ALL"}),
}


def _beyond(name: str, decode: Decoder) -> Decoder:
    """`decode`, and the words that the member `name` may be besides."""
    words = _WORDS.get(name)
    return decode if words is None else lambda value, path: value if value in words else decode(value, path)


#: What an operation answers: its output as boto3 would return it, a page, or nothing.
Reply = Mapping[str, Any] | Page | None


@lru_cache(maxsize=1)
def service_model() -> ServiceModel:
    """The model in botocore of the `backup` service."""
    return Session().get_service_model("backup")


class Operation:
    """One operation: decoders of its input and the encoder of its output."""

    def __init__(self, model: OperationModel) -> None:
        self.name = model.name
        self.method: str = model.http["method"]
        path, _, self._literal_query = model.http["requestUri"].partition("?")
        self.segments = tuple(path.strip("/").split("/"))
        self.status = int(model.http.get("responseCode", HTTPStatus.OK))
        self.errors = frozenset(shape.name for shape in model.error_shapes)
        self._required: tuple[str, ...] = ()
        self._members: dict[str, dict[str, tuple[str, Decoder]]] = {"uri": {}, "querystring": {}, "body": {}}
        if model.input_shape is not None:
            self._required = tuple(model.input_shape.required_members)
            for name, member in model.input_shape.members.items():
                place = member.serialization.get("location", "body")
                decode = _beyond(name, decoder(member, text=place != "body"))
                self._members[place][wire_name(name, member)] = (name, decode)
        self._encode: Encoder | None = encoder(model.output_shape) if model.output_shape else None

    def decode(self, uri: Mapping[str, str], query: str, body: bytes) -> dict[str, Any]:
        """The parameters; raises MissingParameterValue- or InvalidParameterValueException."""
        values = {
            "uri": uri,
            "querystring": _query(query),
            "body": _document(body) if self._members["body"] else {},
        }
        params = {}
        for place, members in self._members.items():
            for wire, (name, decode) in members.items():
                value = values[place].get(wire)
                if value is not None:
                    params[name] = decode(value, name)
        require(params, self._required)
        return params

    def declared(self, error: ServiceError) -> ServiceError:
        """`error` under a name that the operation declares; who is not let in is told so by any of them."""
        if error.status != HTTPStatus.BAD_REQUEST or error.code in self.errors:
            return error
        for code in ("InvalidParameterValueException", "InvalidRequestException"):
            if code in self.errors:
                return ServiceError(code, error.message)
        return error

    def encode(self, reply: Reply) -> bytes:
        """The body; an operation without an output answers an empty one (aws-backup.md 5.2)."""
        if isinstance(reply, Page):
            return reply.body()
        if self._encode is None:
            return b""
        return orjson.dumps(self._encode(reply or {}))


class Protocol:
    """All operations of the model."""

    def __init__(self, model: ServiceModel) -> None:
        self.operations = {name: Operation(model.operation_model(name)) for name in model.operation_names}
        self._router = OperationRouter(Route(o.name, o.method, o.segments) for o in self.operations.values())

    @classmethod
    def load(cls) -> Self:
        """Compile botocore's model (about 100 ms)."""
        return cls(service_model())

    def parse(self, method: str, path: str, query: str, body: bytes) -> tuple[Operation, dict[str, Any]]:
        """The operation that a request asks for and its parameters; raises `ServiceError`."""
        name, uri = self._router.find(method, path)
        operation = self.operations[name]
        try:
            return operation, operation.decode(uri, query, body)
        except ServiceError as error:
            raise operation.declared(error) from None


def _query(query: str) -> dict[str, str]:
    try:
        return dict(parse_qsl(query, keep_blank_values=True, errors="strict", max_num_fields=200))
    except ValueError:
        raise invalid("The query string is malformed.") from None


def _document(body: bytes) -> dict[str, Any]:
    if not body.strip():
        return {}
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise invalid("The request's body is not JSON.") from None
    if not isinstance(document, dict):
        raise invalid("The request's body must be a JSON object.")
    return document

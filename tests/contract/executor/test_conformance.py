"""The wire protocol over all operations of botocore's model (aws-backup.md 5.1, 5.2)."""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore.awsrequest import prepare_request_dict
from botocore.exceptions import ClientError
from botocore.model import Shape
from botocore.parsers import create_parser
from botocore.serialize import create_serializer

from auditor.executor.api.protocol import Protocol, service_model
from auditor.executor.operations import OPERATIONS
from tests.contract.executor.world import World

MODEL = service_model()
PROTOCOL = Protocol.load()
NOT_OFFERED = sorted(set(MODEL.operation_names) - set(OPERATIONS))

#: A string that every pattern of the model that matters accepts, by the pattern's beginning.
EXAMPLES = {
    "^[0-9]{12}$": "123456789012",
    "(arn:aws[a-z-]*:backup": "arn:aws:backup:eu-west-1:123456789012:accesspoint/point-1",
    "(arn:aws[a-z-]*": "arn:aws-cn:ec2:cn-north-1:123456789012:volume/vol-0abc:d%2Fé",
    "^[a-zA-Z0-9_]{1,200}$": "example_1",
    "^(\\*|": "*",
    "[a-zA-Z][_a-zA-Z0-9]*": "example_1",
}
HOSTILE = 'a/b c%2F?&=#+;"\\é✓'


def example(shape: Any) -> Any:
    """A value of `shape` with every member set."""
    kinds: dict[str, Any] = {
        "structure": lambda: {name: example(member) for name, member in shape.members.items()},
        "list": lambda: [example(shape.member)] * max(1, shape.metadata.get("min", 1)),
        "map": lambda: {example(shape.key): example(shape.value)},
        "timestamp": lambda: datetime(2026, 1, 5, 12, 30, 15, tzinfo=UTC),
        "boolean": lambda: True,
        "integer": lambda: max(7, shape.metadata.get("min", 7)),
        "long": lambda: 1 << 40,
        "string": lambda: example_string(shape),
    }
    return kinds[shape.type_name]()


def example_string(shape: Shape) -> str:
    """A string of `shape`: its first choice, a match of its pattern, or a hostile one."""
    if "enum" in shape.metadata:
        return str(shape.metadata["enum"][0])
    pattern = shape.metadata.get("pattern")
    if pattern is None:
        return HOSTILE
    return next((text for start, text in EXAMPLES.items() if pattern.startswith(start)), "example-1")


@pytest.mark.parametrize("name", MODEL.operation_names)
def test_requests_are_understood(name: str) -> None:
    """What botocore serialises comes back as the same operation with the same parameters."""
    model = MODEL.operation_model(name)
    params = example(model.input_shape) if model.input_shape else {}
    request = create_serializer("rest-json", include_validation=True).serialize_to_request(params, model)
    query = _query(request)
    path, _, literal = request["url_path"].partition("?")

    operation, found = PROTOCOL.parse(
        request["method"], path, "&".join(filter(None, (literal, query))), _bytes(request["body"])
    )

    assert (operation.name, found) == (name, params)


def _query(request: dict[str, Any]) -> str:
    """The query string as botocore writes it."""
    prepare_request_dict(request, endpoint_url="http://127.0.0.1", context={})
    return str(urlsplit(request["url"]).query)


def _bytes(body: Any) -> bytes:
    return body.encode() if isinstance(body, str) else bytes(body)


@pytest.mark.parametrize("name", MODEL.operation_names)
def test_answers_are_understood(name: str) -> None:
    """What we encode is parsed by botocore into the same result, with the operation's own status."""
    model = MODEL.operation_model(name)
    operation = PROTOCOL.operations[name]
    result = example(model.output_shape) if model.output_shape else {}
    response = {
        "body": operation.encode(result),
        "headers": {},
        "status_code": operation.status,
        "context": {},
    }

    shape: Any = model.output_shape  # of an operation without an answer None, which botocore takes
    parsed = create_parser("rest-json").parse(response, shape)

    del parsed["ResponseMetadata"]
    assert (parsed, operation.status) == (result, model.http.get("responseCode", 200))


def test_operations_not_offered_say_so(world: World) -> None:
    """Each operation of the model that is not offered answers an error that names it, never success."""
    client = world.backup()
    methods = {name: method for method, name in client.meta.method_to_api_mapping.items()}
    answers = {}
    for name in NOT_OFFERED:
        shape = MODEL.operation_model(name).input_shape
        with pytest.raises(ClientError) as caught:
            getattr(client, methods[name])(**(example(shape) if shape else {}))
        answer = caught.value.response
        answers[name] = (answer["ResponseMetadata"]["HTTPStatusCode"], *answer["Error"].values())

    code = "ServiceUnavailableException"
    assert answers == {
        name: (501, f"{name} is not implemented by this backup service.", code) for name in NOT_OFFERED
    }

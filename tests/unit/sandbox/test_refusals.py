"""Refusals as botocore's own parsers read them."""

from http import HTTPStatus
from typing import Any

import pytest
from botocore.loaders import create_loader
from botocore.model import ServiceModel
from botocore.parsers import create_parser

from auditor.sandbox.refusals import WireError, answer_of, wire_format


@pytest.mark.parametrize(
    ("service", "content_type", "protocol"),
    [
        ("backup", "application/json", "rest-json"),
        ("sts", "application/x-www-form-urlencoded; charset=utf-8", "query"),
        ("sts", "", "query"),
        ("ec2", "application/x-www-form-urlencoded", "ec2"),
        ("s3", "", "rest-xml"),
        ("route53", "", "rest-xml"),
        ("rds", "", "query"),
        ("sqs", "application/x-amz-json-1.0", "json"),
        ("sqs", "application/x-www-form-urlencoded", "query"),
        ("autoscaling", "application/x-www-form-urlencoded", "query"),
        ("cloudwatch", "application/cbor", "smithy-rpc-v2-cbor"),
        ("dynamodb", "application/x-amz-json-1.0", "json"),
        ("organizations", "application/x-amz-json-1.1", "json"),
    ],
)
def test_a_refusal_reads_the_same_in_every_protocol(service: str, content_type: str, protocol: str) -> None:
    """Code, message and status arrive whatever the wire format; markup in the message is text."""
    refusal = WireError(
        wire_format(service, content_type), HTTPStatus.FORBIDDEN, "AccessDenied", "no <b>role</b> & nobody"
    )
    answer = answer_of(refusal)
    model = ServiceModel(create_loader().load_service_model(service, "service-2"), service)
    response: dict[str, Any] = {
        "status_code": int(answer.status.split(" ")[0]),
        "headers": {name.lower(): value for name, value in answer.headers},
        "body": answer.body,
    }
    shape: Any = model.operation_model(model.operation_names[0]).output_shape

    parsed = create_parser(protocol).parse(response, shape)

    assert (parsed["Error"]["Code"], parsed["Error"]["Message"]) == (
        "AccessDenied",
        "no <b>role</b> & nobody",
    )
    assert parsed["ResponseMetadata"]["HTTPStatusCode"] == 403
    assert response["headers"]["content-length"] == str(len(answer.body))

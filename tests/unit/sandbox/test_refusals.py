"""Refusals as botocore's own parsers read them."""

from http import HTTPStatus

import pytest
from botocore.loaders import create_loader
from botocore.model import ServiceModel
from botocore.parsers import create_parser

from auditor.sandbox.refusals import Refusal, answer_of


@pytest.mark.parametrize("service", ["backup", "sts", "ec2", "s3", "rds", "iam", "dynamodb", "organizations"])
def test_a_refusal_reads_the_same_in_every_protocol(service: str) -> None:
    """Code, message and status arrive whatever the wire format; markup in the message is text."""
    refusal = Refusal(service, HTTPStatus.FORBIDDEN, "AccessDenied", "no <b>role</b> & nobody")
    answer = answer_of(refusal)
    model = ServiceModel(create_loader().load_service_model(service, "service-2"), service)
    response = {
        "status_code": int(answer.status.split(" ")[0]),
        "headers": {name.lower(): value for name, value in answer.headers},
        "body": answer.body,
    }
    operation = model.operation_model(model.operation_names[0])

    parsed = create_parser(model.metadata["protocol"]).parse(response, operation.output_shape)

    assert (parsed["Error"]["Code"], parsed["Error"]["Message"]) == (
        "AccessDenied",
        "no <b>role</b> & nobody",
    )
    assert parsed["ResponseMetadata"]["HTTPStatusCode"] == 403
    assert response["headers"]["content-length"] == str(len(answer.body))

"""XML answers that have another form than their operation's are refused."""

from typing import Any

import botocore.session
import pytest
from botocore.parsers import ResponseParserError

from auditor.aws.parsing import RawParserFactory

PROTOCOLS = {"ec2": "ec2", "rds": "query", "s3": "rest-xml"}


def parsed(service: str, operation: str, body: str) -> Any:
    """What a parser of ours reads."""
    shape = botocore.session.get_session().get_service_model(service).operation_model(operation).output_shape
    assert shape is not None
    parser = RawParserFactory({}).create_parser(PROTOCOLS[service])
    answer = parser.parse({"body": body.encode(), "headers": {}, "status_code": 200}, shape)
    answer.pop("ResponseMetadata")
    return answer


def volumes(inside: str) -> Any:
    """DescribeVolumes with what is in its root."""
    return parsed("ec2", "DescribeVolumes", f"<DescribeVolumesResponse>{inside}</DescribeVolumesResponse>")


def test_what_has_the_form_is_read() -> None:
    """In each protocol, the empty list as well, with a namespace and what the model does not know."""
    wrapped = "<DescribeDBInstancesResult><DBInstances/></DescribeDBInstancesResult>"
    item = "<item><volumeId>v</volumeId><encrypted>true</encrypted><new>1</new></item>"

    assert volumes(f'<volumeSet xmlns="urn:x">{item}</volumeSet>') == {
        "Volumes": [{"VolumeId": "v", "Encrypted": True}]
    }
    assert volumes("<volumeSet/>") == {"Volumes": []}
    assert volumes("") == {}
    assert parsed(
        "rds", "DescribeDBInstances", f"<DescribeDBInstancesResponse>{wrapped}</DescribeDBInstancesResponse>"
    ) == {"DBInstances": []}
    assert parsed(
        "s3", "ListBuckets", "<ListAllMyBucketsResult><Buckets> </Buckets></ListAllMyBucketsResult>"
    ) == {"Buckets": []}


@pytest.mark.parametrize(
    ("service", "operation", "body"),
    [
        ("ec2", "DescribeVolumes", "<html><volumeSet/></html>"),
        ("ec2", "DescribeVolumes", "<DescribeInstancesResponse><volumeSet/></DescribeInstancesResponse>"),
        ("ec2", "DescribeVolumes", ""),
        ("ec2", "DescribeVolumes", "{}"),
        (
            "rds",
            "DescribeDBInstances",
            "<html><DescribeDBInstancesResult><DBInstances/></DescribeDBInstancesResult></html>",
        ),
        ("rds", "DescribeDBInstances", "<DescribeDBInstancesResponse/>"),
        ("s3", "ListBuckets", "<html><Buckets/></html>"),
        ("s3", "ListBuckets", "<Error><Code>InternalError</Code></Error>"),
        ("s3", "ListBuckets", ""),
    ],
)
def test_another_document_is_refused(service: str, operation: str, body: str) -> None:
    """The page of a proxy, the answer of another operation, an error under a good status, nothing."""
    with pytest.raises(ResponseParserError):
        parsed(service, operation, body)


@pytest.mark.parametrize(
    "inside",
    [
        "<volumeSet>x</volumeSet>",
        "<volumeSet><html/></volumeSet>",
        "<volumeSet/><volumeSet/>",
        "<volumeSet><item>x</item></volumeSet>",
        "<volumeSet><item><volumeId><x/></volumeId></item></volumeSet>",
        "<volumeSet><item><volumeId>a</volumeId><volumeId>b</volumeId></item></volumeSet>",
        "<volumeSet><item><encrypted>yes</encrypted></item></volumeSet>",
        "<volumeSet><item><size>many</size></item></volumeSet>",
        "<volumeSet><item><createTime>yesterday</createTime></item></volumeSet>",
    ],
)
def test_another_form_of_an_element_is_refused(inside: str) -> None:
    """Text for a list or a structure, elements for a value, something twice, no boolean, number or time."""
    with pytest.raises(ResponseParserError):
        volumes(inside)

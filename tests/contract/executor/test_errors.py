"""What the service answers to what it does not know, cannot do or cannot read."""

from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import orjson
import pytest

from tests.contract.executor.world import World

HEADERS = {"Authorization": "AWS4-HMAC-SHA256 Credential=testing/20260105/eu-west-1/backup/aws4_request"}


def send(world: World, method: str, target: str, body: bytes = b"") -> tuple[int, str, dict[str, Any]]:
    """Status, x-amzn-errortype and body of a hand-written request."""
    connection = HTTPConnection(urlsplit(world.endpoint).netloc, timeout=120)
    connection.request(method, target, body, HEADERS)
    response = connection.getresponse()
    content = response.read()
    connection.close()
    return (
        response.status,
        response.getheader("x-amzn-errortype", ""),
        orjson.loads(content) if content else {},
    )


@pytest.mark.parametrize(
    ("method", "target", "body", "status", "code"),
    [
        ("GET", "/nothing/here", b"", 404, "UnknownOperationException"),
        ("PATCH", "/backup-vaults", b"", 404, "UnknownOperationException"),
        ("PUT", "/backup/plans/", b"{not json", 400, "InvalidParameterValueException"),
        ("PUT", "/backup/plans/", b"[]", 400, "InvalidParameterValueException"),
        ("PUT", "/backup/plans/", b"", 400, "MissingParameterValueException"),
        (
            "PUT",
            "/backup/plans/",
            b'{"BackupPlan":{"BackupPlanName":7,"Rules":[]}}',
            400,
            "InvalidParameterValueException",
        ),
        ("PUT", "/backup-vaults/x", b"{}", 400, "InvalidParameterValueException"),
        ("PUT", "/backup-vaults/a%20b", b"{}", 400, "InvalidParameterValueException"),
        ("PUT", "/backup-vaults/%ff%fe", b"{}", 400, "InvalidParameterValueException"),
        ("GET", "/backup-vaults/?maxResults=0", b"", 400, "InvalidParameterValueException"),
        ("GET", "/backup-vaults/?maxResults=ten", b"", 400, "InvalidParameterValueException"),
        ("GET", "/backup-vaults/?nextToken=garbage", b"", 400, "InvalidParameterValueException"),
        ("GET", "/backup-vaults/?nextToken=WzFd", b"", 400, "InvalidParameterValueException"),
        ("GET", "/backup-vaults/?shared=maybe", b"", 400, "InvalidParameterValueException"),
        ("GET", "/backup-jobs/?state=DONE", b"", 400, "InvalidParameterValueException"),
        ("GET", "/backup-jobs/?createdAfter=yesterday", b"", 400, "InvalidParameterValueException"),
        ("GET", "/backup-jobs/?accountId=999999999999", b"", 400, "InvalidParameterValueException"),
        ("GET", "/backup-vaults/none/", b"", 400, "ResourceNotFoundException"),
    ],
)
def test_bad_requests(world: World, method: str, target: str, body: bytes, status: int, code: str) -> None:
    """Each is a modelled error, in the header and in the body, and never a 500."""
    found = send(world, method, target, body)

    assert (found[0], found[1], found[2]["Code"]) == (status, code, code)


def test_unescaped_slashes_in_arns_are_understood(world: World) -> None:
    """Hand-written clients leave slashes in ARNs as they are."""
    arn = "arn:aws:ec2:eu-west-1:123456789012:volume/vol-1"

    assert send(world, "GET", f"/resources/{arn}/recovery-points/") == (200, "", {"RecoveryPoints": []})
    assert send(world, "GET", f"/resources/{arn.replace('/', '%2F')}/recovery-points/")[0] == 200


def test_operations_without_output_answer_an_empty_body(world: World) -> None:
    """Clients of other languages stumble over {} there (aws-backup.md 5.2)."""
    connection = HTTPConnection(urlsplit(world.endpoint).netloc, timeout=120)
    connection.request("PUT", "/account-settings", b"{}", HEADERS)
    response = connection.getresponse()

    assert (response.status, response.read()) == (200, b"")
    connection.close()

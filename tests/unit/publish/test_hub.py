"""What is written to Security Hub about a finding that it has."""

from datetime import UTC, datetime, timedelta
from threading import Event
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    EndpointConnectionError,
    NoCredentialsError,
    ReadTimeoutError,
)

from auditor.aws.failures import Failure
from auditor.publish.hub import archived, said, send, updated_at
from reports.formats.asff import product_arn

AS_OF = datetime(2026, 3, 1, tzinfo=UTC)
MS = timedelta(milliseconds=1)
UNCERTAIN = "Of 2 findings it is not known whether Security Hub took them"
UNREADABLE = "Unreadable: The answer cannot be understood: it has no SuccessCount"


@pytest.mark.parametrize(
    ("there", "updated"),
    [
        (None, AS_OF),
        (AS_OF - MS, AS_OF),
        (AS_OF, AS_OF + MS),
        (AS_OF + 998 * MS, AS_OF + 999 * MS),
        (AS_OF + 999 * MS, None),
        (AS_OF + timedelta(seconds=1), None),
    ],
)
def test_an_update_is_later_than_what_is_there(there: datetime | None, updated: datetime | None) -> None:
    """A run judged again has the second after its `as_of`; what is later is of a later run."""
    assert updated_at(AS_OF, there) == updated


@pytest.mark.parametrize("partition", ["aws", "aws-cn", "aws-us-gov"])
def test_the_product_is_of_the_partition(partition: str) -> None:
    """The default product of the account, in its Region."""
    expected = f"arn:{partition}:securityhub:r-1:111122223333:product/111122223333/default"
    assert product_arn(partition, "r-1", "111122223333") == expected


def finding(name: str) -> dict[str, Any]:
    """As much of a finding as it takes to put calls together."""
    return {"Id": name, "AwsAccountId": "1", "ProductArn": "p"}


@pytest.mark.parametrize(
    ("answer", "taken", "failures"),
    [
        ({"SuccessCount": 2, "FailedFindings": []}, {"a", "b"}, ()),
        ({"SuccessCount": 2}, {"a", "b"}, ()),
        (
            {"SuccessCount": 1, "FailedFindings": [{"Id": "b", "ErrorCode": "X", "ErrorMessage": "y"}]},
            {"a"},
            ("1 finding refused (X: y), the first of them b.",),
        ),
        ({"SuccessCount": 1}, set(), ("Of 2 findings Security Hub does not say what became of 1.",)),
        ({}, set(), (f"{UNCERTAIN}: BatchImportFindings failed ({UNREADABLE}); publish again.",)),
    ],
)
def test_only_what_was_taken_is_counted(
    answer: dict[str, Any], taken: set[str], failures: tuple[str, ...]
) -> None:
    """An answer that does not say is no success."""
    client = SimpleNamespace(batch_import_findings=lambda **_: answer)
    delivered = send(client, [finding("a"), finding("b")], Event())

    assert (delivered.taken, delivered.failures) == (frozenset(taken), failures)


def test_calls_hold_a_hundred() -> None:
    """The rest goes into another one; after a call that fails nothing is sent."""
    sizes: list[int] = []

    def batch(Findings: list[Any]) -> dict[str, Any]:  # noqa: N803 -- the API's name
        sizes.append(len(Findings))
        if len(sizes) == 2:
            raise KeyError("SuccessCount")
        return {"SuccessCount": len(Findings)}

    client = SimpleNamespace(batch_import_findings=batch)
    delivered = send(client, [finding(str(number)) for number in range(205)], Event())

    assert sizes == [100, 100]
    assert len(delivered.taken) == 100
    assert delivered.failures[0].startswith(
        "Of 100 findings it is not known whether Security Hub took them: "
    )
    assert delivered.failures[1:] == ("5 findings not sent: the call before failed.",)


def answered(status: int) -> ClientError:
    """The error of an answer with this status."""
    response: Any = {"ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(response, "BatchImportFindings")


@pytest.mark.parametrize(
    ("error", "taken"),
    [
        (answered(500), None),
        (answered(499), False),
        (ReadTimeoutError(endpoint_url="https://h"), None),
        (ConnectionClosedError(endpoint_url="https://h"), None),
        (EndpointConnectionError(endpoint_url="https://h"), False),
        (NoCredentialsError(), False),
    ],
)
def test_what_a_cut_answer_leaves_open_is_not_called_unsent(error: Exception, taken: bool | None) -> None:  # noqa: FBT001 -- of a table
    """A call that came to Security Hub may have done its work, whatever became of its answer."""

    def batch(**_: Any) -> dict[str, Any]:
        raise error

    failures = send(
        SimpleNamespace(batch_import_findings=batch), [finding("a"), finding("b")], Event()
    ).failures

    expected = UNCERTAIN if taken is None else "2 findings not sent"
    assert [one.partition(":")[0] for one in failures] == [expected]


def test_what_is_archived_is_ours_alone() -> None:
    """Members that Security Hub or its users added are not sent back: a new one would be refused."""
    ours = {
        **finding("a"),
        "CreatedAt": "2026-03-01T00:00:00Z",
        "Severity": {"Label": "HIGH"},
        "Resources": [{"Type": "AwsEc2Volume", "Id": "arn:aws:ec2:r-1:1:volume/v"}],
        "Compliance": {"Status": "FAILED"},
        "FindingProviderFields": {"Severity": {"Label": "HIGH"}, "Types": ["a/b"]},
        "Remediation": {"Recommendation": {"Text": "Do it."}},
        "ProductFields": {"auditor/Verdict": "NON_COMPLIANT"},
    }
    theirs = {
        **ours,
        "Severity": {"Label": "HIGH", "Normalized": 70},
        "Resources": [{**ours["Resources"][0], "Owner": {"Name": "x"}}],
        "Compliance": {"Status": "FAILED", "StatusReasons": None},
        "ProductFields": {**ours["ProductFields"], "aws/securityhub/ProductName": "Default"},
        "Workflow": {"Status": "NEW"},
        "Note": {"Text": "mine"},
        "UpdatedAt": "2026-03-01T00:00:00Z",
        "RecordState": "ACTIVE",
        "Sample": False,
    }
    later = "2026-03-02T00:00:00Z"

    assert archived(theirs, later) == {**ours, "RecordState": "ARCHIVED", "UpdatedAt": later}


@pytest.mark.parametrize(
    ("code", "to_do"),
    [
        ("ExpiredTokenException", "sign in again and publish again"),
        ("AccessDeniedException", "allow the role what examples/iam/auditor-publish.json lists"),
        ("InvalidAccessException", "enable Security Hub in this account and Region"),
        ("TooManyRequestsException", "publish again"),
    ],
)
def test_a_failure_says_what_to_do(code: str, to_do: str) -> None:
    """By AWS's code."""
    assert said("GetFindings", Failure(code, "No.")) == f"GetFindings failed ({code}: No); {to_do}."


def test_nothing_is_sent_once_it_is_stopped() -> None:
    """As by Ctrl-C."""
    stop = Event()
    stop.set()

    assert send(SimpleNamespace(), [finding("a")], stop).taken == frozenset()

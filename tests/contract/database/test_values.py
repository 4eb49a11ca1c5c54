"""Order, text and numbers: what one database takes, orders or refuses, the others do as well."""

from base64 import urlsafe_b64encode
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from auditor.executor.api.errors import ServiceError
from auditor.executor.api.protocol import Page, Protocol
from auditor.executor.database.database import Database
from auditor.executor.operations import OPERATIONS
from auditor.executor.scope import AccountRegion
from auditor.executor.service import BackupService
from auditor.executor.simulation.drivers import null_drivers

HERE = AccountRegion("111122223333", "eu-west-1", "aws")
NAMES = ["a", "B", "a-b", "a_b", "ab", "Ab", "AB", "Z", "z", "10", "9", "a.b"]


@pytest.fixture
def service(database: Database) -> BackupService:
    """A service that backs nothing up."""
    return BackupService(database, lambda: datetime(2026, 1, 5, tzinfo=UTC), null_drivers({}, {}, "aws"))


def call(service: BackupService, name: str, **params: Any) -> Any:
    """An operation as the API calls it."""
    return OPERATIONS[name](service, HERE, params)


def test_pages_are_ordered_byte_by_byte(service: BackupService) -> None:
    """Names come in the order of their bytes, one to a page too, whatever the database's language."""
    for name in NAMES:
        call(service, "CreateBackupVault", BackupVaultName=name)
    found: list[str] = []
    params: dict[str, Any] = {"MaxResults": 1}
    while True:
        page: Page = call(service, "ListBackupVaults", **params)
        found += [orjson.loads(row)["BackupVaultName"] for row in page.rows]
        if page.next_token is None:
            break
        params["NextToken"] = page.next_token

    assert found == sorted(NAMES)


@pytest.mark.long
@pytest.mark.parametrize(
    "values", [[2**63, 1], [1, 2**63], [-(2**63) - 1, 1], ["a", 1], [1], [True, 1], {"a": 1}]
)
def test_tokens_of_ones_own_make_are_refused(service: BackupService, values: Any) -> None:
    """A number beyond 64 bits, or another form, is refused before the database sees it."""
    call(service, "CreateBackupVault", BackupVaultName="night")
    token = urlsafe_b64encode(str(values).replace("'", '"').encode()).decode()
    with pytest.raises(ServiceError, match="NextToken is not one") as caught:
        call(service, "ListRecoveryPointsByBackupVault", BackupVaultName="night", NextToken=token)

    assert caught.value.code == "InvalidParameterValueException"


@pytest.mark.parametrize("number", [2**63 - 1, -(2**63)])
def test_the_largest_numbers_are_compared(service: BackupService, number: int) -> None:
    """Both ends of 64 bits are numbers like others."""
    call(service, "CreateBackupVault", BackupVaultName="night")
    token = urlsafe_b64encode(orjson.dumps([number, number])).decode()
    page = call(service, "ListRecoveryPointsByBackupVault", BackupVaultName="night", NextToken=token)

    assert (list(page.rows), page.next_token) == ([], None)


def test_a_token_with_a_nul_is_refused(service: BackupService) -> None:
    """PostgreSQL cannot compare text with one."""
    token = urlsafe_b64encode(orjson.dumps(["a\x00"])).decode()
    with pytest.raises(ServiceError, match="NextToken is not one"):
        call(service, "ListBackupVaults", NextToken=token)


@pytest.mark.parametrize(
    ("method", "path", "query", "body"),
    [
        ("GET", "/backup-vaults/a%00b", "", b""),
        ("GET", "/backup-jobs/", "resourceArn=a%00b", b""),
        ("PUT", "/backup-vaults/ab", "", b'{"CreatorRequestId": "a\\u0000b"}'),
        ("POST", "/tags/x", "", b'{"Tags": {"a\\u0000b": "c"}}'),
        ("POST", "/tags/x", "", b'{"Tags": {"a": "\\u0000"}}'),
    ],
)
def test_a_nul_is_refused_before_the_database_sees_it(
    method: str, path: str, query: str, body: bytes
) -> None:
    """In a path, a query, a member, a key and a value, by a declared error."""
    with pytest.raises(ServiceError) as caught:
        Protocol.load().parse(method, path, query, body)

    assert caught.value.code == "InvalidParameterValueException"


@pytest.mark.long
def test_a_hold_may_name_more_than_a_statement_can(service: BackupService) -> None:
    """Tens of thousands of ARNs, and a vault that is named as often, are one hold."""
    call(service, "CreateBackupVault", BackupVaultName="night")
    arns = [f"arn:aws:ec2:eu-west-1:111122223333:volume/{number}" for number in range(40_000)]
    selection = {"ResourceIdentifiers": arns, "VaultNames": ["night"] * 70_000}
    made = call(service, "CreateLegalHold", Title="t", Description="d", RecoveryPointSelection=selection)

    assert made["Status"] == "ACTIVE"


@pytest.mark.long
@pytest.mark.parametrize("text", ["é✓\U0001f512\u202e", "'; drop table vaults; --", "%_\\", " a "])
def test_text_comes_back_as_it_was(service: BackupService, text: str) -> None:
    """Every character but NUL, in a column and in a document."""
    arn = call(service, "CreateBackupVault", BackupVaultName="night", CreatorRequestId=text)["BackupVaultArn"]
    call(service, "TagResource", ResourceArn=arn, Tags={text: text})

    assert call(service, "DescribeBackupVault", BackupVaultName="night")["CreatorRequestId"] == text
    assert call(service, "ListTags", ResourceArn=arn)["Tags"] == {text: text}

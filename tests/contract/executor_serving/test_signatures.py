import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import pytest

from tests.contract.executor_serving.conftest import Served

Refused = Callable[[Callable[[], Any]], tuple[int, str]]
LIST = "/backup-vaults/"
AT = datetime(2030, 1, 5, 12, tzinfo=UTC)
INVALID = (403, "InvalidSignatureException")


@pytest.fixture
def database_url() -> str:
    """Signatures are checked before any database is asked."""
    return "sqlite://"


def test_boto3_is_let_in_and_arns_in_the_path_verify(served: Served, refused: Refused) -> None:
    """Escaped ARNs are signed as they are sent: the answer is the operation's, not a signature's."""
    client = served.client()

    client.create_backup_vault(BackupVaultName="nightly", BackupVaultTags={"ü": "ñ / %2F"})

    assert [vault["BackupVaultName"] for vault in client.list_backup_vaults()["BackupVaultList"]] == [
        "nightly"
    ]
    arn = client.describe_backup_vault(BackupVaultName="nightly")["BackupVaultArn"]
    assert client.list_tags(ResourceArn=arn)["Tags"] == {"ü": "ñ / %2F"}
    assert refused(
        lambda: client.describe_recovery_point(
            BackupVaultName="nightly", RecoveryPointArn="arn:aws:ec2:eu-west-1::snapshot/snap-1"
        )
    ) == (400, "ResourceNotFoundException")


def test_an_unsigned_request_is_refused(served: Served) -> None:
    """Without an Authorization header, in AWS's words."""
    status, code, body = served.send("GET", LIST, {"Host": "x"})

    assert (status, code) == (403, "MissingAuthenticationTokenException")
    assert json.loads(body)["Message"] == "Missing Authentication Token"


@pytest.mark.parametrize(
    "header",
    [
        "Basic YTpi",
        "AWS4-HMAC-SHA256 Credential=a/b",
        "AWS4-HMAC-SHA256",
        "x" * 5000,
        "AWS akid:signature",
    ],
)
def test_a_half_signature_is_refused(served: Served, header: str) -> None:
    """What is no complete signature of version 4 is IncompleteSignature."""
    assert served.send("GET", LIST, {"Host": "x", "Authorization": header})[:2] == (
        400,
        "IncompleteSignatureException",
    )


def test_wrong_secrets_and_unknown_keys_are_refused(served: Served, refused: Refused) -> None:
    """A wrong secret is an invalid signature; an unknown key or a session token an invalid token."""
    assert refused(served.client(secret_key="y" * 40).list_backup_vaults) == INVALID
    headers = served.sign("GET", LIST)
    unknown = {**headers, "Authorization": headers["Authorization"].replace("AKIA", "AKIX")}
    assert served.send("GET", LIST, unknown)[:2] == (403, "UnrecognizedClientException")
    token = served.sign("GET", LIST, X_Amz_Security_Token="token")
    assert served.send("GET", LIST, token)[:2] == (403, "UnrecognizedClientException")


@pytest.mark.parametrize(
    ("seconds", "answer"),
    [(300, (200, "")), (300.001, INVALID), (-300, (200, "")), (-300.001, INVALID)],
)
def test_both_sides_of_five_minutes(served: Served, seconds: float, answer: tuple[int, str]) -> None:
    """Five minutes before or after the server's time are within; a millisecond more is not."""
    served.clock.fixed = AT + timedelta(seconds=seconds)

    assert served.send("GET", LIST, served.sign("GET", LIST, at=AT))[:2] == answer


def test_the_words_of_an_expired_signature(served: Served) -> None:
    """As AWS says it."""
    served.clock.fixed = AT + timedelta(minutes=6)

    body = served.send("GET", LIST, served.sign("GET", LIST, at=AT))[2]

    assert json.loads(body)["Message"] == (
        "Signature expired: 20300105T120000Z is now earlier than 20300105T120100Z (20300105T120600Z - 5 min.)"
    )


def test_a_replayed_change_is_refused_for_as_long_as_it_is_valid(served: Served) -> None:
    """For two seconds its client is asked to sign anew, then it is no signature; a new one is taken."""
    served.clock.fixed = AT
    target, later = "/backup-vaults/one", AT + timedelta(seconds=1)
    headers = served.sign("PUT", target, b"{}", at=AT)

    assert served.send("PUT", target, headers, b"{}")[:2] == (200, "")
    for seconds in (0, 2):
        served.clock.fixed = AT + timedelta(seconds=seconds)
        assert served.send("PUT", target, headers, b"{}")[:2] == (429, "ThrottlingException")
    served.clock.fixed = AT + timedelta(seconds=2.001)
    assert served.send("PUT", target, headers, b"{}")[:2] == INVALID
    served.clock.fixed = AT + timedelta(minutes=5)
    assert served.send("PUT", target, headers, b"{}")[:2] == INVALID
    served.clock.fixed = AT
    again = served.send("PUT", target, served.sign("PUT", target, b"{}", at=later), b"{}")
    assert again[:2] == (400, "AlreadyExistsException")


def test_a_read_may_come_again_within_its_second(served: Served) -> None:
    """boto3 signs nothing that differs between two equal reads of a second; old ones stay refused."""
    served.clock.fixed = AT
    headers = served.sign("GET", LIST, at=AT)

    assert [served.send("GET", LIST, headers)[:2] for _ in range(2)] == [(200, "")] * 2
    served.clock.fixed = AT + timedelta(minutes=5, seconds=1)
    assert served.send("GET", LIST, headers)[:2] == INVALID


def test_what_was_signed_before_the_start_is_refused(served: Served) -> None:
    """A restarted server has forgotten what was used: it takes nothing older than itself."""
    served.clock.fixed = served_at = datetime.now(UTC) - timedelta(minutes=59, seconds=30)

    old = served.sign("GET", LIST, at=served_at - timedelta(minutes=2))
    new = served.sign("GET", LIST, at=served_at)

    assert served.send("GET", LIST, old)[:2] == INVALID
    assert served.send("GET", LIST, new)[:2] == (200, "")


def test_tampered_requests_are_refused_and_change_nothing(served: Served) -> None:
    """Body, path, query, method and a signed header: each alone breaks the signature."""
    target, body = "/backup-vaults/one", b'{"CreatorRequestId":"a"}'
    bare = served.sign("PUT", target, body, Content_Type="application/json")
    listed = served.sign("GET", f"{LIST}?maxResults=1&shared=false")

    answers = [
        served.send("PUT", target, bare, b'{"CreatorRequestId":"b"}'),
        served.send("PUT", target, bare, b""),
        served.send("PUT", "/backup-vaults/two", bare, body),
        served.send("PUT", "/backup-vaults/%6Fne", bare, body),
        served.send("PUT", "/x/../backup-vaults/one", bare, body),
        served.send("PUT", "//backup-vaults/one", bare, body),
        served.send("PUT", f"{target}#", bare, body),
        served.send("PUT", f"http://other{target}", bare, body),
        served.send("DELETE", target, bare, body),
        served.send("PUT", target, {**bare, "Content-Type": "text/plain"}, body),
        served.send("PUT", target, {**bare, "Host": "elsewhere"}, body),
        served.send("GET", f"{LIST}?maxResults=2&shared=false", listed),
        served.send("GET", f"{LIST}?maxResults=1", listed),
    ]

    assert [answer[:2] for answer in answers] == [INVALID] * len(answers)
    assert served.client().list_backup_vaults()["BackupVaultList"] == []
    assert served.send("PUT", target, bare, body)[:2] == (200, "")


def test_headers_of_aws_must_be_signed(served: Served) -> None:
    """A header of AWS that was put in later is refused."""
    headers = {**served.sign("GET", LIST), "X-Amz-Target": "elsewhere"}

    assert served.send("GET", LIST, headers)[:2] == INVALID


@pytest.mark.parametrize("hashed", ["UNSIGNED-PAYLOAD", sha256(b'{"CreatorRequestId":"a"}').hexdigest()])
def test_a_hash_that_is_not_the_bodys_is_refused(served: Served, hashed: str) -> None:
    """The signer trusts X-Amz-Content-SHA256; the server does not: it may be absent, or right."""
    target = "/backup-vaults/one"
    body = b'{"CreatorRequestId":"evil"}'
    wrong = served.sign("PUT", target, body, X_Amz_Content_SHA256=hashed)
    right = served.sign("PUT", target, body, X_Amz_Content_SHA256=sha256(body).hexdigest())

    assert served.send("PUT", target, wrong, body)[:2] == INVALID
    assert served.send("PUT", target, right, body)[:2] == (200, "")


def test_the_scope_is_this_service_a_real_region_and_the_day(served: Served) -> None:
    """A signature for another service, of another partition's Region or of another day is refused."""
    for headers in (
        served.sign("GET", LIST, service="s3"),
        served.sign("GET", LIST, region="cn-north-1"),
        served.sign("GET", LIST, region="nowhere"),
        served.sign("GET", LIST, region="eu-nowhere-1"),
    ):
        assert served.send("GET", LIST, headers)[:2] == INVALID
    day = f"/{datetime.now(UTC):%Y%m%d}/"
    headers = served.sign("GET", LIST)
    moved = headers["Authorization"].replace(day, "/20200101/")
    assert served.send("GET", LIST, {**headers, "Authorization": moved})[:2] == INVALID


def test_one_account_never_sees_anothers_data(served: Served, refused: Refused) -> None:
    """Vaults of one name are two; plans and tags of the other do not exist; Regions are apart."""
    alice, bob = served.client("alice"), served.client("bob")
    hers = alice.create_backup_vault(BackupVaultName="same", BackupVaultTags={"of": "alice"})
    his = bob.create_backup_vault(BackupVaultName="same", BackupVaultTags={"of": "bob"})
    rule = {"RuleName": "night", "TargetBackupVaultName": "same"}
    plan = alice.create_backup_plan(BackupPlan={"BackupPlanName": "hers", "Rules": [rule]})

    assert [arn["BackupVaultArn"].split(":")[4] for arn in (hers, his)] == ["111122223333", "444455556666"]
    assert bob.list_tags(ResourceArn=his["BackupVaultArn"])["Tags"] == {"of": "bob"}
    assert bob.list_backup_plans()["BackupPlansList"] == []
    assert served.client("alice", "eu-central-1").list_backup_vaults()["BackupVaultList"] == []
    for call in (
        lambda: bob.list_tags(ResourceArn=hers["BackupVaultArn"]),
        lambda: bob.get_backup_plan(BackupPlanId=plan["BackupPlanId"]),
        lambda: bob.delete_backup_plan(BackupPlanId=plan["BackupPlanId"]),
        lambda: bob.describe_backup_vault(BackupVaultName="same", BackupVaultAccountId="111122223333"),
    ):
        assert refused(call) == (400, "ResourceNotFoundException")

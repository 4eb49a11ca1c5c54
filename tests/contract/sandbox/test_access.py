"""Who is let in, and in which words others are refused."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from auditor.aws.session import Credentials, make_client
from tests.contract.sandbox.conftest import Running


def refused(call: Any, **arguments: Any) -> tuple[str, int]:
    """The code and HTTP status of the error that `call` must raise."""
    with pytest.raises(ClientError) as error:
        call(**arguments)
    return error.value.response["Error"]["Code"], error.value.response["ResponseMetadata"]["HTTPStatusCode"]


def test_the_caller_is_a_user_of_the_management_account(still: Running) -> None:
    """The printed keys are those of a user there."""
    identity = still.client("sts").get_caller_identity()

    assert (identity["Account"], identity["Arn"]) == (
        still.facts["management_account_id"],
        f"arn:aws-cn:iam::{still.facts['management_account_id']}:user/auditor",
    )


def test_a_role_of_a_member_is_assumed(still: Running) -> None:
    """The session is the member's, and ends in an hour of the client's own time."""
    given = still.client("sts").assume_role(
        RoleArn=still.role_arn("crm", "AuditorRead"), RoleSessionName="a-session", ExternalId="any"
    )
    keys = given["Credentials"]
    session = Credentials(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"])
    identity = still.client("sts", session).get_caller_identity()

    account_id = still.facts["accounts"]["crm"]
    assert identity["Account"] == account_id
    assert identity["Arn"] == f"arn:aws-cn:sts::{account_id}:assumed-role/AuditorRead/a-session"
    left = keys["Expiration"] - datetime.now(UTC)
    assert timedelta(minutes=59) < left <= timedelta(minutes=60)


def test_a_role_that_does_not_exist_is_denied(still: Running) -> None:
    """Whether the account lacks it, nobody has it, or there is no such account or partition."""
    assume = still.client("sts").assume_role
    some = still.facts["accounts"]["crm"]
    for arn in (
        still.role_arn("forensics", "AuditorRead"),
        still.role_arn("crm", "Auditorread"),
        "arn:aws-cn:iam::999999999999:role/AuditorRead",
        f"arn:aws:iam::{some}:role/AuditorRead",
    ):
        assert refused(assume, RoleArn=arn, RoleSessionName="test") == ("AccessDenied", 403), arn
    assert still.assume("forensics", "AuditorPush").access_key.startswith("ASIA")


def test_an_unknown_key_is_refused_in_each_services_words(still: Running) -> None:
    """No account is made up for a key that nobody was given."""
    nobody = Credentials("AKIAIOSFODNN7EXAMPLE", "secret")

    assert refused(still.client("sts", nobody).get_caller_identity) == ("InvalidClientTokenId", 403)
    assert refused(still.client("backup", nobody).list_backup_vaults) == ("UnrecognizedClientException", 403)
    assert refused(still.client("ec2", nobody).describe_volumes) == ("AuthFailure", 403)
    assert refused(still.client("s3", nobody).list_buckets) == ("InvalidAccessKeyId", 403)


def test_only_the_auditors_backup_calls_are_throttled_and_only_there(still: Running) -> None:
    """The fault is of one service, role, account and Region."""
    once = Config(retries={"total_max_attempts": 1})

    def client(service: str, account: str, role: str, place: str) -> Any:
        return make_client(
            service,
            still.region(place),
            credentials=still.assume(account, role),
            endpoint_url=still.facts["endpoint_url"],
            config=once,
        )

    throttled = client("backup", "dev-mobile", "AuditorRead", "secondary")
    assert refused(throttled.list_backup_plans) == ("ThrottlingException", 400)
    assert refused(throttled.list_backup_jobs) == ("ThrottlingException", 400)
    for account, role, place in (
        ("dev-mobile", "AuditorRead", "primary"),
        ("dev-mobile", "AuditorPush", "secondary"),
        ("dev-lab", "AuditorRead", "secondary"),
    ):
        assert client("backup", account, role, place).list_backup_plans()["BackupPlansList"] == []
    ec2 = client("ec2", "dev-mobile", "AuditorRead", "secondary")
    assert len(ec2.describe_volumes()["Volumes"]) == 1


def test_the_backup_service_knows_the_organization(still: Running) -> None:
    """Global settings are the management account's, and one for all; nobody else changes them."""
    member = still.client("backup", still.assume("crm", "AuditorPush"))
    on, off = ({"GlobalSettings": {"isCrossAccountBackupEnabled": value}} for value in ("true", "false"))

    still.client("backup").update_global_settings(**on)
    assert member.describe_global_settings()["GlobalSettings"]["isCrossAccountBackupEnabled"] == "true"
    assert refused(member.update_global_settings, **off) == ("InvalidRequestException", 400)
    still.client("backup").update_global_settings(**off)


def test_vault_policies_know_the_role_and_the_organization(still: Running) -> None:
    """What a policy denies to all but one role of the organization is denied to the others."""
    push, read = (
        still.client("backup", still.assume("crm", role)) for role in ("AuditorPush", "AuditorRead")
    )
    organization = still.client("organizations").describe_organization()["Organization"]["Id"]
    condition = {
        "ArnNotEquals": {"aws:PrincipalArn": still.role_arn("crm", "AuditorPush")},
        "StringEquals": {"aws:PrincipalOrgID": organization},
    }
    deny = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "backup:DeleteBackupVaultLockConfiguration",
        "Resource": "*",
        "Condition": condition,
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [deny]})
    push.create_backup_vault(BackupVaultName="guarded")
    push.put_backup_vault_access_policy(BackupVaultName="guarded", Policy=policy)

    unlock = {"BackupVaultName": "guarded"}
    assert refused(read.delete_backup_vault_lock_configuration, **unlock) == ("AccessDeniedException", 403)
    push.delete_backup_vault_lock_configuration(**unlock)
    push.delete_backup_vault(**unlock)

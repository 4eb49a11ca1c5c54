"""The real aws command line against the sandbox."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.contract.sandbox.conftest import Running

AWS = Path(sys.executable).parent / "aws"


def aws(running: Any, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run `aws` with the variables that `auditor sandbox` prints."""
    variables = {
        "AWS_ENDPOINT_URL": running.facts["endpoint_url"],
        "AWS_ACCESS_KEY_ID": running.facts["access_key"],
        "AWS_SECRET_ACCESS_KEY": running.facts["secret_key"],
        "AWS_DEFAULT_REGION": running.region("primary"),
    }
    return subprocess.run(
        [AWS, "--output", "json", *arguments],
        env=os.environ | variables,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.long
def test_sts_organizations_and_backup(still: Running) -> None:
    """Three services of one endpoint, by the printed variables alone."""
    identity = aws(still, "sts", "get-caller-identity")
    assert json.loads(identity.stdout)["Account"] == still.facts["management_account_id"], identity.stderr

    accounts = aws(still, "organizations", "list-accounts", "--query", "Accounts[].Name")
    assert sorted(json.loads(accounts.stdout)) == sorted(still.facts["accounts"]), accounts.stderr

    made = aws(still, "backup", "create-backup-vault", "--backup-vault-name", "from-the-shell")
    assert json.loads(made.stdout)["BackupVaultName"] == "from-the-shell", made.stderr
    listed = aws(still, "backup", "list-backup-vaults", "--query", "BackupVaultList[].BackupVaultName")
    assert json.loads(listed.stdout) == ["from-the-shell"], listed.stderr
    assert (
        aws(still, "backup", "delete-backup-vault", "--backup-vault-name", "from-the-shell").returncode == 0
    )


def test_a_denied_role_is_an_error_with_aws_text(still: Running) -> None:
    """The command fails as it would with AWS."""
    arn = still.role_arn("forensics", "AuditorRead")
    failed = aws(still, "sts", "assume-role", "--role-arn", arn, "--role-session-name", "test")

    assert failed.returncode != 0
    assert "(AccessDenied)" in failed.stderr
    caller = f"arn:aws-cn:iam::{still.facts['management_account_id']}:user/auditor"
    said = f"User: {caller} is not authorized to perform: sts:AssumeRole on resource: {arn}"
    assert said in failed.stderr


def test_a_profile_with_a_role_works(still: Running, tmp_path: Path) -> None:
    """role_arn and source_profile of the configuration file lead into a member."""
    (tmp_path / "config").write_text(
        "[profile member]\ncredential_source = Environment\n"
        f"role_arn = {still.role_arn('crm', 'AuditorRead')}\n",
        encoding="utf-8",
    )
    variables = {
        "AWS_ENDPOINT_URL": still.facts["endpoint_url"],
        "AWS_ACCESS_KEY_ID": still.facts["access_key"],
        "AWS_SECRET_ACCESS_KEY": still.facts["secret_key"],
        "AWS_CONFIG_FILE": str(tmp_path / "config"),
        "HOME": str(tmp_path),
    }
    found = subprocess.run(
        [AWS, "--profile", "member", "--region", still.region("primary"), "--output", "json",
         "ec2", "describe-volumes", "--query", "length(Volumes)"],
        env=os.environ | variables, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (found.stdout.strip(), found.returncode) == ("3", 0), found.stderr

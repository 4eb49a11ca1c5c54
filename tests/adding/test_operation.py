"""docs/contributing/operation.md, followed in a copy: boto3 is answered, and page and counts have it."""

import json
from pathlib import Path

import pytest

from tests.adding.walkthrough import ROOT, copied, follow, run

NAME = "GetRecoveryPointIndexDetails"
MODULE = "auditor/executor/operations/indexes.py"
#: A recovery point in a vault, asked of by boto3; then one that is not there.
ASK = """
import json, sys
from datetime import UTC, datetime
from threading import Thread
from wsgiref.simple_server import WSGIRequestHandler, make_server
import boto3
from sqlalchemy import insert
from auditor.executor.app import BackupService, make_app
from auditor.executor.database.database import Database
from auditor.executor.database.sql_tables import recovery_points
WSGIRequestHandler.log_message = lambda *_: None
database = Database.open()
service = BackupService(database, lambda: datetime(2026, 1, 5, tzinfo=UTC), ())
app = make_app(service, lambda _: ("123456789012", "eu-west-1", "aws"))
server = make_server("127.0.0.1", 0, app)
Thread(target=server.serve_forever, daemon=True).start()
backup = boto3.client(
    "backup", "eu-west-1", endpoint_url=f"http://127.0.0.1:{server.server_port}",
    aws_access_key_id="key", aws_secret_access_key="secret",
)
backup.create_backup_vault(BackupVaultName="night")
point = {"arn": "arn:aws:ec2:eu-west-1::snapshot/snap-1", "vault_name": "night", "resource_arn": "volume"}
place = {"account_id": "123456789012", "region": "eu-west-1"}
others = {"resource_type": "EBS", "created": 0, "status": "COMPLETED", "document": b"{}", "tags": b"{}"}
with database.write() as connection:
    connection.execute(insert(recovery_points).values(**point, **place, **others))
ask = backup.get_recovery_point_index_details
answer = ask(BackupVaultName="night", RecoveryPointArn=point["arn"])
del answer["ResponseMetadata"]
try:
    ask(BackupVaultName="night", RecoveryPointArn="arn:aws:ec2:eu-west-1::snapshot/snap-2")
except backup.exceptions.ResourceNotFoundException as error:
    refusal = error.response["Error"]["Message"]
print(json.dumps([answer, refusal]))
"""


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project in which the page was followed, up to `make docs`."""
    names = ("auditor", "docs/executor-operations.md", "README.md", "scripts/operations_page.py")
    folder = copied(tmp_path_factory.mktemp("copy"), *names)
    assert follow("operation.md", folder) == [MODULE]
    done = run(folder, "scripts/operations_page.py")
    assert done.returncode == 0, done.stderr
    return folder


def test_boto3_is_answered(copy: Path) -> None:
    """With what the operation says, and with its error."""
    done = run(copy, "-c", ASK)
    assert done.returncode == 0, done.stderr
    arn = "arn:aws:ec2:eu-west-1::snapshot/snap-"
    assert json.loads(done.stdout) == [
        {
            "RecoveryPointArn": f"{arn}1",
            "BackupVaultArn": "arn:aws:backup:eu-west-1:123456789012:backup-vault:night",
            "SourceResourceArn": "volume",
        },
        f"Recovery point {arn}2 does not exist in backup vault night.",
    ]


@pytest.mark.parametrize("file", ["docs/executor-operations.md", "README.md"])
def test_the_page_and_the_counts_have_it(copy: Path, file: str) -> None:
    """One more operation is offered, and nothing else has changed."""
    old, new = ((folder / file).read_text().splitlines() for folder in (ROOT, copy))
    (offered,) = [line for line in old if " of 115 operations" in line or " of its 115 operations" in line]
    count = next(word for word in offered.split() if word.isdigit())
    changed = [pair for pair in zip(old, new, strict=True) if pair[0] != pair[1]]
    row = f"| {NAME} | `GET /backup-vaults/{{backupVaultName}}/recovery-points/{{recoveryPointArn}}/index` |"
    expected = [(offered, offered.replace(f" {count} of", f" {int(count) + 1} of", 1))]
    if file != "README.md":
        expected = [(offered, f"{int(count) + 1} {offered.partition(' ')[2]}")]
        expected += [
            (f"{row} not offered |", f"{row} offered: it has no index, so neither status nor times |")
        ]
    assert changed == expected

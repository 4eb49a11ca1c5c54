"""`auditor executor run` and `serve` as their users run them, with moto as the services' own APIs."""

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine

from auditor.aws.session import Credentials, make_client
from auditor.executor.database.database import Database
from auditor.executor.operations import notifications, plans, selections, vaults
from auditor.executor.scope import AccountRegion
from auditor.executor.service import BackupService
from auditor.executor.simulation.drivers import null_drivers

ACCOUNT, REGION = "123456789012", "eu-west-1"
TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT}:backups"
KEY, SECRET = "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY00"
AWS = Path(sys.executable).with_name("aws")


@pytest.fixture
def environment(native: str) -> dict[str, str]:
    """The caller's credentials in moto, and the server's key for `backup`."""
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("AWS_")},
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_ENDPOINT_URL": native,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
    }


@pytest.fixture
def volume(native: str) -> str:
    """A volume in moto that the plan of `database` selects, four hours old."""
    ec2 = make_client("ec2", REGION, credentials=Credentials("testing", "testing"), endpoint_url=native)
    tags = [{"ResourceType": "volume", "Tags": [{"Key": "backup", "Value": "yes"}]}]
    with time_machine.travel(datetime.now(UTC) - timedelta(hours=4)):
        made = ec2.create_volume(AvailabilityZone=f"{REGION}a", Size=1, TagSpecifications=tags)
    return str(made["VolumeId"])


@pytest.fixture(params=["file", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database as it was left three hours ago: a vault and an hourly plan of the tag `backup`."""
    file, then = str(tmp_path / "executor.db"), datetime.now(UTC) - timedelta(hours=3)
    given = request.getfixturevalue("postgres_url") if request.param == "postgresql" else file
    opened = Database.open(given if given != file else f"sqlite:///{file}")
    service = BackupService(opened, lambda: then, null_drivers({}, {}, "aws"))
    scope = AccountRegion(ACCOUNT, REGION, "aws")
    vaults.create_backup_vault(service, scope, {"BackupVaultName": "hourly"})
    topic = {"SNSTopicArn": TOPIC, "BackupVaultEvents": ["BACKUP_JOB_COMPLETED"]}
    notifications.put_backup_vault_notifications(service, scope, {"BackupVaultName": "hourly"} | topic)
    rule = {
        "RuleName": "hour",
        "TargetBackupVaultName": "hourly",
        "ScheduleExpression": "cron(0 * ? * * *)",
        "StartWindowMinutes": 60,
    }
    plan = plans.create_backup_plan(
        service, scope, {"BackupPlan": {"BackupPlanName": "hourly", "Rules": [rule]}}
    )
    selection = {
        "SelectionName": "tagged",
        "IamRoleArn": f"arn:aws:iam::{ACCOUNT}:role/backup",
        "ListOfTags": [{"ConditionType": "STRINGEQUALS", "ConditionKey": "backup", "ConditionValue": "yes"}],
    }
    assigned = {"BackupPlanId": plan["BackupPlanId"], "BackupSelection": selection}
    selections.create_backup_selection(service, scope, assigned)
    opened.close()
    return str(given)


def run(database: str, environment: dict[str, str], *more: str) -> "subprocess.CompletedProcess[str]":
    """Run `auditor executor run`."""
    command = [sys.executable, "-m", "auditor", "executor", "run", "--database", database, *more]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture
def serving(database: str, environment: dict[str, str], tmp_path: Path) -> Iterator[tuple[Any, str]]:
    """A running `auditor executor serve`, and its endpoint."""
    row = {"access_key": KEY, "secret_key": SECRET, "account": ACCOUNT, "partition": "aws"}
    keys = tmp_path / "credentials.yaml"
    organization = {"id": "o-exampleorgid", "management_account_id": "999999999999"}
    keys.write_text(json.dumps({"credentials": [row], "organization": organization}))
    keys.chmod(0o600)
    arguments = ["--database", database, "--credentials", str(keys), "--port", "0", "--run-every", "1"]
    process = subprocess.Popen(
        [sys.executable, "-m", "auditor", "executor", "serve", *arguments],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    yield process, process.stdout.readline().strip()
    if process.poll() is None:
        process.kill()
    process.communicate()


def subscribed(native: str) -> Callable[[], list[str]]:
    """A topic with a queue on it; gives what reads the ids that came."""
    keys = Credentials("testing", "testing")
    sns, sqs = (make_client(name, REGION, credentials=keys, endpoint_url=native) for name in ("sns", "sqs"))
    url = sqs.create_queue(QueueName="backups")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    topic = sns.create_topic(Name="backups")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)

    def read() -> list[str]:
        """The jobs that were told of."""
        found = []
        while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            for message in messages:
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
                found.append(json.loads(message["Body"])["MessageAttributes"]["Id"]["Value"])
        return found

    return read


@pytest.mark.long
@pytest.mark.sql
def test_run_makes_what_can_still_be_made_once(
    database: str, environment: dict[str, str], volume: str, native: str
) -> None:
    """What is too late is EXPIRED, and told; nothing is dated back; a second run makes no new job."""
    heard = subscribed(native)
    until = datetime.now(UTC) - timedelta(minutes=30)

    first = run(database, environment, "--until", until.isoformat())
    again = run(database, environment, "--until", until.isoformat())

    assert (first.returncode, again.returncode, again.stdout) == (0, 0, "")
    told = [json.loads(line) for line in first.stderr.splitlines()]
    mine = [line for line in told if line["resource_arn"].endswith(volume)]
    states = Counter(line["state"] for line in mine)
    assert states["EXPIRED"] >= 1
    assert set(states) <= {"EXPIRED", "RUNNING", "CREATED"}
    hours = {until.replace(minute=0, second=0) - timedelta(hours=back) for back in range(4)}
    assert len(mine) == len({hour for hour in hours if hour > datetime.now(UTC) - timedelta(hours=3)})
    ec2 = make_client("ec2", REGION, credentials=Credentials("testing", "testing"), endpoint_url=native)
    found = ec2.describe_snapshots(Filters=[{"Name": "volume-id", "Values": [volume]}])["Snapshots"]
    assert len(found) == states["RUNNING"]
    assert {(line["account_id"], bool(line["job_id"])) for line in mine} == {(ACCOUNT, True)}
    ended = [line["job_id"] for line in told if line["state"] == "EXPIRED"]
    assert sorted(heard()) == sorted(ended)


@pytest.mark.long
def test_run_refuses_the_future(database: str, environment: dict[str, str]) -> None:
    """Backups of tomorrow are not made today; the simulation is named."""
    done = run(database, environment, "--until", "2999-01-01T00:00:00Z")

    assert done.returncode == 2
    assert "executor simulate" in done.stderr


@pytest.mark.long
def test_the_aws_command_line_works_and_a_signal_ends_it(
    serving: tuple[Any, str], environment: dict[str, str], database: str, tmp_path: Path
) -> None:
    """The real command against the real server; SIGTERM ends it with 0.

    A second executor is kept off a file, and shares the work of a database on PostgreSQL.
    """
    process, endpoint = serving
    signing = environment | {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET,
    }

    def aws(*arguments: str, **changed: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [AWS, "backup", *arguments, "--output", "json"],
            env=signing | changed,
            capture_output=True,
            text=True,
            check=False,
        )

    made = json.loads(aws("create-backup-vault", "--backup-vault-name", "cli").stdout)
    listed = json.loads(aws("list-tags", "--resource-arn", made["BackupVaultArn"]).stdout)
    wrong = aws("list-backup-vaults", AWS_SECRET_ACCESS_KEY="x" * 40)
    member = aws("update-global-settings", "--global-settings", "isCrossAccountBackupEnabled=true")
    second = run(database, environment, "--credentials", str(tmp_path / "credentials.yaml"))
    process.send_signal(signal.SIGTERM)
    _, log = process.communicate()

    assert made["BackupVaultArn"] == f"arn:aws:backup:{REGION}:{ACCOUNT}:backup-vault:cli"
    assert listed == {"Tags": {}}
    assert wrong.returncode != 0
    assert "(InvalidSignatureException)" in wrong.stderr
    assert "Only the organization's management account can change global settings." in member.stderr
    kept_off = not database.startswith("postgresql:")
    assert (second.returncode, "another executor runs on" in second.stderr) == (int(kept_off), kept_off)
    assert process.returncode == 0
    events = [json.loads(line)["event"] for line in log.splitlines()]
    assert (events[0], events[-1]) == ("serving", "stopped")

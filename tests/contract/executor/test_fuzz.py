"""Every operation under requests made from its shapes, most of them wrong in some place.

Whatever comes in: a right answer or an error that the operation declares, never a 500, and nothing is changed
after an error or by a reading operation.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any
from urllib.parse import quote

import moto  # noqa: F401 -- hooks into botocore sessions that are made after its import
import pytest
import time_machine
from botocore.model import Shape
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from moto import mock_aws
from sqlalchemy import delete, insert, select

from auditor.aws.session import Credentials, make_client
from auditor.executor.api.protocol import service_model
from auditor.executor.api.shapes import wire_name
from auditor.executor.app import BackupService, make_app
from auditor.executor.catalog.catalog import Catalog
from auditor.executor.catalog.tables import METADATA
from auditor.executor.engine.scheduler import run_all
from auditor.executor.operations import OPERATIONS
from auditor.executor.scope import Scope
from auditor.executor.services import make_drivers

ACCOUNT = "123456789012"
START = datetime(2026, 1, 5, tzinfo=UTC)
ROLE = f"arn:aws:iam::{ACCOUNT}:role/backup"
MODEL = service_model()
HOSTILE: list[Any] = [
    None, "", " ", "x", "x" * 5000, "\x00", "a/b%2Fc", "../..", "é✓\U0001f512\u202e", "\ud800", "*", "-1",
    "arn:aws:backup", "arn:aws:backup:eu-west-1:123456789012:backup-vault:\n", "'; drop table vaults; --",
    0, -1, 7, 2**31, 2**63, -(2**63) - 1, 10**400, 1.5, 1e308, True, [], [None], [[]], {}, {"": None},
    {"x": {"y": []}},
]  # fmt: skip
DOCUMENTS = [
    "{}",
    '{"Statement": [{"Effect": "Deny", "Principal": "*", "Action": "backup:ListTags", "Resource": "*"}]}',
    '{"BackupPlanName": "p", "Rules": [{"RuleName": "r", "TargetBackupVaultName": "night"}]}',
]


@dataclass
class Target:
    """An application over a filled catalog, and values that mean something there, by member's name."""

    application: Callable[..., Any]
    service: BackupService
    known: dict[str, list[Any]]
    examples: int
    pristine: list[list[Any]] = field(default_factory=list)

    def rewind(self) -> None:
        """Bring the catalog back to its first state."""
        if self.state() == self.pristine:
            return
        with self.service.catalog.write() as connection:
            for table, rows in zip(METADATA.sorted_tables, self.pristine, strict=True):
                connection.execute(delete(table))
                if rows:
                    connection.execute(insert(table), [row._asdict() for row in rows])

    def state(self) -> list[list[Any]]:
        """Every row of the catalog."""
        with self.service.catalog.read() as connection:
            return [
                list(connection.execute(select(table).order_by(*table.primary_key)))
                for table in METADATA.sorted_tables
            ]

    def send(self, method: str, path: str, query: str, body: bytes) -> tuple[int, str, bytes]:
        """Status, error type and body of the answer."""
        environ = {
            "REQUEST_METHOD": method,
            "RAW_URI": f"{path}?{query}" if query else path,
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.input": BytesIO(body),
        }
        started: list[Any] = []
        answer = b"".join(self.application(environ, lambda *told: started.extend(told)))
        return int(started[0][:3]), dict(started[1]).get("x-amzn-errortype", ""), answer


@pytest.fixture(scope="module", params=["memory", pytest.param("postgresql", marks=pytest.mark.postgres)])
def target(request: pytest.FixtureRequest) -> Iterator[Target]:
    """A service with one of each thing that there is."""
    url, examples = "sqlite://", 30
    if request.param == "postgresql":
        (url, empty), examples = request.getfixturevalue("postgres_catalog"), 5
    keys = Credentials("testing", "testing")
    with (
        pytest.MonkeyPatch.context() as patch,
        mock_aws(),
        time_machine.travel(START, tick=False) as traveller,
    ):
        patch.setenv("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")
        clients: dict[tuple[str, str], Any] = {}

        def client(service: str, _account: str, region: str) -> Any:
            if (service, region) not in clients:
                clients[service, region] = make_client(service, region, credentials=keys)
            return clients[service, region]

        drivers = make_drivers(client, lambda: datetime.now(UTC))
        catalog = Catalog.open(url)
        service = BackupService(catalog, lambda: datetime.now(UTC), drivers)
        application = make_app(service, lambda _: (ACCOUNT, "eu-west-1", "aws"))
        volume = client("ec2", ACCOUNT, "eu-west-1").create_volume(AvailabilityZone="eu-west-1a", Size=1)
        known = fill(service, volume["VolumeId"], traveller.move_to)
        filled = Target(application, service, known, examples)
        filled.pristine = filled.state()
        yield filled
        catalog.close()
    if request.param == "postgresql":
        empty()


def fill(service: BackupService, volume_id: str, move_to: Callable[[datetime], None]) -> dict[str, list[Any]]:
    """Make one of each thing and give the names of all."""
    scope, arn = Scope(ACCOUNT, "eu-west-1", "aws"), f"arn:aws:ec2:eu-west-1:{ACCOUNT}:volume/{volume_id}"

    def call(name: str, **params: Any) -> Any:
        return OPERATIONS[name](service, scope, params)

    for vault in ("night", "day"):
        call("CreateBackupVault", BackupVaultName=vault)
    start = {"BackupVaultName": "night", "ResourceArn": arn, "IamRoleArn": ROLE}
    job = call("StartBackupJob", **start)["BackupJobId"]
    run_all(service, START + timedelta(hours=1), set_time=move_to)
    waiting = call("StartBackupJob", **start)["BackupJobId"]
    point = call("DescribeBackupJob", BackupJobId=job)["RecoveryPointArn"]
    rule = {"RuleName": "r", "TargetBackupVaultName": "night"}
    plan = call("CreateBackupPlan", BackupPlan={"BackupPlanName": "gold", "Rules": [rule]})
    chosen = {"SelectionName": "s", "IamRoleArn": ROLE, "Resources": ["*"]}
    selection = call("CreateBackupSelection", BackupPlanId=plan["BackupPlanId"], BackupSelection=chosen)
    hold = call("CreateLegalHold", Title="t", Description="d", RecoveryPointSelection={"VaultNames": ["day"]})
    day = f"arn:aws:backup:eu-west-1:{ACCOUNT}:backup-vault:day"
    copy = call(
        "StartCopyJob",
        RecoveryPointArn=point,
        SourceBackupVaultName="night",
        DestinationBackupVaultArn=day,
        IamRoleArn=ROLE,
    )
    restore = call("StartRestoreJob", RecoveryPointArn=point, Metadata={"availabilityZone": "eu-west-1a"})
    control = {"ControlName": "BACKUP_RECOVERY_POINT_ENCRYPTED"}
    call("CreateFramework", FrameworkName="f", FrameworkControls=[control])
    reports = {"S3BucketName": "reports"}
    template = {"ReportTemplate": "COPY_JOB_REPORT"}
    call("CreateReportPlan", ReportPlanName="p", ReportDeliveryChannel=reports, ReportSetting=template)
    points = {"Algorithm": "LATEST_WITHIN_WINDOW", "IncludeVaults": ["*"], "RecoveryPointTypes": ["SNAPSHOT"]}
    testing = {"RestoreTestingPlanName": "t", "ScheduleExpression": "cron(0 5 ? * * *)"}
    call("CreateRestoreTestingPlan", RestoreTestingPlan=testing | {"RecoveryPointSelection": points})
    tested = {"IamRoleArn": ROLE, "ProtectedResourceType": "EBS", "ProtectedResourceArns": ["*"]}
    call(
        "CreateRestoreTestingSelection",
        RestoreTestingPlanName="t",
        RestoreTestingSelection=tested | {"RestoreTestingSelectionName": "s"},
    )
    return {
        "BackupVaultName": ["night", "day", "new"],
        "SourceBackupVaultName": ["night"],
        "TargetBackupVaultName": ["night"],
        "BackupPlanId": [plan["BackupPlanId"]],
        "VersionId": [plan["VersionId"]],
        "SelectionId": [selection["SelectionId"]],
        "LegalHoldId": [hold["LegalHoldId"]],
        "RecoveryPointArn": [point],
        "ResourceArn": [arn, day, plan["BackupPlanArn"], hold["LegalHoldArn"], point],
        "BackupJobId": [job, waiting],
        "CopyJobId": [copy["CopyJobId"]],
        "RestoreJobId": [restore["RestoreJobId"]],
        "IamRoleArn": [ROLE],
        "DestinationBackupVaultArn": [day],
        "FrameworkName": ["f", "g"],
        "ReportPlanName": ["p", "q"],
        "RestoreTestingPlanName": ["t", "u"],
        "RestoreTestingSelectionName": ["s", "u"],
        "ControlName": ["BACKUP_RECOVERY_POINT_ENCRYPTED"],
        "ReportTemplate": ["COPY_JOB_REPORT"],
        "ScheduleExpression": ["cron(0 5 ? * * *)", "rate(1 day)"],
        "ScheduleExpressionTimezone": ["Europe/Zurich"],
        "ResourceType": ["EBS"],
        "ProtectedResourceType": ["EBS"],
        "Policy": DOCUMENTS,
        "BackupPlanTemplateJson": DOCUMENTS,
        "Resources": [["*"], [arn]],
        "NextToken": ["W10=", "WzFd", "bnVsbA=="],
    }


@st.composite
def value(  # noqa: PLR0911 -- a case a kind of shape
    draw: st.DrawFn, shape: Shape, name: str, known: dict[str, list[Any]]
) -> Any:
    """Something of `shape`, or once in a while anything."""
    if draw(st.integers(0, 14)) == 14:
        return draw(st.sampled_from(HOSTILE))
    if name in known:
        return draw(st.sampled_from(known[name]))
    kind = shape.type_name
    if kind == "structure":
        return {
            wire_name(key, member): draw(value(member, key, known))
            for key, member in shape.members.items()  # type: ignore[attr-defined]
            if draw(st.integers(0, 19)) < (19 if key in shape.required_members else 7)  # type: ignore[attr-defined]
        }
    if kind == "list":
        return [draw(value(shape.member, name, known)) for _ in range(draw(st.integers(0, 2)))]  # type: ignore[attr-defined]
    if kind == "map":
        return {
            draw(st.sampled_from(["a", "EBS", "availabilityZone", "é"])): draw(value(shape.value, "", known))
        }  # type: ignore[attr-defined]
    if kind in {"integer", "long"}:
        return draw(st.sampled_from([-1, 0, 1, 3, 90, 480, 36_500, 36_501]))
    if kind == "boolean":
        return draw(st.booleans())
    if kind == "timestamp":
        return draw(st.sampled_from([0, 1767571200, 1767574800.5, "2026-01-05T00:00:00Z", 1e12]))
    choices = shape.metadata.get("enum")
    return draw(st.sampled_from(list(choices) if choices else ["example_1", ACCOUNT, "é", "x" * 300]))


@st.composite
def request(draw: st.DrawFn, name: str, known: dict[str, list[Any]]) -> tuple[str, str, str, bytes]:
    """Method, path, query and body."""
    operation = MODEL.operation_model(name)
    path, _, literal = operation.http["requestUri"].partition("?")
    query, body = [literal] if literal else [], {}
    members = operation.input_shape.members if operation.input_shape else {}
    for key, member in members.items():
        place, wire = member.serialization.get("location", "body"), wire_name(key, member)
        found = draw(value(member, key, known))
        if place == "uri":
            text = found if isinstance(found, str) else json.dumps(found)
            safe = draw(st.sampled_from(["", "", "/:", "/:%"]))
            path = path.replace(f"{{{wire}}}", quote(text.encode(errors="surrogatepass"), safe=safe))
        elif draw(st.integers(0, 9)) < (9 if key in operation.input_shape.required_members else 4):
            if place == "body":
                body[wire] = found
            else:
                text = found if isinstance(found, str) else json.dumps(found)
                query.append(f"{wire}={quote(text.encode(errors='surrogatepass'))}")
    raw = (
        draw(st.sampled_from([b"", b"{", b"[]", b"\xff", b"null"]))
        if draw(st.integers(0, 29)) == 29
        else None
    )
    return operation.http["method"], path, "&".join(query), json.dumps(body).encode() if raw is None else raw


@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_requests_of_every_kind(target: Target, name: str) -> None:
    """A declared error changes nothing; a reading operation neither; nothing is a 500."""
    declared = {shape.name for shape in MODEL.operation_model(name).error_shapes}
    declared |= {"UnknownOperationException", "AccessDeniedException"}
    others = {
        error.name for other in MODEL.operation_names for error in MODEL.operation_model(other).error_shapes
    }

    @settings(
        max_examples=target.examples,
        deadline=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(made=request(name, target.known))
    def check(made: tuple[str, str, str, bytes]) -> None:
        target.rewind()
        status, code, answer = target.send(*made)
        assert status < 500 or status == 501, (made, code, answer)
        if status >= 400:
            # a path that was made ambiguous may be another operation's
            assert code in declared or (code in others and "/" in made[1]), (made, code, answer)
            assert json.loads(answer)["Code"] == code
        elif answer:
            json.loads(answer)
        if status >= 400 or made[0] == "GET":
            assert target.state() == target.pristine, (made, answer)

    check()

"""Raw answers: what botocore would say, without its walk over the shapes."""

from datetime import UTC, datetime
from threading import Event
from typing import Any

import botocore.session
import orjson
import pyarrow as pa
import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import ClientError
from botocore.parsers import ResponseParserError

from auditor.aws.parsing import RawParserFactory, epoch_seconds
from auditor.aws.reader import Reader
from auditor.aws.session import Credentials, Sessions, make_client
from auditor.collect.run import COLLECTORS

#: JSON operations that are read raw, beside those with a layout.
RAW = {
    "backup": [
        "DescribeRegionSettings",
        "GetBackupPlan",
        "GetBackupSelection",
        "ListBackupJobs",
        "ListBackupPlanVersions",
        "ListBackupPlans",
        "ListBackupSelections",
        "ListBackupVaults",
        "ListCopyJobs",
        "ListRecoveryPointsByBackupVault",
        "ListRestoreJobs",
    ],
    "dynamodb": ["DescribeTable", "ListTables"],
    "kms": ["DescribeKey"],
    "organizations": [
        "DescribeOrganization",
        "ListAccountsForParent",
        "ListOrganizationalUnitsForParent",
        "ListRoots",
    ],
    "resourcegroupstaggingapi": ["GetResources"],
}


@pytest.mark.parametrize(
    ("service", "operation"), [(service, operation) for service in RAW for operation in RAW[service]]
)
def test_members_are_called_the_same_on_the_wire(service: str, operation: str) -> None:
    """No member of an answer that is read raw has another name there, or travels in a header."""
    model = botocore.session.get_session().get_service_model(service).operation_model(operation)
    renamed: list[str] = []

    def walk(shape: Any, seen: frozenset[str]) -> None:
        if shape.type_name == "structure" and shape.name not in seen:
            for name, member in shape.members.items():
                serialization = member.serialization
                if serialization.get("name", name) != name or "location" in serialization:
                    renamed.append(f"{shape.name}.{name}")
                walk(member, seen | {shape.name})
        elif shape.type_name == "list":
            walk(shape.member, seen)

    whole = model.output_shape
    assert whole is not None
    walk(whole, frozenset())
    assert (renamed, "payload" in whole.serialization) == ([], False)


def test_layouts_name_members_that_the_model_has() -> None:
    """Every member that a layout reads is one of the operation's answer, with a type that fits."""
    model = botocore.session.get_session().get_service_model("backup")
    fits = {"string": "string", "timestamp": "double", "long": "int64", "boolean": "bool"}
    unknown: list[str] = []

    def walk(kind: pa.DataType, shape: Any, path: str) -> None:
        if pa.types.is_list(kind):
            walk(kind.value_type, shape.member, path)
        elif pa.types.is_struct(kind):
            unknown.extend(f"{path}.{field.name}" for field in kind if field.name not in shape.members)
            for field in kind:
                if field.name in shape.members:
                    walk(field.type, shape.members[field.name], f"{path}.{field.name}")
        elif fits[shape.type_name] != str(kind):
            unknown.append(f"{path}: {shape.type_name}")

    for collector in COLLECTORS:
        for shape_name, layout in collector.layouts.items():
            walk(pa.struct(list(layout)), model.shape_for(shape_name), shape_name)
    assert unknown == []


#: What is read of ListBackupJobs here.
JOB_IDS = pa.schema(
    [("BackupJobs", pa.list_(pa.struct([("BackupJobId", pa.string())]))), ("NextToken", pa.string())]
)


class Body:
    """The body of an answer, as urllib3 gives it."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def stream(self, **_more: Any) -> list[bytes]:
        """Give it in one piece."""
        return [self._data]


def raw_client(
    monkeypatch: pytest.MonkeyPatch, service: str, data: bytes, status: int = 200, **layouts: Any
) -> Any:
    """A client with raw parsers whose every request has one answer."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIATEST")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    identity = (
        b"<R><GetCallerIdentityResult><Arn>arn:aws:iam::123456789012:user/x</Arn>"
        b"<Account>123456789012</Account></GetCallerIdentityResult></R>"
    )
    answers = {"sts": (200, identity)}

    def answer(request: Any, event_name: str, **_event: Any) -> AWSResponse:
        code, body = answers.get(event_name.split(".")[1], (status, data))
        return AWSResponse(request.url, code, HTTPHeaders(), Body(body))

    original = botocore.session.Session.create_client

    def create(session: Any, *arguments: Any, **more: Any) -> Any:
        client = original(session, *arguments, **more)
        client.meta.events.register("before-send", answer)  # type: ignore[arg-type]  # an answer ends the sending
        return client

    monkeypatch.setattr(botocore.session.Session, "create_client", create)
    sessions = Sessions.from_environment(role_name="AuditorRead", regions=("eu-west-1",))
    parsers = RawParserFactory(layouts)
    reader = Reader(sessions, "123456789012", "eu-west-1", parsers=parsers, stop=Event())
    clients = sessions.reading(parsers)
    monkeypatch.setattr(clients._calling, "reading", reader, raising=False)
    return clients.client(service, "eu-west-1")


def test_json_is_left_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """Times stay seconds, and what the model does not know is there too."""
    vault = {"BackupVaultName": "gold", "CreationDate": 1767225600.5, "Newest": [1]}
    client = raw_client(monkeypatch, "backup", orjson.dumps({"BackupVaultList": [vault]}))
    assert client.list_backup_vaults()["BackupVaultList"] == [vault]


def test_a_layout_makes_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only what it names is read; the next token is text."""
    body = b'{"BackupJobs": [\n{"BackupJobId": "a", "State": "COMPLETED"}, {"State": "1"}], "NextToken": "t"}'
    client = raw_client(monkeypatch, "backup", body, ListBackupJobsOutput=JOB_IDS)
    answer = client.list_backup_jobs()
    assert (answer["BackupJobs"].to_pylist(), answer["NextToken"]) == (
        [{"BackupJobId": "a"}, {"BackupJobId": None}],
        "t",
    )


@pytest.mark.parametrize("body", [b"{}", b'{"BackupJobs": null}'])
def test_a_list_that_is_not_there_is_no_empty_one(monkeypatch: pytest.MonkeyPatch, body: bytes) -> None:
    """Missing or null: the answer does not have it."""
    last = raw_client(monkeypatch, "backup", body, ListBackupJobsOutput=JOB_IDS).list_backup_jobs()
    assert last.keys() == {"ResponseMetadata"}


def test_an_empty_list_has_no_items(monkeypatch: pytest.MonkeyPatch) -> None:
    """The last page has no next token."""
    body = b'{"BackupJobs": []}'
    last = raw_client(monkeypatch, "backup", body, ListBackupJobsOutput=JOB_IDS).list_backup_jobs()
    assert (last["BackupJobs"].to_pylist(), "NextToken" in last) == ([], False)


@pytest.mark.parametrize(
    "body",
    [
        *(b"<html>", b"[1]", b'{"BackupJobs": "no list"}', b"null", b'{"BackupJobs": []} {}', b""),
        *(b" null", b"true", b"[null]", b"{}null", b"\xef\xbb\xbf{}", b"{null}", b"\x00"),
        *(b'{"BackupJobs": [{"BackupJobId": "\xff"}]}', b'{"BackupJobs": [5]}'),
    ],
)
def test_an_answer_of_another_form_is_an_error(monkeypatch: pytest.MonkeyPatch, body: bytes) -> None:
    """It never becomes an empty listing."""
    with pytest.raises(ResponseParserError):
        raw_client(monkeypatch, "backup", body, ListBackupJobsOutput=JOB_IDS).list_backup_jobs()


def test_errors_are_read_by_botocore(monkeypatch: pytest.MonkeyPatch) -> None:
    """The code and the modelled exception are as ever."""
    body = b'{"Code": "ResourceNotFoundException", "Message": "no such plan"}'
    client = raw_client(monkeypatch, "backup", body, status=400)
    with pytest.raises(ClientError) as caught:
        client.get_backup_plan(BackupPlanId="p")
    assert type(caught.value) is client.exceptions.ResourceNotFoundException
    assert caught.value.response["Error"] == {"Code": "ResourceNotFoundException", "Message": "no such plan"}


def test_times_of_xml_are_seconds_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """EC2 writes ISO 8601."""
    body = (
        b'<DescribeVolumesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><volumeSet><item><volumeId>v</volumeId>'
        b"<createTime>2026-01-01T00:00:00.250Z</createTime></item></volumeSet></DescribeVolumesResponse>"
    )
    volumes = raw_client(monkeypatch, "ec2", body).describe_volumes()["Volumes"]
    assert volumes == [{"VolumeId": "v", "CreateTime": 1767225600.25}]


@pytest.mark.parametrize(
    "value",
    [
        1767225600.0,
        1767225600,
        "1767225600",
        "2026-01-01T00:00:00Z",
        "2026-01-01T00:00:00",
        "2026-01-01T08:00:00+08:00",
    ],
)
def test_a_time_in_any_form_is_the_same_moment(value: str | float) -> None:
    """Without an offset it is UTC."""
    assert epoch_seconds(value) == datetime(2026, 1, 1, tzinfo=UTC).timestamp()


def test_a_client_can_be_answered_before_it_sends() -> None:
    """`before_send` sees each request; what it returns is the answer."""
    seen: list[str] = []

    def answer(request: Any, **_event: Any) -> AWSResponse:
        seen.append(request.url)
        return AWSResponse(request.url, 200, HTTPHeaders(), Body(b'{"BackupPlansList": []}'))

    client = make_client(
        "backup",
        "cn-north-1",
        credentials=Credentials("AKIATEST", "secret"),
        endpoint_url="http://127.0.0.1:1",
        before_send=answer,
    )
    assert client.list_backup_plans()["BackupPlansList"] == []
    assert seen == ["http://127.0.0.1:1/backup/plans/"]


def test_secrets_are_not_shown() -> None:
    """A log or a traceback shows the key id alone."""
    assert repr(Credentials("AKIATEST", "secret", "token")) == "Credentials(access_key='AKIATEST')"

import http.client
import json
import re
import socket
import sys
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from auditor.executor.service import OrganizationMembership
from auditor.executor.serving.credentials import load_credentials
from auditor.model.errors import UsageError
from auditor.serving import logs
from auditor.serving.server import Server
from tests.contract.executor_serving.conftest import Served

if TYPE_CHECKING:
    from collections.abc import Iterable
    from wsgiref.types import StartResponse, WSGIEnvironment

ROW = {
    "access_key": "AKIAIOSFODNN7EXAMPLE",
    "secret_key": "s" * 40,
    "account": "111122223333",
    "partition": "aws",
}


def get(endpoint: str, path: str) -> tuple[int, str]:
    """Status and body of an unsigned GET."""
    with urllib.request.urlopen(endpoint + path, timeout=120) as answer:
        return answer.status, answer.read().decode()


def logged(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    """The lines of the log, but for waitress's word that all its threads have work, as on a busy machine."""
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    return [line for line in lines if not line["event"].startswith("Task queue depth")]


def test_health_and_metrics_need_no_signature_and_tell_no_account(served: Served) -> None:
    """Requests are counted by operation and status, refusals by code; no account's number is there."""
    client = served.client()
    client.create_backup_vault(BackupVaultName="nightly")
    client.list_backup_vaults()
    served.send("GET", "/backup-vaults/", {"Host": "x"})

    text = get(served.endpoint, "/metrics")[1]

    assert get(served.endpoint, "/healthz") == (200, '{"status":"ok"}')
    for line in (
        'auditor_executor_requests_total{operation="CreateBackupVault",status="200"} 1.0',
        'auditor_executor_requests_total{operation="ListBackupVaults",status="200"} 1.0',
        'auditor_executor_refused_total{code="MissingAuthenticationTokenException"} 1.0',
        "auditor_executor_request_seconds_count 3.0",
        'auditor_executor_jobs_open{kind="backup"} 0.0',
    ):
        assert line in text.splitlines()
    assert re.search("111122223333|AKIA|nightly", text) is None


def test_a_log_line_names_request_account_and_job(served: Served, capsys: pytest.CaptureFixture[str]) -> None:
    """One JSON object a request; a started job's id is in it; what a client sends stays inside its string."""
    logs.write_to(sys.stderr)
    client = served.client()
    client.create_backup_vault(BackupVaultName="nightly")
    job = client.start_backup_job(
        BackupVaultName="nightly",
        ResourceArn=served.volume,
        IamRoleArn="arn:aws:iam::111122223333:role/backup",
    )
    served.send("GET", "/backup-vaults/", {"Host": "x", "Authorization": 'a"b{}'})

    lines = logged(capsys)

    shown = [(line["operation"], line["status"], line["account_id"], line["error"]) for line in lines]
    assert shown == [
        ("CreateBackupVault", 200, "111122223333", ""),
        ("StartBackupJob", 200, "111122223333", ""),
        ("", 400, "", "IncompleteSignatureException"),
    ]
    assert lines[1]["job_id"] == job["BackupJobId"]
    assert lines[1]["request_id"] == job["ResponseMetadata"]["RequestId"]


def test_an_error_of_ours_is_a_500_that_is_counted_and_logged(
    served: Served, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The client learns nothing of it; the log has the request and the traceback."""

    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("auditor.executor.app.OPERATIONS", {"ListBackupVaults": broken})
    logs.write_to(sys.stderr)

    status, _, body = served.send("GET", "/backup-vaults/", served.sign("GET", "/backup-vaults/"))

    assert (status, b"ZeroDivision" in body) == (500, False)
    lines = logged(capsys)
    assert (lines[0]["operation"], lines[0]["status"]) == ("ListBackupVaults", 500)
    assert "ZeroDivisionError" in lines[1]["trace"]
    counted = 'auditor_executor_requests_total{operation="ListBackupVaults",status="500"} 1.0'
    assert counted in get(served.endpoint, "/metrics")[1].splitlines()


def test_a_body_too_long_is_refused_before_it_is_read(served: Served) -> None:
    """A megabyte and a byte is too much."""
    with socket.create_connection(("127.0.0.1", urlsplit(served.endpoint).port or 0), timeout=120) as client:
        client.sendall(b"PUT /x HTTP/1.1\r\nHost: x\r\nContent-Length: 1048577\r\n\r\n")

        assert client.recv(100).startswith(b"HTTP/1.1 413 ")


def test_a_stop_lets_begun_requests_end_and_takes_no_new_ones() -> None:
    """The answer of the slow request comes whole after the stop; a later connection is refused."""
    body, begun = b"x" * 2_000_000, Event()

    def slow(_: "WSGIEnvironment", start_response: "StartResponse") -> "Iterable[bytes]":
        begun.set()
        assert server.stop.wait(timeout=120)
        start_response("200 OK", [("Content-Length", str(len(body)))])
        return [body]

    server = Server(slow, "127.0.0.1", 0)
    with ThreadPoolExecutor(2) as pool:
        serving = pool.submit(server.serve)
        connection = http.client.HTTPConnection(urlsplit(server.endpoint).netloc, timeout=120)
        connection.request("GET", "/")
        assert begun.wait(timeout=120)
        server.stop.set()
        answer = connection.getresponse()
        assert (answer.status, answer.read()) == (200, body)
        serving.result(timeout=120)
    with pytest.raises(OSError, match="refused"):
        get(server.endpoint, "/")


def test_a_taken_port_and_a_name_for_an_address_are_refused(served: Served) -> None:
    """Both say what to do."""
    port = urlsplit(served.endpoint).port

    with pytest.raises(UsageError, match="choose another port"):
        Server(lambda *_: [], "127.0.0.1", port or 0)
    with pytest.raises(UsageError, match="is not an IP address"):
        Server(lambda *_: [], "localhost", 0)


KEYS = "its keys are access_key, secret_key, account, partition, principal."


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([], "credentials must be a list of one key or more."),
        (
            [{**ROW, "secret": "x"}],
            f"credentials[0] has an unknown key secret; {KEYS}",
        ),
        (
            [{**ROW, "secret_key": "hunter2"}],
            "credentials[0].secret_key must be a text of 32 to 256 characters.",
        ),
        ([{**ROW, "account": 111122223333}], "credentials[0].account must be 12 digits in quotes."),
        (
            [{**ROW, "partition": "aws\n secret_key:hunter2"}],
            "credentials[0].partition must be one of aws, aws-cn, aws-us-gov.",
        ),
        (
            [{name: ROW[name] for name in ROW if name != "secret_key"}],
            "credentials[0].secret_key is missing; it must be a text of 32 to 256 characters.",
        ),
        (
            [{**ROW, "secret_key:hunter2": None}],
            f"credentials[0] has an unknown key; {KEYS}",
        ),
        (
            [ROW, {"access_key": 1, "acount": "1"}],
            f"credentials[1] has an unknown key acount; {KEYS}",
        ),
        (
            [{**ROW, "principal": "arn:x"}],
            "credentials[0].principal must be the ARN of a principal of 111122223333 in aws.",
        ),
        ("hunter2", "credentials must be a list of one key or more."),
        (
            [ROW, "hunter2"],
            "credentials[1] must be a mapping with the keys access_key, secret_key, account and partition.",
        ),
        ([ROW, ROW], "credentials[1].access_key comes twice; remove one of the two."),
        (
            [{**ROW, "principal": "arn:aws:iam::444455556666:user/x"}],
            "credentials[0].principal must be the ARN of a principal of 111122223333 in aws.",
        ),
    ],
)
def test_a_wrong_credentials_file_is_refused_without_its_secrets(
    tmp_path: Path, rows: Any, words: str
) -> None:
    """One sentence names the file, the part and what is expected there; it repeats no value."""
    file = tmp_path / "credentials.yaml"
    file.write_text(json.dumps({"credentials": rows}))
    file.chmod(0o600)

    with pytest.raises(UsageError) as caught:
        load_credentials(file)

    assert str(caught.value) == f"{file}:1: {words}"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "credentials:\n  - secret_key: *hunter2",
            "{}:2: this is not YAML that is read; write",
        ),
        ("secret_key: 2026-13-45", "{}:1: the document has an unknown key secret_key; its keys are"),
        ("hunter2", "{}:1: the document must be a mapping with the key credentials."),
        ("", "{}:1: the document must be a mapping with the key credentials."),
        ("{}", "{}:1: credentials is missing; it must be a list of one key or more."),
    ],
)
def test_what_is_no_credentials_file_is_refused(tmp_path: Path, text: str, said: str) -> None:
    """The line is told where the text is no YAML, and nothing of what stands there."""
    file = tmp_path / "credentials.yaml"
    file.write_text(text)
    file.chmod(0o600)

    with pytest.raises(UsageError) as caught:
        load_credentials(file)

    assert str(caught.value).startswith(said.replace("{}", str(file)))
    assert "hunter2" not in str(caught.value)


def test_the_line_of_what_is_wrong_is_named(tmp_path: Path) -> None:
    """The second key of the file, and its wrong part."""
    file = tmp_path / "credentials.yaml"
    row = "".join(f"    {name}: '{value}'\n" for name, value in ROW.items()).replace("    ", "  - ", 1)
    file.write_text(f"credentials:\n{row}{row.replace('111122223333', '1')}")
    file.chmod(0o600)

    with pytest.raises(UsageError) as caught:
        load_credentials(file)

    line = 2 + len(ROW) + [*ROW].index("account")
    assert str(caught.value) == f"{file}:{line}: credentials[1].account must be 12 digits in quotes."


@pytest.mark.parametrize(("mode", "refused"), [(0o640, False), (0o644, True)])
def test_a_file_that_everyone_may_read_is_refused(tmp_path: Path, mode: int, *, refused: bool) -> None:
    """The group may read it, others may not."""
    file = tmp_path / "credentials.yaml"
    file.write_text(json.dumps({"credentials": [ROW]}))
    file.chmod(mode)

    if refused:
        with pytest.raises(UsageError, match="chmod o="):
            load_credentials(file)
    else:
        credential = load_credentials(file).credentials["AKIAIOSFODNN7EXAMPLE"]
        assert credential.principal == "arn:aws:iam::111122223333:root"
        assert "ssss" not in repr(credential)


ORGANIZATION = {"id": "o-exampleorgid", "management_account_id": "999999999999"}


def test_delegated_accounts(tmp_path: Path) -> None:
    """They are of the organization, and administer its backups beside the management account."""
    file = tmp_path / "credentials.yaml"
    organization = ORGANIZATION | {"delegated_account_ids": ["444455556666"]}
    file.write_text(json.dumps({"credentials": [ROW], "organization": organization}))
    file.chmod(0o600)
    named = load_credentials(file).membership

    member = OrganizationMembership("o-exampleorgid", "999999999999", frozenset({"444455556666"}))
    assert [named(account) for account in ("111122223333", "444455556666", "1" * 12)] == [
        member,
        member,
        None,
    ]


def test_the_organization_of_the_keys(tmp_path: Path) -> None:
    """The accounts of the keys and the management account are of it, and nobody else; unnamed, nobody is."""
    file = tmp_path / "credentials.yaml"
    file.write_text(json.dumps({"credentials": [ROW], "organization": ORGANIZATION}))
    file.chmod(0o600)
    named = load_credentials(file)
    file.write_text(json.dumps({"credentials": [ROW]}))
    accounts = ("111122223333", "999999999999", "444455556666")

    member = OrganizationMembership("o-exampleorgid", "999999999999")
    assert [named.membership(account) for account in accounts] == [member, member, None]
    assert [load_credentials(file).membership(account) for account in accounts] == [None] * 3


@pytest.mark.parametrize(
    ("rows", "organization", "words"),
    [
        (
            [ROW],
            {"id": "o-exampleorgid"},
            "organization.management_account_id is missing; it must be 12 digits in quotes.",
        ),
        (
            [ROW],
            ORGANIZATION | {"id": "exampleorgid"},
            "organization.id must be an organization's id, such as o-exampleorgid.",
        ),
        (
            [ROW],
            ORGANIZATION | {"name": "x"},
            (
                "organization has an unknown key name; "
                "its keys are id, management_account_id, delegated_account_ids."
            ),
        ),
        (
            [ROW, {**ROW, "access_key": "AKIAIOSFODNN7CHINESE", "partition": "aws-cn"}],
            ORGANIZATION,
            "organization must lie in one partition; give each partition a file of its own.",
        ),
    ],
)
def test_a_wrong_organization_is_refused(
    tmp_path: Path, rows: list[dict[str, Any]], organization: dict[str, str], words: str
) -> None:
    """The schema is closed, and an organization lies in one partition."""
    file = tmp_path / "credentials.yaml"
    file.write_text(json.dumps({"credentials": rows, "organization": organization}))
    file.chmod(0o600)
    with pytest.raises(UsageError) as caught:
        load_credentials(file)

    assert str(caught.value) == f"{file}:1: {words}"

"""A database that is gone: requests are told to come again, in AWS's words."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from auditor.executor.app import make_app
from auditor.executor.database.database import Database
from auditor.executor.service import BackupService
from auditor.executor.simulation.drivers import null_drivers
from tests.conftest import Postgres

START = datetime(2026, 1, 5, tzinfo=UTC)


@pytest.mark.postgres
def test_a_request_without_a_database_is_to_be_sent_again(postgres: Postgres) -> None:
    """503 and ServiceUnavailableException, which SDKs retry; nothing of the database's own words goes out."""
    url = postgres.make()
    service = BackupService(Database.open(url), lambda: START, null_drivers({}, {}, "aws"))
    application = make_app(service, lambda _: ("111122223333", "eu-west-1", "aws"))

    def ask() -> tuple[str, dict[str, str], bytes]:
        started: list[Any] = []

        def start_response(*told: Any) -> Any:
            started.extend(told)

        environ = {"REQUEST_METHOD": "GET", "RAW_URI": "/backup-vaults/"}
        body = b"".join(application(environ, start_response))
        return started[0], dict(started[1]), body

    before = ask()
    postgres.execute(f"DROP DATABASE {url.split('/')[3].split('?')[0]} WITH (FORCE)")
    status, headers, body = ask()

    assert (before[0], json.loads(before[2])) == ("200 OK", {"BackupVaultList": []})
    assert status == "503 Service Unavailable"
    assert headers["x-amzn-errortype"] == "ServiceUnavailableException"
    assert json.loads(body) == {
        "Code": "ServiceUnavailableException",
        "Message": "The database does not answer.",
        "Type": "Service",
        "Context": "",
    }
    service.database.close()

"""Where a database is, what is said when it cannot be opened, and pages by index."""

import re
import sys
from pathlib import Path

import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.dialects import sqlite

from auditor.executor.database import connecting
from auditor.executor.database.database import Database
from auditor.executor.database.sql_tables import global_settings, recovery_points
from auditor.executor.operations.paging import fetch
from auditor.executor.scope import AccountRegion
from auditor.model.errors import AuditorError, UsageError

SCOPE = AccountRegion("123456789012", "eu-west-1", "aws")


def settings(database: Database) -> list[tuple[str, int]]:
    """What is stored."""
    with database.read() as connection:
        return [(row.account_id, row.updated) for row in connection.execute(select(global_settings))]


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("postgresql://host/name", "postgresql+psycopg://host/name"),
        ("postgresql+psycopg://u@host:1/name?sslmode=require", None),
        ("sqlite:////path/to/file", None),
        ("sqlite://", None),
    ],
)
def test_urls_of_databases(url: str, expected: str | None) -> None:
    """PostgreSQL is spoken to with psycopg, whether the URL says so or not."""
    assert connecting.parse(url).render_as_string(hide_password=False) == (expected or url)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("mysql://user:hidden@host/name", "not mysql"),
        ("postgresql+asyncpg://user:hidden@host/name", "not postgresql+asyncpg"),
        ("postgresql://user:hidden@host:port/name", "cannot be read"),
        ("user:hidden@host/name", "cannot be read"),
        ("", "cannot be read"),
    ],
)
def test_urls_that_are_refused(url: str, said: str) -> None:
    """In one sentence, without the password."""
    with pytest.raises(UsageError, match=re.escape(said)) as caught:
        Database.open(url)

    assert "hidden" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://user:hidden@127.0.0.1:1/name",
        "postgresql://user@127.0.0.1:1/name?password=hidden",
    ],
)
def test_a_database_that_does_not_answer_is_named_without_its_password(url: str) -> None:
    """Wherever the password stands in the URL."""
    pytest.importorskip("psycopg")
    with pytest.raises(AuditorError, match=r"the database postgresql://127.0.0.1:1/name cannot be") as caught:
        Database.open(url)

    assert "hidden" not in str(caught.value)


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    """So is one in a folder that is not there."""
    (tmp_path / "text").write_text("no database")
    for file, reason in (("text", "file is not a database"), ("no/file", "unable to open database file")):
        with pytest.raises(AuditorError, match=f"the database {tmp_path}/{file} cannot be opened: {reason}"):
            Database.open(f"sqlite:///{tmp_path}/{file}")


def test_a_missing_psycopg_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """One sentence says what to install."""
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(AuditorError, match=r"needs psycopg; run: pip install 'backup-auditor\[postgres\]'"):
        Database.open("postgresql://host/name")


def test_a_file_is_read_again(tmp_path: Path) -> None:
    """What was written is there for the next process, after a crash of the machine too."""
    url = f"sqlite:///{tmp_path}/executor.db"
    first = Database.open(url)
    with first.write() as connection:
        connection.execute(insert(global_settings).values(account_id="1", document=b"{}", updated=1))
    first.close()
    second = Database.open(url)

    assert settings(second) == [("1", 1)]
    with second.read() as connection:
        assert connection.scalar(text("PRAGMA journal_mode")) == "wal"
        assert connection.scalar(text("PRAGMA synchronous")) == 2


def test_pages_of_recovery_points_walk_an_index() -> None:
    """A page costs the same at any depth: no sorting, no scan, no offset."""
    database, points = Database.open(), recovery_points.c
    place = {"account_id": SCOPE.account_id, "region": SCOPE.region}
    rows = [
        place
        | {
            "arn": f"arn:{n}",
            "vault_name": "v",
            "resource_arn": "r",
            "resource_type": "EBS",
            "status": "COMPLETED",
            "created": n // 3,
        }
        | {"tags": b"{}", "document": b"%d" % n}
        for n in range(30)
    ]
    seen: list[int] = []
    params: dict[str, object] = {"MaxResults": 7}
    query = select(points.document, points.created, points.id).filter_by(**place, vault_name="v")
    with database.write() as connection:
        connection.execute(insert(recovery_points), rows)
    with database.read() as connection:
        while True:
            page, token = fetch(connection, query, [points.created, points.id], params, descending=True)
            seen += [int(row.document) for row in page]
            if token is None:
                break
            params["NextToken"] = token
        ordered = query.where(points.created < 5).order_by(points.created.desc(), points.id.desc())
        sql = str(ordered.compile(dialect=sqlite.dialect(), compile_kwargs={"literal_binds": True}))
        plan = " ".join(row.detail for row in connection.execute(text(f"EXPLAIN QUERY PLAN {sql}")))

    assert seen == list(range(29, -1, -1))
    assert "recovery_points_by_vault" in plan
    assert "TEMP B-TREE" not in plan

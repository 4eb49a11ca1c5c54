"""The catalog's promises: whole transactions, pages by index, the same ids for the same calls."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.dialects import sqlite

from auditor.executor.catalog.catalog import Catalog, new_id
from auditor.executor.catalog.tables import global_settings, recovery_points
from auditor.executor.operations.paging import fetch
from auditor.executor.scope import Scope

SCOPE = Scope("123456789012", "eu-west-1", "aws")


@pytest.fixture(params=["memory", "file"])
def catalog(request: pytest.FixtureRequest, tmp_path: Path) -> Catalog:
    """Each kind of database."""
    return Catalog.open("sqlite://" if request.param == "memory" else f"sqlite:///{tmp_path}/catalog.db")


def settings(catalog: Catalog) -> list[tuple[str, int]]:
    """What is stored."""
    with catalog.read() as connection:
        return [(row.account_id, row.updated) for row in connection.execute(select(global_settings))]


def test_a_transaction_that_raises_leaves_nothing(catalog: Catalog) -> None:
    """Committed whole or not at all."""

    def fail() -> None:
        with catalog.write() as connection:
            connection.execute(insert(global_settings).values(account_id="1", document=b"{}", updated=1))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    with catalog.write() as connection:
        connection.execute(insert(global_settings).values(account_id="2", document=b"{}", updated=2))

    assert settings(catalog) == [("2", 2)]


def test_ids_are_counted_in_each_scope(catalog: Catalog) -> None:
    """No id comes twice, whoever asks at the same time; another catalog gives the same ones."""

    def ask(_: int) -> str:
        with catalog.write() as connection:
            return new_id(connection, SCOPE, "plan")

    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(ask, range(100)))
    other = Catalog.open()
    with other.write() as connection:
        again = {new_id(connection, SCOPE, "plan") for _ in range(100)}

    assert (len(found), found) == (100, again)


def test_a_file_is_read_again(tmp_path: Path) -> None:
    """What was written is there for the next process, in write-ahead mode."""
    url = f"sqlite:///{tmp_path}/catalog.db"
    first = Catalog.open(url)
    with first.write() as connection:
        connection.execute(insert(global_settings).values(account_id="1", document=b"{}", updated=1))
    first.close()
    second = Catalog.open(url)

    assert settings(second) == [("1", 1)]
    with second.read() as connection:
        assert connection.scalar(text("PRAGMA journal_mode")) == "wal"


def test_pages_of_recovery_points_walk_an_index() -> None:
    """A page costs the same at any depth: no sorting, no scan, no offset."""
    catalog, points = Catalog.open(), recovery_points.c
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
    with catalog.write() as connection:
        connection.execute(insert(recovery_points), rows)
    with catalog.read() as connection:
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

"""The layout of databases: the same from the revisions as from the tables that the program knows."""

from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, column, select, table, text

from auditor.executor.database import schema
from auditor.executor.database.database import Database


def differences(connection: Connection) -> list[Any]:
    """What `alembic revision --autogenerate` would write."""
    return list(compare_metadata(MigrationContext.configure(connection), schema.METADATA))


def test_every_database_has_the_layout_that_the_program_knows(database: Database) -> None:
    """No table, column, type or index is of one only: a new one needs a revision."""
    with database.read() as connection:
        assert differences(connection) == []


def test_a_new_file_and_memory_have_the_same_columns(tmp_path: Path) -> None:
    """Name, type, NOT NULL, default and key of each column, and each index."""

    def columns(database: Database) -> list[tuple[Any, ...]]:
        with database.read() as connection:
            tables = connection.scalars(
                text("SELECT name FROM sqlite_master WHERE type = 'table' AND name != 'alembic_version'")
            )
            found = [
                (kind, table, *row[1:])
                for table in sorted(tables)
                for kind in ("table_info", "index_list")
                for row in connection.execute(text(f"PRAGMA {kind}({table})"))
            ]
        database.close()
        return sorted(found, key=repr)

    assert columns(Database.open(f"sqlite:///{tmp_path}/executor.db")) == columns(Database.open())


@pytest.mark.postgres
def test_text_is_compared_byte_by_byte(postgres_url: str) -> None:
    """No column of text has the database's own collation, and no number of rows is limited to 32 bits."""
    database = Database.open(postgres_url)
    columns = table(
        "columns",
        *(column(name) for name in ("table_name", "column_name", "collation_name", "data_type")),
        schema="information_schema",
    )
    ours = select(columns.c.table_name, columns.c.column_name).where(
        columns.c.table_name.in_(schema.METADATA.tables)
    )
    textual = columns.c.data_type.in_(["text", "character varying"])
    numbers = columns.c.column_name.like("%id") & (columns.c.data_type == "integer")
    with database.read() as connection:
        found = connection.execute(ours.where(textual, columns.c.collation_name.is_distinct_from("C")))
        short = connection.execute(ours.where(numbers))
        assert (found.all(), short.all()) == ([], [])
    database.close()

"""What Alembic runs: the revisions, in the transaction that the database has begun."""

from alembic import context

from auditor.executor.database.schema import METADATA

#: SQLite changes a table by making it anew (batch mode), and can take that back like any other change.
context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    render_as_batch=True,
    transactional_ddl=True,
)
context.run_migrations()

"""The database's layout, revision by revision (Alembic). `auditor.executor.database.schema` applies them."""

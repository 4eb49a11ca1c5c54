"""The catalog's layout, revision by revision (Alembic). `auditor.executor.catalog.schema` applies them."""

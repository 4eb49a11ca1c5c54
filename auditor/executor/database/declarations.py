"""The table of what users declare by name and the executor keeps as they wrote it, and of report jobs."""

from typing import Final

from sqlalchemy import BigInteger, Column, Index, LargeBinary, Table, Text

from auditor.executor.database.sql_tables import METADATA, place

FRAMEWORK: Final = "framework"
REPORT_JOB: Final = "report-job"
REPORT_PLAN: Final = "report-plan"
RESTORE_TESTING_PLAN: Final = "restore-testing-plan"
RESTORE_TESTING_SELECTION: Final = "restore-testing-selection"

#: `parent` is the name of what a declaration belongs to, else "". `document` is it as it was given, with
#: defaults. `last_run` is when the engine last carried it out. A report job's `parent` is its plan's name;
#: it has ended at `last_run`, and been completed at `updated`.
declarations = Table(
    "declarations",
    METADATA,
    Column("arn", Text, primary_key=True),
    *place(),
    Column("kind", Text, nullable=False),
    Column("parent", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("created", BigInteger, nullable=False),
    Column("updated", BigInteger),
    Column("last_run", BigInteger),
    Column("token", Text),
    Column("tags", LargeBinary, nullable=False),
    Column("document", LargeBinary, nullable=False),
    Index("declarations_by_name", "account_id", "region", "kind", "parent", "name", unique=True),
)

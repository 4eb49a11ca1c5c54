"""`auditor executor migrate`."""

import click

from auditor.cli.executor_service import alone, database_url
from auditor.cli.program_options import program_options
from auditor.model.errors import UsageError


@click.command("migrate")
@program_options("executor migrate")
def command(database: str, to: str | None) -> None:
    """Change the database's layout.

    Databases come to the layout of the program that opens them by themselves: this is for those who want it
    at a time of their own, and for the way back to an older program. Going down drops what only later
    revisions keep. Prints the revisions before and after. Stop the executors on the database first: while one
    runs nothing is changed.
    """
    from auditor.cli.extras import require_executor

    require_executor()
    from auditor.executor.database import connecting, schema
    from auditor.executor.database.database import Database

    url = database_url(database)
    if not schema.is_made(url):
        raise UsageError(
            f"there is no database at {connecting.shown(url)}; name one that is there: `executor serve` and "
            "`executor run` make new ones"
        )
    with alone(url):
        opened = Database(url)
        try:
            before, after = schema.migrate(opened, to or schema.revisions()[-1])
        finally:
            opened.close()
    click.echo(f"{before} → {after}")

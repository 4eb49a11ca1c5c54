"""`auditor executor migrate`."""

import click

from auditor.cli.executor_service import alone, catalog_option, catalog_url


@click.command("migrate")
@catalog_option
@click.option(
    "--to",
    "revision",
    envvar="AUDITOR_TO",
    metavar="REVISION",
    help="The revision that the layout shall have, up or down.  [default: this program's own]",
)
def command(catalog: str, revision: str | None) -> None:
    """Change the catalog's layout.

    Catalogs come to the layout of the program that opens them by themselves: this is for those who want it at
    a time of their own, and for the way back to an older program. Going down drops what only later revisions
    keep. Prints the revisions before and after. Stop the executors on a PostgreSQL catalog first.
    """
    from auditor.executor.catalog import schema
    from auditor.executor.catalog.catalog import Catalog

    url = catalog_url(catalog)
    with alone(url):
        opened = Catalog(url)
        try:
            before, after = schema.migrate(opened, revision or schema.revisions()[-1])
        finally:
            opened.close()
    click.echo(f"{before or 'empty'} → {after}")

"""`auditor init`."""

from pathlib import Path

import click

from auditor.cli.text import safe
from auditor.config.load import FILE_NAME
from auditor.config.publish import template
from auditor.files import reason
from auditor.model.errors import UsageError
from reports.whole import whole


@click.command("init")
@click.argument("file", type=click.Path(path_type=Path), default=FILE_NAME, metavar="[FILE]")
def command(file: Path) -> None:
    """Write a commented auditor.yaml.

    FILE is auditor.yaml in the current folder unless you name another. A file that is there is never
    overwritten.
    """
    try:
        with whole(file, new=True, private=False) as stream:
            stream.write(template().encode())
    except FileExistsError:
        raise UsageError(f"{file} is there already; name another file, or remove this one first") from None
    except OSError as error:
        raise UsageError(f"{file} cannot be written ({reason(error)}); name another file") from None
    click.echo(safe(f"wrote {file}; set its keys, then run: auditor audit --config {file}"))

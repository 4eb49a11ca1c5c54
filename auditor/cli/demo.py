"""`auditor demo`."""

from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from auditor.cli.program_options import program_options
from auditor.config.table import BY_NAME

if TYPE_CHECKING:
    from auditor.cli.child import SandboxChild
    from auditor.model.settings import Progress
    from auditor.push.changes import Change

#: Days of backups between the push and the audit: more than the audited period, so that it is all history.
DAYS: Final = 35

#: The folder beside the runs that has what the sample organization is judged by.
FOLDER: Final = "demo"


@click.command("demo")
@program_options("demo")
def command(partition: str, out: Path | None) -> None:
    """Push, back up and audit a whole organization in a sandbox.

    Needs no AWS account: starts the sample organization on this machine, pushes the policies to its
    accounts, lets 35 days of backups pass in virtual time, audits the last 30 of them, and reports. The
    organization has faults planted on purpose, so findings are expected: the exit code is 0 when the demo
    ran.
    """
    from auditor.cli.child import sandbox_child
    from auditor.cli.extras import forget_aws, require_sandbox
    from auditor.cli.progress import progress
    from auditor.files import check_out

    require_sandbox()
    out = out or BY_NAME["out"].default
    check_out(out)
    forget_aws()
    with progress() as steps:
        steps("starting the organization", 0, 1)
        with sandbox_child(partition) as sandbox:
            steps("starting the organization", 1, 1)
            _play(sandbox, out, steps)


def _require(changes: "list[Change]") -> None:
    """Go on only when every change was made: backups that no plan asks for would prove nothing."""
    from auditor.model.errors import AuditorError

    failed = [change for change in changes if change.error]
    if failed:
        first = failed[0]
        what = f"{first.kind} {first.name} of {first.account}: {first.error}"
        raise AuditorError(f"{len(failed)} changes could not be pushed to the sandbox, the first: {what}")


def _play(sandbox: "SandboxChild", out: Path, steps: "Progress") -> None:
    import os
    from dataclasses import replace
    from datetime import timedelta

    from auditor import audit
    from auditor.cli.push import push
    from auditor.cli.steps import print_document, print_paths, sessions, warn
    from auditor.model.settings import Origins, Settings
    from auditor.sandbox.settings import write_settings

    os.environ |= sandbox.variables()
    own = write_settings(out / FOLDER, sandbox.facts)
    ours = Origins(dict.fromkeys(("as_of", "out", "retry_minutes", *own), "demo"))
    settings = Settings(sandbox.now, out=out, retry_minutes=0, origins=ours, **own)
    _require(push(settings, steps))
    end = sandbox.now + timedelta(days=DAYS)
    sandbox.advance(end, steps)
    settings = replace(settings, as_of=end)
    outcome = audit.audit(settings, sessions(settings, settings.role_name), steps, warn)
    print_document(outcome.document, outcome.run)
    print_paths(outcome.reports)

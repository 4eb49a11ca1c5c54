"""Entry of the `auditor` command: a group that imports a command when it is called, and the border of errors.

Start-up imports click and nothing else that is heavy; `tests/architecture` holds the list.
"""

import io
import os
import sys
import traceback
from collections.abc import Sequence
from typing import Final

import click

from auditor import __version__
from auditor.cli.lazy import LazyGroup
from auditor.cli.text import EXIT_CODES, sentence
from auditor.model.errors import AuditorError, ExitCode

#: Name -> module and the line in `auditor --help`.
COMMANDS: Final = {
    "init": ("auditor.cli.init", "Write a commented auditor.yaml."),
    "demo": ("auditor.cli.demo", "Push, back up and audit a whole organization in a sandbox."),
    "sandbox": ("auditor.cli.sandbox", "Serve a whole AWS organization on this machine."),
    "push": ("auditor.cli.push", "Bring every account's plans and vaults to what the policies say."),
    "check": ("auditor.cli.check", "Judge what a change would make, before it is merged."),
    "comment": ("auditor.cli.comment", "Keep the one comment with a check on a pull request up to date."),
    "run-task": ("auditor.cli.run_task", "Be a run task of HCP Terraform or Terraform Enterprise."),
    "audit": ("auditor.cli.audit", "Collect, evaluate and report in one go."),
    "collect": ("auditor.cli.collect", "Read the evidence of every account into a run folder."),
    "evaluate": ("auditor.cli.evaluate", "Judge the evidence of RUN by the policies."),
    "report": ("auditor.cli.report", "Write the reports of RUN, which was evaluated."),
    "explain": (
        "auditor.cli.explain",
        "Say why a resource, vault, plan or recovery point is judged as it is.",
    ),
    "sample": ("auditor.cli.sample", "Draw a sample from RUN that anybody can draw again."),
    "verify": ("auditor.cli.verify", "Compare every run in the folder RUNS with what the others say of it."),
    "publish": ("auditor.cli.publish", "Send the findings of RUN to where they are collected."),
    "executor": ("auditor.cli.executor", "Run our own AWS Backup: simulate, serve, run what is due."),
    "policy": (
        "auditor.cli.policy",
        "List, show, test, export, bundle, draft and document the controls of an audit.",
    ),
    "tiers": ("auditor.cli.tiers", "List the tiers, and write the tag policy that they need."),
}


@click.command(
    cls=LazyGroup,
    commands_by_name=COMMANDS,
    epilog=EXIT_CODES,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)
@click.version_option(__version__, prog_name="auditor")
@click.option("--debug", is_flag=True, envvar="AUDITOR_DEBUG", help="Show the traceback of an error.")
def cli(*, debug: bool) -> None:
    """Backup governance as code for AWS organizations.

    Declare how backups must be, push it to every account, and prove it.
    """


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command and exit with a code of `ExitCode`; every error is one sentence on stderr."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a letter that the locale lacks stops nothing
    code, said = _run(given)
    if said:
        click.echo(sentence(f"auditor: {said}"), err=True)
    _flush()
    sys.exit(code)


def _run(arguments: list[str]) -> tuple[int, str]:
    """Run the command: the exit code, and the sentence that explains it where there is one."""
    try:
        return int(cli.main(arguments, prog_name="auditor", standalone_mode=False) or 0), ""
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
        return ExitCode.USAGE, ""
    except (KeyboardInterrupt, click.Abort):
        return ExitCode.INTERRUPTED, "interrupted; nothing unfinished was kept"
    except Exception as error:  # noqa: BLE001 -- the border: whatever went wrong is one sentence
        _trace(arguments)
        return _told(error)


def _told(error: Exception) -> tuple[int, str]:
    """Tell an error as an exit code and a sentence."""
    if isinstance(error, AuditorError):
        return error.exit_code, str(error)
    if isinstance(error, click.ClickException):
        context = error.ctx if isinstance(error, click.UsageError) else None
        path = context.command_path if context else "auditor"
        message = error.format_message()
        stop = "" if message.endswith((".", "?")) else "."
        return ExitCode.USAGE, f"{message}{stop} See '{path} --help'."
    if isinstance(error, OSError):
        where = f"{error.filename}: " if error.filename else ""
        what = f"{where}{error.strerror or error}"
        return ExitCode.COULD_NOT_RUN, f"{what}; make room or name another place, and run again"
    what = f"{type(error).__name__}: {error}"
    return ExitCode.COULD_NOT_RUN, f"unexpected error, {what}; run 'auditor --debug …' again and report it"


def _trace(arguments: list[str]) -> None:
    """Print the traceback where it was asked for, before or after click has read the options."""
    wanted = "--debug" in arguments[:1] or os.environ.get("AUDITOR_DEBUG", "").lower() in {
        "1",
        "true",
        "yes",
        "on",
    }
    if wanted:
        traceback.print_exc()


def _flush() -> None:
    """Empty stdout; a reader that has left (`| head`) does not change the exit code."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

"""Errors a user can act on, and the one table of exit codes.

`AuditorError` is one sentence that says what to do; the command line prints it and exits with its code.
Anything else that reaches the top is a bug: one sentence, and its traceback with `--debug`.

    AuditorError                 1  could not run
    ├── UsageError               2  an option, a file of the user or a name is wrong
    ├── EngineError              1  the Rego engine
    └── Interrupted            130  Ctrl-C
"""

from enum import IntEnum


class ExitCode(IntEnum):
    """What the `auditor` command answers to the shell.

    COMPLIANT: complete, and compliant or with findings waived. INCOMPLETE: something is unknown, nothing is
    in scope, or nothing but exempt resources; findings win over it.
    """

    COMPLIANT = 0
    COULD_NOT_RUN = 1
    USAGE = 2
    FINDINGS = 3
    INCOMPLETE = 4
    INTERRUPTED = 130


class AuditorError(Exception):
    """One sentence for the user that says what to do."""

    exit_code = ExitCode.COULD_NOT_RUN


class UsageError(AuditorError):
    """An option, a file that the user wrote, or a name that does not exist."""

    exit_code = ExitCode.USAGE


class Interrupted(AuditorError):  # noqa: N818 -- what happened to the run, not an error of it
    """The user stopped the run."""

    exit_code = ExitCode.INTERRUPTED


class EngineError(AuditorError):
    """The Rego engine could not load the policies or could not be reached."""

"""What an option of a program is: a row of the table in `auditor/config/programs.py`."""

from dataclasses import dataclass
from typing import Any, Final

from auditor.config.kinds import Kind

#: A program: the beginning of its variables, and its title on the page.
PROGRAMS: Final = {
    "executor": ("AUDITOR_EXECUTOR_", "The executor"),
    "simulate": ("AUDITOR_EXECUTOR_SIMULATE_", "The executor's simulation"),
    "sandbox": ("AUDITOR_SANDBOX_", "The sandbox"),
    "run_task": ("AUDITOR_RUN_TASK_", "The run task"),
}


@dataclass(frozen=True, slots=True)
class ProgramOption:
    """One option. `help` is one sentence; `default` None is none, and `otherwise` says what holds then.

    `name` is the argument's, and the end of the variable. `commands` take the option, and those of `required`
    do not run without it. `kind` None is a switch. `several` may be given more than once; `default` is one of
    them. `spelled` is the option where it is not the name; `older` is another spelling that is still taken,
    and not shown. `former` is what the variable was called before: it is refused.
    """

    name: str
    program: str
    commands: tuple[str, ...]
    kind: Kind | None
    help: str
    default: Any = None
    otherwise: str = ""
    required: tuple[str, ...] = ()
    several: bool = False
    spelled: str = ""
    older: str = ""
    former: str = ""

    @property
    def option(self) -> str:
        """The command-line option."""
        return self.spelled or "--" + self.name.replace("_", "-")

    @property
    def variable(self) -> str:
        """The environment variable."""
        return PROGRAMS[self.program][0] + self.name.upper()

"""The rows of the run task in the table of `auditor/config/programs.py`."""

from typing import Final

from auditor.config import kinds, program_kinds
from auditor.config.program_option import ProgramOption

_SERVE: Final = ("run-task serve",)

RUN_TASK: Final = (
    ProgramOption(
        "hmac_key_file",
        "run_task",
        _SERVE,
        kinds.path("a file that not everyone may read"),
        "A file with the HMAC key of the run task; what is not signed with it is refused.",
        required=_SERVE,
    ),
    ProgramOption(
        "terraform_url",
        "run_task",
        _SERVE,
        program_kinds.words("the URL of an installation of Terraform", "URL"),
        "Where the runs are: plans are read and verdicts told nowhere else; several are several options, or "
        "words of the variable.",
        default="https://app.terraform.io",
        several=True,
    ),
    ProgramOption(
        "host",
        "run_task",
        _SERVE,
        program_kinds.words("an IP address"),
        "The address that it listens on.",
        default="127.0.0.1",
    ),
    ProgramOption(
        "port",
        "run_task",
        _SERVE,
        kinds.number(0, 65535),
        "The port that it listens on; 0 takes a free one.",
        default=8080,
    ),
    ProgramOption(
        "workers",
        "run_task",
        _SERVE,
        kinds.number(1, 64),
        "How many plans are checked at a time.",
        default=2,
    ),
    ProgramOption(
        "seconds",
        "run_task",
        _SERVE,
        kinds.number(1, 540),
        "How long a check may take; a run task that says nothing for ten minutes is in error.",
        default=300,
    ),
    ProgramOption(
        "mebibytes",
        "run_task",
        _SERVE,
        kinds.number(512, 1 << 24),
        "How much address space a check may take.",
        default=4096,
    ),
    ProgramOption(
        "details_url",
        "run_task",
        _SERVE,
        program_kinds.link(),
        "Where people read more about this check; a link in the run.",
    ),
    ProgramOption(
        "pass_unjudged",
        "run_task",
        _SERVE,
        None,
        "Let a plan pass in which nothing could be judged, as it declares nothing of AWS Backup's concern.",
    ),
)

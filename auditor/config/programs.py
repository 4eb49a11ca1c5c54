"""The table of the options of the executor, the sandbox and the run task, beside the table of the settings.

They are options and variables, but not keys of `auditor.yaml`: that file says how an organization is audited
and pushed to, and stays beside the policies. These are programs that run on another machine or in a
container, each with its own environment, and their options do not concern an audit. An option that means the
same as a setting is that setting, and is not repeated here.

From a row follow the option, its variable and its help, and its line in `docs/configuration.md`.
"""

from typing import Final

from auditor.config import kinds, program_kinds
from auditor.config.program_option import ProgramOption
from auditor.config.run_task_options import RUN_TASK

#: Settings that a command takes beside the rows of this table.
SHARED: Final = {
    "executor serve": ("external_id",),
    "executor run": ("external_id",),
    "demo": ("out",),
}

_SERVICE: Final = ("executor serve", "executor run")
_DATABASE: Final = (*_SERVICE, "executor migrate")

OPTIONS: Final = (
    ProgramOption(
        "database",
        "executor",
        _DATABASE,
        program_kinds.words("a path or a URL", "DATABASE"),
        "An SQLite file, which `serve` and `run` make where there is none, or "
        "postgresql://USER@HOST/DATABASE.",
        required=_DATABASE,
        older="--catalog",
        former="AUDITOR_CATALOG",
    ),
    ProgramOption(
        "role_name",
        "executor",
        _SERVICE,
        kinds.text("the name of an IAM role", r"[\w+=,.@/\-]{1,512}"),
        "The role to assume in each other account, for the services' own APIs.",
        default="AuditorExecutor",
        spelled="--executor-role-name",
    ),
    ProgramOption(
        "mount",
        "executor",
        _SERVICE,
        program_kinds.mount(),
        "Where a file system of EFS is mounted; several are several options, or words of the variable.",
        several=True,
        former="AUDITOR_MOUNT",
    ),
    ProgramOption(
        "storage_gateway",
        "executor",
        _SERVICE,
        None,
        "Look for volumes of Storage Gateway too, which not every Region has.",
        former="AUDITOR_STORAGE_GATEWAY",
    ),
    ProgramOption(
        "accept_edits",
        "executor",
        _SERVICE,
        None,
        "Seal the database's rows as they are, though somebody else has edited them: once.",
        former="AUDITOR_ACCEPT_EDITS",
    ),
    ProgramOption(
        "runs",
        "executor",
        _SERVICE,
        kinds.path("a folder"),
        "A folder of runs of `auditor audit` (its --out): compliance reports are made of the newest one of "
        "their day.",
        otherwise="compliance reports fail",
    ),
    ProgramOption(
        "workers",
        "executor",
        _SERVICE,
        kinds.number(1, 32),
        "How many accounts and Regions make backups at a time.",
        default=4,
    ),
    ProgramOption(
        "credentials",
        "executor",
        _SERVICE,
        kinds.path("a YAML file"),
        "A YAML file: the keys that may sign requests, each of one account, and its organization, which "
        "is all that `run` takes of it.",
        required=("executor serve",),
        former="AUDITOR_CREDENTIALS",
    ),
    ProgramOption(
        "until",
        "executor",
        ("executor run",),
        program_kinds.moment_or_now(),
        "Make what was due before this time: now, a time in RFC 3339, or a day, which means its end in UTC.",
        default="now",
        former="AUDITOR_UNTIL",
    ),
    ProgramOption(
        "host",
        "executor",
        ("executor serve",),
        program_kinds.words("an IP address"),
        "Listen on this IP address. Away from loopback, put a TLS proxy before it.",
        default="127.0.0.1",
        former="AUDITOR_HOST",
    ),
    ProgramOption(
        "port",
        "executor",
        ("executor serve",),
        kinds.number(0, 65535),
        "Listen on this port; 0 takes a free one.",
        default=4578,
        former="AUDITOR_PORT",
    ),
    ProgramOption(
        "threads",
        "executor",
        ("executor serve",),
        kinds.number(1, 64),
        "How many requests are answered at a time.",
        default=8,
        former="AUDITOR_THREADS",
    ),
    ProgramOption(
        "run_every",
        "executor",
        ("executor serve",),
        kinds.number(0, 3600),
        "Seconds between two looks at what is due; 0 serves requests only.",
        default=60,
        former="AUDITOR_RUN_EVERY",
    ),
    ProgramOption(
        "to",
        "executor",
        ("executor migrate",),
        program_kinds.words("a revision", "REVISION"),
        "The revision to bring the layout to, up or down.",
        otherwise="this program's own",
        former="AUDITOR_TO",
    ),
    ProgramOption(
        "days",
        "simulate",
        ("executor simulate",),
        kinds.number(1, 36_500),
        "How many days are simulated.",
        default=90,
        former="AUDITOR_DAYS",
    ),
    ProgramOption(
        "start",
        "simulate",
        ("executor simulate",),
        program_kinds.day(),
        "The first day, UTC.",
        otherwise="today",
        former="AUDITOR_START",
    ),
    ProgramOption(
        "inventory",
        "simulate",
        ("executor simulate",),
        kinds.path("a YAML or JSON file"),
        "Resources, vaults, accounts and Regions, as YAML or JSON.",
        former="AUDITOR_INVENTORY",
    ),
    ProgramOption(
        "resources",
        "simulate",
        ("executor simulate",),
        program_kinds.counts(),
        "Resources by type, such as EBS=500,S3=20.",
        former="AUDITOR_RESOURCES",
    ),
    ProgramOption(
        "every",
        "simulate",
        ("executor simulate",),
        kinds.number(1, 36_500),
        "How many days lie between two counts of recovery points.",
        default=7,
        former="AUDITOR_EVERY",
    ),
    ProgramOption(
        "tier_tag",
        "simulate",
        ("executor simulate",),
        program_kinds.words("a tag's key"),
        "The tag that names a resource's tier.",
        default="backup-tier",
        former="AUDITOR_TIER_TAG",
    ),
    ProgramOption(
        "format",
        "simulate",
        ("executor simulate",),
        kinds.choice("table", "json"),
        "Print tables, or one JSON document.",
        default="table",
        former="AUDITOR_FORMAT",
    ),
    ProgramOption(
        "workers",
        "simulate",
        ("executor simulate",),
        kinds.number(1, 256),
        "How many processes share the resources.",
        otherwise="what the size is worth",
    ),
    ProgramOption(
        "host",
        "sandbox",
        ("sandbox",),
        program_kinds.words("a loopback address"),
        "Listen on this loopback address.",
        default="127.0.0.1",
        former="AUDITOR_HOST",
    ),
    ProgramOption(
        "port",
        "sandbox",
        ("sandbox",),
        kinds.number(0, 65535),
        "Listen on this port; 0 takes a free one.",
        default=4577,
        former="AUDITOR_PORT",
    ),
    ProgramOption(
        "partition",
        "sandbox",
        ("sandbox", "demo"),
        kinds.choice("aws", "aws-cn", "aws-us-gov"),
        "The AWS partition of the organization.",
        default="aws",
        former="AUDITOR_PARTITION",
    ),
    *RUN_TASK,
)

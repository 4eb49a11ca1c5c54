"""The one table of settings.

Each key is a field of `auditor.model.settings.Settings` (which holds its default), a key of `auditor.yaml`,
an option and an `AUDITOR_…` variable. The options, the file's loader, its JSON schema, the file that `auditor
init` writes and `docs/configuration.md` are all made from here.
"""

from dataclasses import MISSING, dataclass, fields
from typing import Any, Final

from auditor.config import kinds
from auditor.config.kinds import Kind
from auditor.model.calendar import LONGEST_DAYS
from auditor.model.settings import FRAMEWORK_ID, Settings
from reports.formats import registry

#: A key's group, and its title in the file and on the page. A command takes whole groups.
GROUPS: Final = {
    "scope": "Which accounts and Regions",
    "reading": "What is read, as of when, and where it is kept",
    "pushing": "What is pushed",
    "policies": "What must be so",
    "framework": "Which framework is audited for",
    "selection": "How to read plans and selections where AWS's documents disagree",
    "engine": "Which Rego engine answers",
    "judgement": "What counts as a finding",
    "reports": "What is handed over",
}


@dataclass(frozen=True, slots=True)
class Key:
    """One setting. `help` is one sentence; `sample` is a YAML value for a key that has no default."""

    name: str
    group: str
    kind: Kind
    help: str
    sample: str = ""

    @property
    def option(self) -> str:
        """The command-line option."""
        return "--" + self.name.replace("_", "-")

    @property
    def variable(self) -> str:
        """The environment variable."""
        return "AUDITOR_" + self.name.upper()

    @property
    def default(self) -> Any:
        """The default of the field; None where there is none or where it is worked out (`as_of`: now)."""
        return _DEFAULTS[self.name]


_DEFAULTS: Final = {
    field.name: None if field.default is MISSING else field.default for field in fields(Settings)
}

KEYS: Final = (
    Key(
        "accounts",
        "scope",
        kinds.accounts("organization", "caller"),
        "All accounts of the organization, only the caller's own (no role is assumed), or these account ids.",
    ),
    Key(
        "regions",
        "scope",
        kinds.texts("a list of Regions such as eu-central-1", r"[a-z]{2,4}(-[a-z]+)+-[0-9]{1,2}"),
        "Only these Regions; without it, every Region that is enabled in the account.",
        sample="[eu-central-1, eu-west-1]",
    ),
    Key(
        "external_id",
        "scope",
        kinds.text("2 to 1224 letters, digits or +=,.@:/-_", r"[\w+=,.@:/\-]{2,1224}"),
        "The external id that the roles ask for.",
        sample="our-agreement-17",
    ),
    Key("workers", "scope", kinds.number(1, 256), "How many accounts and Regions are worked on at a time."),
    Key(
        "retry_minutes",
        "scope",
        kinds.number(0, 60),
        "How long a throttled account and Region is asked again before it counts as unread.",
    ),
    Key(
        "role_name",
        "reading",
        kinds.text("the name of an IAM role", r"[\w+=,.@/\-]{1,512}"),
        "The role that is assumed in each account other than the caller's; it only reads, but for a publish.",
    ),
    Key(
        "as_of",
        "reading",
        kinds.moment(),
        "The end of the audited period: a time in RFC 3339, or a day, which means its end in UTC; "
        "without it, now.",
        sample='"2026-02-09T00:00:00Z"',
    ),
    Key(
        "period_days", "reading", kinds.number(1, LONGEST_DAYS), "How many days before that end are audited."
    ),
    Key("out", "reading", kinds.path("a folder"), "The folder that takes a folder for each run."),
    Key(
        "push_role_name",
        "pushing",
        kinds.text("the name of an IAM role", r"[\w+=,.@/\-]{1,512}"),
        "The role that `auditor push` assumes in each account other than the caller's.",
    ),
    Key(
        "policies",
        "policies",
        kinds.path("a folder"),
        "A policies folder of your own, or one that adds to those that are shipped.",
        sample="policies",
    ),
    Key(
        "tiers",
        "policies",
        kinds.path("a YAML file"),
        "Your protection tiers; without it, the `tiers.yaml` of the policies.",
        sample="tiers.yaml",
    ),
    Key(
        "absent_tag",
        "selection",
        kinds.choice("indeterminate", "holds", "fails"),
        "Whether StringNotEquals and StringNotLike hold for a resource that lacks the tag.",
    ),
    Key(
        "arn_wildcards",
        "selection",
        kinds.choice("anywhere", "end"),
        "Where a `*` in the ARN of a selection stands for something.",
    ),
    Key(
        "empty_selection",
        "selection",
        kinds.choice("all", "nothing"),
        "What a selection with neither resources nor tags selects.",
    ),
    Key(
        "list_of_tags_prefix",
        "selection",
        kinds.choice("indeterminate", "accepted", "refused"),
        "Whether a key of ListOfTags may begin with `aws:ResourceTag/`, as those of Conditions do.",
    ),
    Key(
        "like_whitespace",
        "selection",
        kinds.choice("indeterminate", "matches", "differs"),
        "Whether `*` in StringLike and StringNotLike stands for white space too.",
    ),
    Key(
        "copy_lifecycle",
        "selection",
        kinds.choice("inherit", "never"),
        "How long a copy is kept whose copy action has no lifecycle: as long as its backup, or for ever.",
    ),
    Key(
        "engine",
        "engine",
        kinds.choice("embedded", "opa-server"),
        "The engine that comes along, or an OPA server.",
    ),
    Key(
        "engine_url",
        "engine",
        kinds.text("a URL", r"own|https?://[^\s]+"),
        "Where an OPA server answers; `own`: OPA (`AUDITOR_OPA`, else `opa` on the `PATH`) is started "
        "for the run, with limits of memory and time.",
    ),
    Key(
        "framework",
        "framework",
        kinds.text("the id of a framework", FRAMEWORK_ID),
        "Only its controls are asked, and no tier or parameter allows more than it; without one, all are.",
        sample="dora",
    ),
    Key(
        "audit_manager",
        "framework",
        kinds.path("a YAML or JSON file"),
        "What an audit for `aws-backup-audit-manager` asks: a framework as CreateFramework of AWS Backup "
        "takes it or DescribeFramework answers it; without it, every control with AWS's defaults.",
        sample="framework.json",
    ),
    Key(
        "waivers",
        "judgement",
        kinds.path("a YAML file"),
        "Accepted deviations, each with a reason, an approver and an end.",
        sample="waivers.yaml",
    ),
    Key(
        "max_waiver_days",
        "judgement",
        kinds.number(1, 3660),
        "How many days after `as_of` a waiver may end; a file with a longer one is refused.",
    ),
    Key(
        "holds",
        "judgement",
        kinds.path("a YAML file"),
        "The register of legal holds: the matters that demand them; nothing is asked of holds without it.",
        sample="holds.yaml",
    ),
    Key(
        "attestations",
        "judgement",
        kinds.path("a YAML file"),
        "What persons attest where AWS's data cannot tell it, each with proof and end; nothing passes by it.",
        sample="attestations.yaml",
    ),
    Key(
        "max_attestation_days",
        "judgement",
        kinds.number(1, 3660),
        "How many days after its `attested_on` an attestation may end; a file with a longer one is refused.",
    ),
    Key(
        "responses",
        "judgement",
        kinds.path("a YAML file"),
        "What management answers to causes of findings, each with an owner and a day; it changes no verdict.",
        sample="responses.yaml",
    ),
    Key(
        "deleted_resources",
        "judgement",
        kinds.choice("judge", "list", "ignore"),
        "What becomes of resources that were deleted within the period, of which only jobs and "
        "recovery points tell.",
    ),
    Key(
        "fail_on",
        "judgement",
        kinds.choice("critical", "high", "medium", "low", "never"),
        "The least severity of a finding that makes the command exit with 3.",
    ),
    Key(
        "owner_tag",
        "judgement",
        kinds.text("the key of a tag", r"\S(.*\S)?"),
        "The tag that names who answers for a resource: causes of findings are counted by owner.",
        sample="owner",
    ),
    Key(
        "formats",
        "reports",
        kinds.choices(*registry.NAMES),
        f"Which reports are written, of {', '.join(registry.NAMES)}.",
    ),
)

BY_NAME: Final = {key.name: key for key in KEYS}


def shown(value: Any) -> str:
    """Write `value` as YAML does in one line: `low`, `30`, `[html, pdf]`."""
    return f"[{', '.join(value)}]" if isinstance(value, tuple) else str(value)

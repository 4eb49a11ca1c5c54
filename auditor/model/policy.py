"""What must be so: tiers and controls as the catalogue reads them from `policies/`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final, Literal, Self

from auditor.model.verdicts import Severity

SubjectType = Literal[
    "resource",
    "plan",
    "vault",
    "recovery_point",
    "account",
    "change",
    "organization_policy",
    "bucket",
    "vault_policy",
    "role",
    "key",
    "quota",
    "selection",
    "waiver",
    "attestation",
    "run",
    "organization",
]


@dataclass(frozen=True, slots=True)
class TierAssignment:
    """A resource belongs to `tier` when all that the entry asks for holds.

    Every tag must match, the account lie in one of the units and be one of `accounts` (twelve digits each),
    and the type be one of `resource_types`, in AWS Backup's words. An empty mapping or tuple asks nothing. An
    OU matches when its name is any element of the account's OU path. `line` is that of the entry in the
    tiers file, 0 where it was read from none.
    """

    tier: str
    tags: Mapping[str, str]
    organizational_units: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
    resource_types: tuple[str, ...] = ()
    line: int = field(default=0, compare=False)

    @classmethod
    def of(cls, entry: Mapping[str, Any], line: int = 0) -> Self:
        """An entry of `assignment` as schemas/tiers.json has it."""
        return cls(
            tier=entry["tier"],
            tags=entry.get("tags", {}),
            organizational_units=tuple(entry.get("organizational_units", ())),
            accounts=tuple(entry.get("accounts", ())),
            resource_types=tuple(entry.get("resource_types", ())),
            line=line,
        )


#: Keys of `restore_test` that say how large a sample has to be.
SAMPLE_SIZES: Final = ("sample_resources", "sample_percent")


@dataclass(frozen=True)
class Tiers:
    """Protection tiers by name (each as `schemas/tier.json` says) and the ordered assignment.

    `default` takes the rest.
    """

    tiers: Mapping[str, Mapping[str, Any]]
    assignment: tuple[TierAssignment, ...]
    default: str

    @cached_property
    def tag_keys(self) -> tuple[str, ...]:
        """The keys of tags that some entry asks for, each once."""
        return (*dict.fromkeys(key for entry in self.assignment for key in entry.tags),)

    def demand(self, path: str) -> bool:
        """Whether a tier has the key that `path` (tier.copy) names; "" names none, and is always demanded."""
        return not path or any(demands(tier, path) for tier in self.tiers.values())


def demands(tier: Any, path: str) -> bool:
    """Whether a tier has the key that `path` (tier.copy, tier.restore_test.sample) names, not as false."""
    for key in path.split(".")[1:]:
        tier = tier.get(key, False) if isinstance(tier, Mapping) else False
    return tier is not False


@dataclass(frozen=True, slots=True)
class Explained:
    """What a control says of the findings of one code that have one cause.

    `problem` is what is wrong with several of them, from the verb on. `named_by` is the path of the fact that
    names the cause. `remediation` says what to do, with the call or the line that does it.
    """

    problem: str
    named_by: str
    remediation: str


@dataclass(frozen=True, slots=True)
class Control:
    """One control as its METADATA declares it.

    `reads` are dotted paths into `input`: the host gives a control these facts and no other. `cites`
    are facts that are attached to a finding as evidence and that the control cannot read. `reasons`
    maps a code to its message template. `causes` maps a code to what its findings have in
    common; a control of the user may have none. `path` is the Rego file below `policies/`.
    `deleted_resources` says that it judges resources that were deleted within the period too, by what is
    recorded of them, `attestable` that a person may attest what it could not judge. `suggestions` has for a
    code what mends its findings, by the language of an input. `only_for` is the framework
    without which no audit asks it; "" for every audit. `demanded_by` is the path of the tiers' key (such as
    tier.copy) without which it applies to nothing; "" where there is none.
    """

    id: str
    title: str
    description: str
    severity: Severity
    subject: SubjectType
    moments: tuple[str, ...]
    reads: tuple[str, ...]
    cites: tuple[str, ...]
    reasons: Mapping[str, str]
    remediation: str
    package: str
    path: str
    deleted_resources: bool = False
    attestable: bool = False
    demanded_by: str = ""
    only_for: str = ""
    causes: Mapping[str, Explained] = field(default_factory=dict)
    suggestions: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

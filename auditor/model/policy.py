"""What must be so: tiers and controls as the catalogue reads them from `policies/`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

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
    "waiver",
]


@dataclass(frozen=True, slots=True)
class TierAssignment:
    """A resource belongs to `tier` when every tag matches and its account lies in one of the units.

    An empty mapping or tuple asks nothing. An OU matches when its name is any element of the account's
    OU path.
    """

    tier: str
    tags: Mapping[str, str]
    organizational_units: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Tiers:
    """Protection tiers by name (each as `schemas/tier.json` says) and the ordered assignment.

    `default` takes the rest.
    """

    tiers: Mapping[str, Mapping[str, Any]]
    assignment: tuple[TierAssignment, ...]
    default: str


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
    recorded of them.
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
    causes: Mapping[str, Explained] = field(default_factory=dict)

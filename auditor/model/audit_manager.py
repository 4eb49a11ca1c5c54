"""A framework of AWS Backup Audit Manager: which of its controls are asked, and how (aws-backup.md 2.3).

A framework is what CreateFramework takes and DescribeFramework answers. Values of parameters are text there.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Self

from auditor.model.audit_controls import CONTROLS, HOURS, AuditedKind
from auditor.model.resource_types import TYPES

#: The id of the framework whose controls these are, as `policies/frameworks` has it.
FRAMEWORK: Final = "aws-backup-audit-manager"
#: Partitions without Audit Manager.
_WITHOUT: Final = ("aws-cn",)
#: Regions without it, in partitions that have it.
_NOT_IN: Final = frozenset({
    "ap-east-2", "ap-southeast-5", "ap-southeast-6", "ap-southeast-7", "ca-west-1", "il-central-1",
    "mx-central-1",
})  # fmt: skip


def offers_audit_manager(partition: str, region: str) -> bool:
    """Whether a Region has Audit Manager, with its frameworks and report plans (aws-backup.md 1.5, 2.4)."""
    return partition not in _WITHOUT and region not in _NOT_IN


class InvalidFramework(ValueError):  # noqa: N818 -- it is said to the user: the framework is invalid
    """What is wrong with a framework, a sentence."""


#: What CreateFramework and DescribeFramework have beside the controls, and an audit does without.
_ASIDE: Final = frozenset(
    {"IdempotencyToken", "FrameworkTags", "FrameworkArn", "CreationTime", "DeploymentStatus"}
    | {"FrameworkStatus", "ResponseMetadata"}
)


@dataclass(frozen=True, slots=True)
class AskedControl:
    """A control with its parameters, AWS's defaults filled in, and its scope.

    The scope is resource types (none: all that the control evaluates), one tag, or one resource by its id or
    ARN; nothing at all is everything. `document` is the control as it was given.
    """

    name: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    types: tuple[str, ...] = ()
    tag: tuple[str, str] | None = None
    resource: str = ""
    document: Mapping[str, Any] = field(default_factory=dict, compare=False)

    @property
    def kind(self) -> AuditedKind:
        """What the control is about."""
        return CONTROLS[self.name]

    @property
    def hours(self) -> int | None:
        """The frequency or age that is asked for, hours; None where the control asks for none."""
        kind = self.kind
        if not kind.value:
            return None
        return HOURS[self.parameters[kind.unit]] * int(self.parameters[kind.value])

    def number(self, name: str) -> int | None:
        """The value of a parameter that is a number; None where it has none."""
        return int(self.parameters[name]) if name in self.parameters else None

    def names(self, name: str) -> list[str]:
        """The names in the value of a parameter that lists some."""
        return [one.strip() for one in self.parameters[name].split(",")]

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Self:
        """Read a FrameworkControl of AWS Backup's API.

        Raises:
            InvalidFramework: AWS Backup has no such control, parameter, value or scope.
        """
        name = document.get("ControlName", "")
        if name not in CONTROLS:
            raise InvalidFramework(f"{str(name)[:100]!r} is not a control of AWS Backup Audit Manager.")
        parameters = _parameters(name, document.get("ControlInputParameters") or [])
        scope = document.get("ControlScope") or {}
        _check_scope(name, scope)
        tags, resources = scope.get("Tags") or {}, scope.get("ComplianceResourceIds") or []
        return cls(
            name,
            parameters,
            tuple(
                one for one in scope.get("ComplianceResourceTypes") or () if one != CONTROLS[name].config_type
            ),
            next(iter(tags.items()), None),
            next(iter(resources), ""),
            document,
        )


@dataclass(frozen=True, slots=True)
class AskedFramework:
    """A framework: its name, its description, and its controls, each once."""

    name: str
    description: str
    controls: tuple[AskedControl, ...]

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Self:
        """Read what CreateFramework takes, or DescribeFramework answers.

        Raises:
            InvalidFramework: it is not one that AWS Backup takes.
        """
        known = {"FrameworkName", "FrameworkDescription", "FrameworkControls", *_ASIDE}
        for key in document:
            if key not in known:
                raise InvalidFramework(f"{str(key)[:100]!r} is no member of CreateFramework; remove it.")
        name = document.get("FrameworkName", "")
        if not isinstance(name, str) or not re.fullmatch("[a-zA-Z][_a-zA-Z0-9]{0,255}", name):
            raise InvalidFramework("FrameworkName is a letter and up to 255 letters, digits and underscores.")
        controls = document.get("FrameworkControls") or []
        check_controls(controls)
        asked = tuple(AskedControl.of(one) for one in controls)
        return cls(name, str(document.get("FrameworkDescription") or ""), asked)

    @property
    def tables(self) -> frozenset[str]:
        """The tables of the evidence that nothing but a control of the framework asks for."""
        restores = {"restore_jobs"} if self.asks("RESTORE_TIME_FOR_RESOURCES_MEET_TARGET") else set[str]()
        tagged = [one.kind for one in self.controls if one.tag is not None]
        told = {"backup_tags"} if any(kind.tags_told for kind in tagged) else set[str]()
        lists = {"backup_tags.recovery_points", "backup_tags.snapshots"}
        listed = lists if any(kind.tags_listed for kind in tagged) else set[str]()
        return frozenset(restores | told | listed)

    def asks(self, name: str) -> AskedControl | None:
        """The control of that name; None where the framework does not have it."""
        return next((one for one in self.controls if one.name == name), None)


def check_controls(controls: Sequence[Mapping[str, Any]]) -> None:
    """Check that each control, its parameters and its scope are some that AWS Backup Audit Manager has.

    Raises:
        InvalidFramework: one is not, or there is none.
    """
    if not controls:
        raise InvalidFramework("A framework needs at least one control.")
    names = [AskedControl.of(control).name for control in controls]
    for name in names:
        if names.count(name) > 1:
            raise InvalidFramework(f"{name} comes twice; a framework asks each control once.")


def _parameters(control: str, given: Sequence[Mapping[str, str]]) -> dict[str, str]:
    kind, found = CONTROLS[control], dict[str, str]()
    for parameter in given:
        name, value = parameter.get("ParameterName", ""), parameter.get("ParameterValue", "")
        if name not in kind.parameters:
            takes = ", ".join(kind.parameters) or "none"
            raise InvalidFramework(f"{control} has no parameter {name[:100]!r}; its parameters: {takes}.")
        if name in found:
            raise InvalidFramework(f"The parameter {name} of {control} comes twice.")
        if not isinstance(value, str):
            raise InvalidFramework(f"The parameter {name} of {control} is a text; write it in quotes.")
        wanted = kind.parameters[name].check(value)
        if wanted is not None:
            raise InvalidFramework(
                f"{value[:100]!r} is not a value of the parameter {name} of {control}, which is {wanted}."
            )
        found[name] = value
    defaults = {name: one.default for name, one in kind.parameters.items() if one.default is not None}
    whole = defaults | found
    _check_bounds(control, whole)
    return whole


def _check_bounds(control: str, whole: Mapping[str, str]) -> None:
    """Check a value against its unit."""
    kind = CONTROLS[control]
    if not kind.value:
        return
    unit, value = whole[kind.unit], int(whole[kind.value])
    low, high = kind.least.get(unit, 1), kind.most[unit]
    if not low <= value <= high:
        raise InvalidFramework(
            f"'{value}' is not a value of the parameter {kind.value} of {control}, which is a whole number "
            f"from {low} to {high} in {unit}."
        )


def _check_scope(control: str, scope: Mapping[str, Any]) -> None:
    """One resource, types of resources, or one tag."""
    kind = CONTROLS[control]
    if len(scope.get("Tags") or {}) > 1:
        raise InvalidFramework("A control's scope has at most one tag.")
    if len(scope.get("ComplianceResourceIds") or []) > 1:
        raise InvalidFramework("A control's scope has at most one resource.")
    if scope.get("Tags") and not kind.by_tag:
        raise InvalidFramework(f"The scope of {control} has no tag; name resource types or one resource.")
    for one in scope.get("ComplianceResourceTypes") or []:
        if one != kind.config_type and not kind.by_type:
            raise InvalidFramework(
                f"The scope of {control} has no resource types; name a tag or one resource."
            )
        if one != kind.config_type and one not in TYPES:
            raise InvalidFramework(
                f"{str(one)[:100]!r} in the scope of {control} is not a resource type of AWS Backup."
            )


#: Every control with AWS's defaults, for whatever is in its scope: what is asked where no framework is given.
#: AWS has no default for the longest time of a restore, so that control is not among them.
EVERY_CONTROL: Final = AskedFramework(
    "AWSBackupFramework",
    "",
    tuple(
        AskedControl.of({"ControlName": name})
        for name in CONTROLS
        if name != "RESTORE_TIME_FOR_RESOURCES_MEET_TARGET"
    ),
)

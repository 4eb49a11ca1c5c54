"""Verdicts in AWS Config's words, severities, gaps in the evidence, and waivers."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any


class Verdict(StrEnum):
    """The one answer of a control for a subject. The order is the order of every report: worst first."""

    ERROR = "ERROR"
    NON_COMPLIANT = "NON_COMPLIANT"
    INSUFFICIENT_DATA = "INSUFFICIENT_DATA"
    WAIVED = "WAIVED"
    COMPLIANT = "COMPLIANT"
    NOT_APPLICABLE = "NOT_APPLICABLE"


class Severity(StrEnum):
    """How bad a finding is, worst first."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


@dataclass(frozen=True, slots=True)
class Gap:
    """Something that a verdict may need and that is not known, such as what a failed call would have told.

    `provides` names the evidence tables that are incomplete because of it; `region` is "" for a global call;
    `error` is AWS's code (AccessDeniedException, ThrottlingException …) and `message` its text, untrusted.
    """

    gap_id: str
    account_id: str
    region: str
    service: str
    operation: str
    error: str
    message: str
    provides: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a verdict is what it is.

    The control's code, its message with the fields filled in, and the evidence.
    """

    code: str
    message: str
    evidence: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Waiver:
    """An accepted deviation with an end.

    `subject` is an ARN pattern (fnmatch); it holds through `expires`.
    """

    control_id: str
    subject: str
    reason: str
    approved_by: str
    expires: date

"""Verdicts in AWS Config's words, severities, gaps in the evidence, and waivers."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Self


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
    """An accepted deviation with an end; it holds through `expires`.

    It covers a finding where all that it says of the subject is so. `subject` is a pattern of ARNs (* and ?
    stand for any text), `account` an account id, `organizational_unit` the name of any unit that the account
    lies in; "" says nothing. `tag` is key and value of a tag of the resource. `owner` mends the deviation.
    """

    control_id: str
    subject: str
    reason: str
    approved_by: str
    expires: date
    account: str = ""
    organizational_unit: str = ""
    tag: tuple[str, str] | None = None
    owner: str = ""
    ticket: str = ""

    @classmethod
    def of(cls, said: Mapping[str, Any]) -> Self:
        """The waiver that says this: a checked entry of a file of waivers, or what `told` made."""
        tag = said.get("tag")
        return cls(
            control_id=said["control_id"],
            subject=said.get("subject", ""),
            reason=said["reason"],
            approved_by=said["approved_by"],
            expires=date.fromisoformat(said["expires"]),
            account=said.get("account", ""),
            organizational_unit=said.get("organizational_unit", ""),
            tag=None if tag is None else (tag["key"], tag["value"]),
            owner=said.get("owner", ""),
            ticket=said.get("ticket", ""),
        )

    def told(self) -> dict[str, Any]:
        """What the waiver says, key by key, as documents and bundles have it: only what it does say."""
        return _told(self, "expires")


@dataclass(frozen=True, slots=True)
class Attestation:
    """A person's statement about what AWS's data cannot tell; it holds from `attested_on` through `expires`.

    It is told of subjects that its control could not judge, where all that it says of them is so: `subject`,
    `tag`, `account` and `organizational_unit` are a waiver's. `evidence` says where the proof lies, `sha256`
    is its digest. It makes nothing compliant.
    """

    control_id: str
    statement: str
    attested_by: str
    attested_on: date
    evidence: str
    sha256: str
    expires: date
    subject: str = ""
    account: str = ""
    organizational_unit: str = ""
    tag: tuple[str, str] | None = None

    @classmethod
    def of(cls, said: Mapping[str, Any]) -> Self:
        """The attestation that says this: a checked entry of a file, or what `told` made."""
        tag = said.get("tag")
        names = ("control_id", "statement", "attested_by", "evidence", "sha256")
        return cls(
            **{name: said[name] for name in names},
            attested_on=date.fromisoformat(said["attested_on"]),
            expires=date.fromisoformat(said["expires"]),
            subject=said.get("subject", ""),
            account=said.get("account", ""),
            organizational_unit=said.get("organizational_unit", ""),
            tag=None if tag is None else (tag["key"], tag["value"]),
        )

    def holds(self, on: date) -> bool:
        """Whether it counts on a day."""
        return self.attested_on <= on <= self.expires

    def given(self, on: date, verdicts: int) -> dict[str, Any]:
        """What a document says of it: whether it counts on a day, and of how many verdicts it is told."""
        return {**self.told(), "in_force": self.holds(on), "verdicts": verdicts}

    def told(self) -> dict[str, Any]:
        """What it says, key by key: only what it does say."""
        return _told(self, "attested_on", "expires")


def _told(one: Waiver | Attestation, *days: str) -> dict[str, Any]:
    """What one says, key by key, with its `days` and its tag as a file has them: only what it does say."""
    said = asdict(one) | {name: getattr(one, name).isoformat() for name in days}
    if one.tag is not None:
        said["tag"] = dict(zip(("key", "value"), one.tag, strict=True))
    return {key: value for key, value in said.items() if value}

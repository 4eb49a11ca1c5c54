"""What inputs declare beside resources, plans and vaults, and backups rest on: subjects of their own.

Their facts are in the words of the schema of the subject, `policies/schemas/<subject>.json`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from auditor.check.declared import Declaration, Place

Json = Any


class FactDoubt(StrEnum):
    """What an unknown does to a fact.

    MISSING: there is none. MORE: there may be more of it, which could only add findings. LESS: there may be
    something that could only take a finding away.
    """

    MISSING = "missing"
    MORE = "more"
    LESS = "less"


@dataclass(frozen=True, slots=True)
class DeclaredSubject:
    """One of them: its facts by dotted path, and for a path why it is in doubt, in a clause.

    `stays` says that the input knows the state before it, and that nothing of it changes.
    """

    place: Place
    subject: str
    arn: str
    name: str
    declaration: Declaration
    facts: Mapping[str, Json]
    doubts: Mapping[str, tuple[FactDoubt, str]] = field(default_factory=dict)
    stays: bool = False

    def why(self, reads: Sequence[str]) -> str:
        """Why the first of the facts `reads` that is in doubt is so, "" where none is."""
        for path in reads:
            for name, (_, clause) in self.doubts.items():
                if name == path or name.startswith(f"{path}."):
                    return clause
        return ""


@dataclass(frozen=True, slots=True)
class Versioning:
    """What an input says of the versioning of a bucket, "" for one that is not known.

    `status` is enabled, suspended or off, or "" where `fault` says why it is not known. `was` is the status
    before the change, "" where the input does not tell. `own` says that it is what holds unless something
    else is declared about it, by an input that may lack something because of `missing`.
    """

    bucket: str
    status: str
    declaration: Declaration
    fault: str = ""
    was: str = ""
    own: bool = False
    missing: str = ""


@dataclass(frozen=True, slots=True)
class DeclaredRole:
    """A role: its trust policy, and what is attached to it.

    `managed` are ARNs of policies whose documents are not among the inputs, `documents` those that are, and
    inline ones. `trust_fault` says why the trust policy is not known, `hidden` why more may be attached, and
    `bounded` why less may be allowed than what is attached allows. `perhaps` says that it may not be made.
    """

    place: Place
    arn: str
    name: str
    declaration: Declaration
    trust: Json
    trust_fault: str = ""
    managed: tuple[str, ...] = ()
    documents: tuple[Json, ...] = ()
    hidden: str = ""
    bounded: str = ""
    perhaps: bool = False


@dataclass(frozen=True, slots=True)
class RoleWords:
    """What an input writes of a role, or of a policy for roles, as far as it is known: to be compared."""

    place: Place
    declaration: Declaration
    said: Mapping[str, Json]

"""Stacks of CloudFormation that an input of another format declares."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from auditor.check.declared import Declaration, Place


@dataclass(frozen=True, slots=True)
class DeclaredStack:
    """A stack with the text of its template; parameters and tags that are not known are `hidden`, by key.

    One `of_set` is made by a stack set, and is no resource of the input itself.
    """

    place: Place
    declaration: Declaration
    template: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    hidden_parameters: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    hidden_tags: Mapping[str, str] = field(default_factory=dict)
    of_set: bool = False


@dataclass(frozen=True, slots=True)
class OpenSet:
    """A stack set that may make stacks elsewhere, and why, in a clause.

    `template` is its text, "" where it is not known; `type` is that of what is declared.
    """

    declaration: Declaration
    template: str
    why: str
    type: str

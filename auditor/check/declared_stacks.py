"""Stacks of CloudFormation that an input of another format declares."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from auditor.check.declared import Declaration, Place


@dataclass(frozen=True, slots=True)
class DeclaredStack:
    """A stack with the text of its template; parameters and tags that are not known are `hidden`, by key."""

    place: Place
    declaration: Declaration
    template: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    hidden_parameters: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    hidden_tags: Mapping[str, str] = field(default_factory=dict)

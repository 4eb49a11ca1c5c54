"""What the stacks of templates are made with: the values of parameters, and tags."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from posixpath import abspath
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class StackParameters:
    """What a stack is made with: the values of parameters (None: one that is not known), and its tags.

    `ids` are the physical ids that resources of it have already, by their logical ids. A nested stack has
    the `path` to it through the stacks that it lies in, such as "Data/", and what these do not know of it:
    `hidden` says for a parameter what hides it, `stand_ins` what in it stands in for what AWS will say, and
    `unknown_tags` is that of a resource.
    """

    file: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    ids: Mapping[str, str] = field(default_factory=dict)
    path: str = ""
    hidden: Mapping[str, str] = field(default_factory=dict)
    stand_ins: Mapping[str, str] = field(default_factory=dict)
    unknown_tags: Mapping[str, str] = field(default_factory=dict)


NOTHING_GIVEN: Final = StackParameters()


@dataclass(frozen=True, slots=True)
class Stacks:
    """What stacks are made with: that of `every` template but those that have their `own`, by their files."""

    every: StackParameters = NOTHING_GIVEN
    own: Mapping[str, StackParameters] = field(default_factory=dict)

    def of(self, template: str) -> StackParameters:
        """What the stack of a template is made with; of one file, however its name is written."""
        return next((one for name, one in self.own.items() if abspath(name) == abspath(template)), self.every)

"""Values of a template: intrinsic functions worked out where a template says enough.

Source: CloudFormation user guide, "Intrinsic function reference", "Pseudo parameters reference".
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from auditor.check.cloudformation.functions import UnknownInTemplate, as_text, refuse_functions, short, static
from auditor.check.declared import NO_ACCOUNT, NO_REGION, Place
from auditor.check.shapes import as_list, as_object
from auditor.check.stacks import NOTHING_GIVEN, StackParameters

Json = Any

#: How types of parameters begin of which Systems Manager has the value.
_STORED: Final = "AWS::SSM::"
#: How attributes of a nested stack begin.
OUTPUTS: Final = "Outputs."
_NAME: Final = re.compile(r"\$\{([^!}][^}]*)\}")
_MOST_STEPS: Final = 40
#: How often values may ask for values of resources within each other, through nested stacks too, and how many
#: values are worked out for one template: one of a few lines could ask for any number.
_MOST_DEEP: Final = 10
_MOST_VALUES: Final = 300_000
_PAIR: Final = 2
_TRIPLE: Final = 3
#: In place of a property that `AWS::NoValue` takes away.
_NOTHING: Final = object()
#: What is written as an object in place of a tag or property that is not there.
_NO_VALUE: Final = {"Ref": "AWS::NoValue"}


@dataclass(slots=True)
class Depth:
    """How often values ask for values within each other now, in a template and its nested stacks."""

    now: int = 0


def _no_output(stack: str, name: str) -> tuple[Json, str]:
    raise UnknownInTemplate(f"Fn::GetAtt {stack}.{name}")


class Values:
    """The values of one template.

    `attribute` gives an attribute of a resource, "" for what Ref gives, and `output` one of a nested stack,
    with what in it stands in for what AWS will say; `stack` is what the template is made with.
    """

    def __init__(
        self,
        template: Mapping[str, Json],
        place: Place,
        attribute: Callable[[str, str], str],
        stack: StackParameters = NOTHING_GIVEN,
        depth: Depth | None = None,
    ) -> None:
        self._parameters = as_object(template.get("Parameters"))
        self._mappings = as_object(template.get("Mappings"))
        self._conditions = as_object(template.get("Conditions"))
        self._resources = as_object(template.get("Resources"))
        self._place = place
        self._attribute = attribute
        self.output: Callable[[str, str], tuple[Json, str]] = _no_output
        self.depth = depth or Depth()
        self._stack = stack
        self._comparing = False
        self._left = _MOST_VALUES
        self._stand_in = ""
        of_region = ("AWS::Region", "AWS::Partition", "AWS::URLSuffix") if place.region == NO_REGION else ()
        self._unnamed = {*of_region, *(("AWS::AccountId",) if place.account_id == NO_ACCOUNT else ())}
        self._functions: Mapping[str, Callable[[Json, int], Json]] = {
            "Ref": self._ref,
            "Fn::GetAtt": self._get_att,
            "Fn::Sub": self._sub,
            "Fn::Join": self._join,
            "Fn::Select": self._select,
            "Fn::Split": self._split,
            "Fn::If": self._if,
            "Fn::FindInMap": self._find,
        }

    def of(self, value: Json, steps: int = _MOST_STEPS) -> Json:
        """A value, worked out. Raises `UnknownInTemplate`."""
        if self.depth.now >= _MOST_DEEP:
            raise UnknownInTemplate("values that refer to each other")
        self.depth.now += 1
        try:
            found = self._worked_out(value, steps)
        finally:
            self.depth.now -= 1
        return None if found is _NOTHING else found

    def with_stand_in(self, value: Json, steps: int = _MOST_STEPS) -> tuple[Json, str]:
        """A value, and what in it stands in for what AWS will say, "" where nothing does. As `of`."""
        before, self._stand_in = self._stand_in, ""
        try:
            return self.of(value, steps), self._stand_in
        finally:  # whoever asked may go on without this value, and not without what it met before
            self._stand_in = before

    def told(self, value: Json, steps: int = _MOST_STEPS) -> Json:
        """A value that is compared: nothing in it stands in for what AWS will say. As `of`."""
        found, stand_in = self.with_stand_in(value, steps)
        if stand_in:
            raise UnknownInTemplate(stand_in)
        return found

    def chosen(self, value: Json, steps: int = _MOST_STEPS) -> Json:
        """A value with only its outermost `Fn::If` worked out, None for `AWS::NoValue`. As `of`."""
        self._count(steps)
        if value == _NO_VALUE:
            return None
        found = as_object(value)
        parts = as_list(found.get("Fn::If"))
        if len(found) != 1 or len(parts) != _TRIPLE:
            return value
        return self.chosen(parts[1] if self.holds(parts[0], steps - 1) else parts[2], steps - 1)

    def holds(self, condition: Json, steps: int = _MOST_STEPS) -> bool:
        """Whether a condition holds, by its name or written out. Raises `UnknownInTemplate`."""
        self._count(steps)
        if isinstance(condition, str):
            if condition not in self._conditions:
                raise UnknownInTemplate(f"the condition {condition}")
            return self.holds(self._conditions[condition], steps - 1)
        for name, given in as_object(condition).items():
            listed = as_list(given)
            if name == "Condition":
                return self.holds(given, steps - 1)
            if name == "Fn::Equals" and len(listed) == _PAIR:
                left, right = self._compared(listed, steps - 1)
                return left == right
            if name == "Fn::Not" and listed:
                return not self.holds(listed[0], steps - 1)
            if name in ("Fn::And", "Fn::Or") and listed:
                return self._any(listed, steps - 1, wanted=name == "Fn::Or")
        raise UnknownInTemplate("a condition that is none")

    def _compared(self, values: list[Json], steps: int) -> list[str]:
        """Values of which only is told whether they are the same: a secret may be one of them."""
        before, self._comparing = self._comparing, True
        try:
            return [as_text(self.told(one, steps)) for one in values]
        finally:
            self._comparing = before

    def _any(self, conditions: list[Json], steps: int, *, wanted: bool) -> bool:
        """`wanted` where one of them is, else its opposite; one that is not known matters only then."""
        hidden = ""  # no exception: it would hold the frames of this call, which would hold it
        for one in conditions:
            try:
                if self.holds(one, steps) is wanted:
                    return wanted
            except UnknownInTemplate as unknown:
                hidden = hidden or str(unknown)
        if hidden:
            raise UnknownInTemplate(hidden)
        return not wanted

    def _count(self, steps: int) -> None:
        self._left -= 1
        if not steps or self._left < 0:
            raise UnknownInTemplate("values that refer to each other")

    def _worked_out(self, value: Json, steps: int) -> Json:
        self._count(steps)
        if isinstance(value, list):
            items = [self._worked_out(item, steps - 1) for item in value]
            return [item for item in items if item is not _NOTHING]
        if not isinstance(value, Mapping):
            return static(value)
        if len(value) == 1:
            name, given = next(iter(value.items()))
            if name in self._functions:
                return static(self._functions[name](given, steps - 1))
        refuse_functions(value)
        pairs = {key: self._worked_out(item, steps - 1) for key, item in value.items()}
        return {key: item for key, item in pairs.items() if item is not _NOTHING}

    def _ref(self, name: Json, steps: int) -> Json:
        if not isinstance(name, str):
            raise UnknownInTemplate("Ref")
        pseudo = {
            "AWS::AccountId": self._place.account_id,
            "AWS::Region": self._place.region,
            "AWS::Partition": self._place.partition,
            "AWS::NoValue": _NOTHING,
            # in China it is not stated which principals services have
            **({"AWS::URLSuffix": "amazonaws.com"} if self._place.partition != "aws-cn" else {}),
        }
        if name in pseudo:
            if name in self._unnamed:
                self._stand_in = f"Ref {name}"
            return pseudo[name]
        if name in self._parameters:
            return self._parameter(name, as_object(self._parameters[name]))
        if name in self._resources and steps:
            self._stand_in = f"Ref {name}"
            return self._attribute(name, "")
        raise UnknownInTemplate(f"Ref {name}")

    def _parameter(self, name: str, parameter: Mapping[str, Json]) -> Json:
        """The value that is given, else the default; what is not to be shown is only compared."""
        stack = self._stack
        value = stack.values.get(name, parameter.get("Default"))  # None of one that keeps what it has
        kind = str(parameter.get("Type"))
        if value is None or kind.startswith(_STORED):
            raise UnknownInTemplate(stack.hidden.get(name, f"Ref {name}"))
        self._stand_in = stack.stand_ins.get(name, "") or self._stand_in
        if str(parameter.get("NoEcho")).lower() == "true" and not self._comparing:
            raise UnknownInTemplate(f"Ref {name} (NoEcho)")
        if "List" in kind and isinstance(value, str):
            return [text.strip() for text in value.split(",")]
        return value

    def _get_att(self, given: Json, steps: int) -> Json:
        parts = given.split(".", 1) if isinstance(given, str) else as_list(given)
        texts = all(isinstance(part, str) for part in parts)
        if len(parts) != _PAIR or not texts or parts[0] not in self._resources or not steps:
            raise UnknownInTemplate(f"Fn::GetAtt {given}")
        if str(parts[1]).startswith(OUTPUTS):
            found, stand_in = self.output(str(parts[0]), str(parts[1]))
            self._stand_in = stand_in or self._stand_in
            return found
        self._stand_in = f"Fn::GetAtt {'.'.join(parts)}"
        return self._attribute(str(parts[0]), str(parts[1]))

    def _sub(self, given: Json, steps: int) -> str:
        text, own = (given, {}) if isinstance(given, str) else (*as_list(given), None, None)[:_PAIR]
        if not isinstance(text, str):
            raise UnknownInTemplate("Fn::Sub")
        more = as_object(own)

        def replaced(match: re.Match[str]) -> str:
            name = match[1].strip()
            if name in more:
                return as_text(self._worked_out(more[name], steps - 1 if steps else 0))
            return as_text(self._get_att(name, steps) if "." in name else self._ref(name, steps))

        return short(_NAME.sub(replaced, text).replace("${!", "${"))

    def _join(self, given: Json, steps: int) -> str:
        parts = as_list(given)
        items = self._worked_out(parts[1], steps) if len(parts) == _PAIR and steps else None
        if not isinstance(items, list) or not isinstance(parts[0], str):
            raise UnknownInTemplate("Fn::Join")
        return short(parts[0].join(as_text(item) for item in items))

    def _split(self, given: Json, steps: int) -> list[str]:
        parts = as_list(given)
        text = self._worked_out(parts[1], steps) if len(parts) == _PAIR and steps else None
        if not isinstance(text, str) or not isinstance(parts[0], str) or not parts[0]:
            raise UnknownInTemplate("Fn::Split")
        return text.split(parts[0])

    def _select(self, given: Json, steps: int) -> Json:
        parts = as_list(given)
        if len(parts) != _PAIR or not steps or not str(parts[0]).isdecimal():
            raise UnknownInTemplate("Fn::Select")
        items, index = as_list(self._worked_out(parts[1], steps)), int(str(parts[0])[:9])
        if index >= len(items):
            raise UnknownInTemplate("Fn::Select")
        return items[index]

    def _if(self, given: Json, steps: int) -> Json:
        parts = as_list(given)
        if len(parts) != _TRIPLE or not steps:
            raise UnknownInTemplate("Fn::If")
        return self._worked_out(parts[1] if self.holds(parts[0], steps) else parts[2], steps)

    def _find(self, given: Json, steps: int) -> Json:
        found: Json = self._mappings
        keys = as_list(given)
        if len(keys) < _TRIPLE:
            raise UnknownInTemplate("Fn::FindInMap")
        for key in keys[:_TRIPLE]:
            key_ = self.told(key, steps) if steps else None
            found = as_object(found).get(as_text(key_))
        if found is None:
            raise UnknownInTemplate("Fn::FindInMap")
        return found

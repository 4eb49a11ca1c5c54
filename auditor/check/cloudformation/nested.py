"""The nested stacks of a template, each with its own template where that is in reach.

What the stack passes on are the parameters of that template, its tags are those of all that it makes, and the
outputs are attributes of the stack.
Sources: CloudFormation template reference, AWS::CloudFormation::Stack, and user guide, "Resource tags" (tags
of a stack go on to its resources, nested stacks too); SAM reference, AWS::Serverless::Application; CDK API
reference, `cx-api`, ASSET_RESOURCE_METADATA_PATH_KEY.
"""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from posixpath import abspath
from typing import Any, Final

from auditor.check.cloudformation.documents import stack_tags, tags_of
from auditor.check.cloudformation.functions import UnknownInTemplate, as_text, refuse_functions
from auditor.check.cloudformation.identities import TemplateNames
from auditor.check.cloudformation.values import OUTPUTS
from auditor.check.declared import Assumed, Place, Template, TemplateFinder
from auditor.check.shapes import as_list, as_object
from auditor.check.stacks import StackParameters
from auditor.model.errors import AuditorError
from reports.text import clip

Json = Any

_STACK: Final = "AWS::CloudFormation::Stack"
_APPLICATION: Final = "AWS::Serverless::Application"
#: What makes a stack of its own, and the property that names its template.
STACKS: Final[Mapping[str, str]] = {_STACK: "TemplateURL", _APPLICATION: "Location"}
#: How deep stacks may lie in each other here.
MOST_DEEP: Final = 10
#: Where CDK says which file of the cloud assembly it is.
_ASSET: Final = "aws:asset:path"
_URL: Final = "://"


@dataclass(frozen=True, slots=True)
class Nested:
    """A nested stack: its template, and all that reads it."""

    template: Template
    assumed: Assumed
    names: TemplateNames
    stacks: "NestedStacks"


class NestedStacks:
    """Those of one template: `chain` are the whole paths of it and of the templates above it."""

    def __init__(
        self, template: Mapping[str, Json], names: TemplateNames, assumed: Assumed, *chain: str
    ) -> None:
        self._resources = as_object(template.get("Resources"))
        self._outputs = as_object(template.get("Outputs"))
        self._names, self._assumed, self.chain = names, assumed, chain
        self._made: dict[str, Nested | None] = {}
        self._found: dict[str, Template | str] = {}
        names.values.output = self._output
        if assumed.nested is not None:
            for logical in self._resources:
                if names.type(logical) in STACKS:
                    self._found[logical] = self._template(logical, assumed.nested)
        for logical in self._found:  # before anything asks, so that nobody asks first
            with suppress(UnknownInTemplate):
                self.of(logical)

    def __iter__(self) -> Iterator[str]:
        """The logical ids of those that are followed, or cannot be."""
        return iter(self._found)

    def why(self, logical: str) -> str:
        """Why it is not known what a stack makes, in a clause; "" where it is."""
        found = self._found[logical]
        return found if isinstance(found, str) else ""

    def guessed(self, logical: str) -> str:
        """The name of its template, where only the name of the file tells that it is the one; else ""."""
        found = self._found[logical]
        return found.source.name if isinstance(found, Template) and found.guessed else ""

    def of(self, logical: str) -> Nested:
        """A stack that is followed.

        Raises:
            UnknownInTemplate: it is being made now, or it is none.
        """
        template = self._found.get(logical)
        if isinstance(template, Template) and logical not in self._made:
            self._made[logical] = None
            self._made[logical] = self._nested(logical, template)
        made = self._made.get(logical)
        if made is None:
            raise UnknownInTemplate(f"what the nested stack {logical} makes")
        return made

    def template_of(self, logical: str) -> Template | str:
        """The template of something else that makes stacks, or why it is not read, in a clause."""
        templates = self._assumed.nested
        return "it is not followed" if templates is None else self._template(logical, templates)

    def _nested(self, logical: str, template: Template) -> Nested:
        chain = (*self.chain, abspath(template.source.name))
        assumed = replace(self._assumed, stack=self._stack(logical, template.document))
        place = Place.of(assumed.account, assumed.region)
        names = TemplateNames(template.document, place, assumed, self._names.values.depth)
        return Nested(template, assumed, names, NestedStacks(template.document, names, assumed, *chain))

    def _template(self, logical: str, templates: TemplateFinder) -> Template | str:
        """The template of a stack, or why it is not read, in a clause."""
        kind, (path, url) = self._names.type(logical), self._located(logical)
        found = templates.beside(self.chain[-1], path) if path else None
        found = found or (templates.of_url(self.chain[-1], url) if url else None)
        if found is None:
            named = f" ({clip(path or url, 100)})" if path or url else ""
            return (
                f"the template{named} of {logical}, {_article(kind)}, is not in reach, so what it makes is "
                "not known"
            )
        key = abspath(found.source.name)
        if key in self.chain or len(self.chain) > MOST_DEEP:
            why = "around to itself" if key in self.chain else f"more than {MOST_DEEP} deep into each other"
            raise AuditorError(f"{found.source.name}: nested stacks lead {why}; take {logical} out of it.")
        return found

    def _located(self, logical: str) -> tuple[str, str]:
        """The path of its template, else how its URL ends; "" for what is not known."""
        resource = as_object(self._resources.get(logical))
        asset = as_object(resource.get("Metadata")).get(_ASSET)
        if isinstance(asset, str):
            return asset, ""
        key = STACKS.get(self._names.type(logical), STACKS[_STACK])
        given = self._names.properties(logical).get(key)
        try:
            text = self._names.values.told(given)
        except UnknownInTemplate:
            return "", _last(given).rpartition("/")[2]
        if not isinstance(text, str):
            return "", ""
        return ("", text.rpartition("/")[2]) if _URL in text else (text, "")

    def _stack(self, logical: str, template: Mapping[str, Json]) -> StackParameters:
        """What a stack is made with."""
        values, properties = self._names.values, self._names.properties(logical)
        known, stand_ins, hidden = dict[str, Json](), dict[str, str](), dict[str, str]()
        wanted = as_object(template.get("Parameters"))
        try:
            given = as_object(values.chosen(properties.get("Parameters")))
            refuse_functions(given)
        except UnknownInTemplate as unknown:
            given = {}
            hidden = {name: f"Ref {name} ({unknown})" for name in wanted}
        for name in given:
            try:
                value = values.chosen(given[name])
                if value is not None:
                    found, stand_ins[name] = values.with_stand_in(value)
                    known[name] = as_text(found)
            except UnknownInTemplate as unknown:
                hidden[name] = f"Ref {name} ({unknown})"
        own, unknown_tags = tags_of(values, properties.get("Tags"), as_map=self._is_application(logical))
        tags, open_ = stack_tags(self._assumed.stack, own, unknown_tags)
        above = self._assumed.stack
        return StackParameters(
            above.file,
            {**dict.fromkeys(hidden), **known},
            tags,
            {},
            f"{above.path}{logical}/",
            hidden,
            stand_ins,
            open_,
        )

    def _is_application(self, logical: str) -> bool:
        return self._names.type(logical) == _APPLICATION

    def _output(self, logical: str, attribute: str) -> tuple[Json, str]:
        """An output of a nested stack, and what in it stands in for what AWS will say."""
        inner = self.of(logical)
        name = attribute.removeprefix(OUTPUTS)
        return inner.stacks.output(name, f"Fn::GetAtt {logical}.{attribute}")

    def output(self, name: str, asked: str) -> tuple[Json, str]:
        """An output of this template, `asked` for by the one above. Raises `UnknownInTemplate`."""
        found, values = as_object(self._outputs.get(name)), self._names.values
        condition = found.get("Condition")
        if "Value" not in found or (condition is not None and not values.holds(condition)):
            raise UnknownInTemplate(asked)
        value, stand_in = values.with_stand_in(found["Value"])
        return value, asked if stand_in else ""


def _article(kind: str) -> str:
    return "a nested application" if kind == _APPLICATION else "a nested stack"


def _last(value: Json) -> str:
    """The last text in what is written of a URL."""
    while not isinstance(value, str):
        parts = as_list(value) or [*as_object(value).values()]
        if not parts:
            return ""
        value = parts[-1]
    return value if "${" not in value.rpartition("/")[2] else ""

"""The macros of a template, which may make other resources than those that are written."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from auditor.check.cloudformation.functions import functions_of
from auditor.check.shapes import as_object

Json = Any

#: AWS's own macros that make nothing that is backed up but what is written, as their references say.
#: Functions are worked out here or unknown, and of the types of SAM one is a table.
_HARMLESS: Final = (
    "AWS::CodeDeployBlueGreen",
    "AWS::LanguageExtensions",
    "AWS::SecretsManager-2020-07-23",
    "AWS::SecretsManager-2024-09-16",
    "AWS::Serverless-2016-10-31",
)


def macros(template: Mapping[str, Json]) -> Iterator[str]:
    """What may make other resources than those that are written, by its name."""
    given = template.get("Transform")
    for one in given if isinstance(given, list) else [] if given is None else [given]:
        name = one.get("Name") if isinstance(one, Mapping) else one
        if name not in _HARMLESS:
            yield f"the macro {name}" if isinstance(name, str) else "a macro"
    for found in (template, as_object(template.get("Resources"))):
        yield from functions_of(found)

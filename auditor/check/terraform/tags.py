"""The tags of what a plan makes, and what hides those that are not known."""

from typing import Any

from auditor.check.declared import ALL_TAGS
from auditor.check.shapes import as_object
from auditor.check.terraform.configuration import Configuration, expressions
from auditor.check.terraform.instances import UNKNOWN, Instance
from auditor.check.terraform.references import said

Json = Any


def tags_of(instance: Instance, configuration: Configuration) -> tuple[dict[str, str], dict[str, str]]:
    """The tags that count, `tags_all`, and those whose values are not known with what hides them."""
    key = "tags_all" if "tags_all" in instance.values or "tags_all" in instance.unknown else "tags"
    value = instance.value(key)
    expression = expressions(configuration.resource(instance)).get("tags")
    if value is not UNKNOWN:
        return parted(value, expression)
    # one tag that is not known hides all of `tags_all`, but not the others of `tags`
    own, defaults = instance.value("tags"), configuration.default_tags(instance)
    tags, unknown = parted(own, expression)
    if own is UNKNOWN or defaults is None:
        return tags, {**unknown, ALL_TAGS: f"{key} is known only after the apply ({said(expression)})"}
    return {**defaults, **tags}, unknown


def parted(value: Json, expression: Json) -> tuple[dict[str, str], dict[str, str]]:
    """The tags that are known, and those that are not."""
    held = as_object(value)
    known = {str(name): str(text) for name, text in held.items() if text is not UNKNOWN and text is not None}
    unknown = [str(name) for name, text in held.items() if text is UNKNOWN]
    hidden = f"is known only after the apply ({said(expression)})" if unknown else ""
    return known, {name: f"the tag {name} {hidden}" for name in unknown}

"""What mends a finding of a control, in the languages of inputs: `suggestions.yaml` beside its Rego."""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from auditor.model.errors import UsageError
from auditor.yaml_files.document import Document, parse

#: The name of the file in a control's folder.
SUGGESTIONS: Final = "suggestions.yaml"
#: What a text may name beside the evidence: a tag that a selection asks for, and a schedule that
#: keeps its `rpo_hours`, or its `max_age_hours`.
TAG_VALUES: Final = ("tag_key", "tag_value")
SCHEDULE: Final = "schedule"
_FIELD: Final = re.compile(r"\{([a-z][a-z0-9_]*)\}")
#: In place of a value, to see whether a text is what it should be.
_ANY: Final = "1"
Suggestions = Mapping[str, Mapping[str, str]]


def read_suggestions(
    document: Document, reasons: Mapping[str, str], rego: str, schema: Mapping[str, Any]
) -> Suggestions:
    """The texts by the code of a reason and by language.

    Raises:
        UsageError: a code is of no reason, a field is no evidence, or a text is not of its language.
    """
    document.check(schema)
    rules = "\n".join(line for line in rego.splitlines() if not line.startswith("#"))
    for code, texts in document.value.items():
        if code not in reasons:
            raise document.error([code], f"there is no reason {code}; remove what mends it.")
        for language, text in texts.items():
            for name in _FIELD.findall(text):
                if name not in (*TAG_VALUES, SCHEDULE) and f'"{name}"' not in rules:
                    raise document.error(
                        [code, language], f'no rule gives the evidence "{name}"; correct {{{name}}}.'
                    )
            problem = _problem(language, filled(text, lambda _: _ANY) or "")
            if problem:
                raise document.error([code, language], f"it is no {problem}; write a part of an input.")
    return {code: dict(texts) for code, texts in document.value.items()}


def filled(text: str, value: Callable[[str], str | None]) -> str | None:
    """A text with the values of its fields; None where one of them is not known."""
    names = {name: value(name) for name in _FIELD.findall(text)}
    if None in names.values():
        return None
    return _FIELD.sub(lambda found: str(names[found[1]]), text)


def _problem(language: str, text: str) -> str:
    """What a text is not, "" where it is of its language as far as that can be seen here."""
    if language == "cloudformation":
        try:
            return "" if isinstance(parse(text, language).value, dict | list) else "YAML of several parts"
        except UsageError:
            return "YAML"
    if language in ("api", "backup_policy"):
        try:
            json.loads(text)
        except (ValueError, RecursionError):
            return "JSON"
    return ""

"""What mends a finding, as a control's folder has it, and what is refused."""

import pytest

from auditor.catalogue.load import shipped_schemas
from auditor.catalogue.suggestions import Suggestions, filled, read_suggestions
from auditor.model.errors import UsageError
from auditor.yaml_files.document import parse

REGO = '# "hidden": in a comment\nevidence := {"days": 1}\n'


def read(text: str) -> Suggestions:
    """The file of a control with one reason, `short`, whose evidence has `days`."""
    reasons, schema = {"short": "it is short"}, shipped_schemas()[0]["suggestions"]
    return read_suggestions(parse(text, "suggestions.yaml"), reasons, REGO, schema)


def test_texts_by_reason_and_language() -> None:
    """As they are written, with fields of the evidence and the values that a check adds."""
    text = 'short:\n  terraform: days = {days}\n  api: |\n    {"Key": "{tag_key}"}\n'
    assert read(text) == {"short": {"terraform": "days = {days}", "api": '{"Key": "{tag_key}"}\n'}}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("long:\n  terraform: a", "suggestions.yaml:1: there is no reason long; remove what mends it."),
        (
            "short:\n  terraform: a\n  api: '{days'",
            "suggestions.yaml:3: it is no JSON; write a part of an input.",
        ),
        ("short:\n  cloudformation: 'a: [b'", "suggestions.yaml:2: it is no YAML; write a part of an input."),
        (
            "short:\n  cloudformation: a",
            "suggestions.yaml:2: it is no YAML of several parts; write a part of",
        ),
        (
            "short:\n  terraform: '{hidden}'",
            'suggestions.yaml:2: no rule gives the evidence "hidden"; correct',
        ),
        ("short:\n  bicep: a", "bicep"),
        ("short: {}", "suggestions.yaml:1"),
        (f"short:\n  api: '{'[' * 5_000}'", "suggestions.yaml:2: it is no JSON; write a part of an input."),
    ],
)
def test_what_is_refused_names_its_line(text: str, said: str) -> None:
    """A code or a field that nothing gives, another language, and what is none."""
    with pytest.raises(UsageError) as error:
        read(text)
    assert said in str(error.value)


def test_a_text_is_filled_or_left_out() -> None:
    """Other braces are no fields."""
    values = {"days": "35"}.get
    assert filled('{"a": {days}} { b }', values) == '{"a": 35} { b }'
    assert filled("{days} {hours}", values) is None

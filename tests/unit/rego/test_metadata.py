"""METADATA in Rego: what it names as a schema cannot be fetched from elsewhere."""

import pytest

from auditor.model.errors import UsageError
from auditor.rego.checks import check
from auditor.rego.source import parse


def load(rego: str) -> None:
    """Check one module."""
    check([parse("lib/a.rego", rego)], [])


def refusal(rego: str) -> str:
    """The sentence with which it is refused."""
    with pytest.raises(UsageError) as refused:
        load(rego)
    return str(refused.value)


@pytest.mark.parametrize(
    ("block", "line"),
    [
        ('# schemas:\n#   - input: {"$ref": "http://127.0.0.1:9/s.json"}', 3),
        (
            '# schemas:\n#   - input: {type: object, properties: {x: {"$ref": "http://127.0.0.1:9/s.json"}}}',
            3,
        ),
        ("# schemas:\n#   - input: http://127.0.0.1:9/s.json", 3),
        ("# schemas:\n#   - data.tiers: schema.tiers\n#     input: {$ref: x}", 4),
        ('# "sch\\u0065mas": [{input: {"$ref": "http://127.0.0.1:9/s.json"}}]', 2),
        ("# schemas: {input: x}", 2),
        ('# <<: {schemas: [{input: {"$ref": "http://127.0.0.1:9/s.json"}}]}', 2),
        ("# title: &a x\n# schemas: [{input: *a}]", 2),
    ],
)
@pytest.mark.parametrize("above", ["package", "rule"])
def test_a_schema_written_out_is_refused(block: str, line: int, above: str) -> None:
    """It could fetch another over the network; above a package and above a rule alike."""
    text = f"# METADATA of it\n{block}\npackage lib.a\n\nx := 1\n"
    if above == "rule":
        text = f"package lib.a\n\n#METADATA\n{block}\nx := 1\n"
        line += 2

    expected = "a schema in METADATA is one of ours; write its name as schema.<name>."
    assert refusal(text) == f"lib/a.rego:{line}: {expected}"


def test_schemas_by_name_and_other_metadata_are_let_through() -> None:
    """A reference in a description is text."""
    block = (
        '# METADATA\n# description: "$ref: http://example.com"\n# schemas:\n#   - input: schema.resource\n'
    )

    load(f"{block}package lib.a\n\n{block}x := 1\n")


def test_metadata_that_is_no_yaml_is_named() -> None:
    """With its line."""
    said = refusal("# METADATA\n# title: a: b\npackage lib.a\n\nx := 1\n")

    assert said.startswith("lib/a.rego:2: this is not YAML: ")

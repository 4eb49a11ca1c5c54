"""Two texts of a module: the line from which on they ask something else."""

import pytest

from auditor.rego.alike import first_difference

RULES = """# METADATA
# title: t
package controls.a.b

import data.lib.compare

limit := 5 # days

found contains one if {
	some one in input.list
	compare.above(one.days, limit)
}
"""


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("# title: t", "# title: another\n#", 0),
        ("limit := 5 # days\n\n", "limit := 5\n\n\n# a comment\n", 0),
        ("\tsome one", "  some  one", 0),
        ("limit", "most", 0),
        ("found contains one if {\n\tsome one", "found contains each if {\n\tsome one", 10),
        (" := 5", " := 50", 7),
        ("one.days", "one.hours", 11),
        ("compare.above", "compare.below", 11),
        ("limit :=", "default limit :=", 7),
        ("in input.list\n", "in input.list;", 10),
        ("}\n", "}\n\nmore := 1\n", 14),
        ("\tcompare.above(one.days, limit)\n", "", 11),
    ],
    ids=[
        "METADATA", "a comment", "spaces", "a name", "half a name", "a number", "a fact", "a function",
        "a default", "a line", "more", "less",
    ],
)  # fmt: skip
def test_what_is_another(old: str, new: str, line: int) -> None:
    """Comments, spaces and the module's own names, each everywhere, are not."""
    assert old in RULES
    assert first_difference(RULES, RULES.replace(old, new), own_names=True) == line
    assert first_difference(RULES, RULES) == 0


def test_names_that_others_know_are_another() -> None:
    """Those that other files use, the three of a control, what Rego means; names that change places too."""
    assert first_difference(RULES, RULES.replace("limit", "most")) == 7
    own = "applicable if a\n\na := 1\n\nb := 2\n"
    assert first_difference(own, own.replace("applicable", "compliant"), own_names=True) == 1
    assert first_difference(own, own.replace("a\n\na", "count\n\ncount"), own_names=True) == 1
    assert first_difference(own, own.replace("a := 1", "b := 1"), own_names=True) == 3
    both, swapped = (
        f"import data.lib.p\nimport data.lib.q\n\nx := {one}.limit\n\ny := {other}.limit\n"
        for one, other in ("pq", "qp")
    )
    assert first_difference(both, swapped, own_names=True) == 4
    texts = 'a := "x # y"\nb := `1\n2`\nc := 1\n'
    assert first_difference(texts, texts.replace("c := 1", "c := 2")) == 4
    assert first_difference(texts, texts.replace("# y", "# z")) == 1

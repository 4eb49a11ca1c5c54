"""Answers made of what an engine says."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from auditor.rego.answers import make_answer
from auditor.rego.engine import Answer

FINDINGS = st.lists(
    st.fixed_dictionaries(
        {"code": st.sampled_from("abc")},
        optional={"evidence": st.dictionaries(st.sampled_from("xyz"), st.integers(-3, 3), max_size=2)},
    ),
    max_size=5,
)


@given(FINDINGS, st.randoms())
def test_the_order_of_a_set_does_not_matter(findings: list[object], random: Random) -> None:
    """Two engines may give one set in two orders."""
    shuffled = list(findings)
    random.shuffle(shuffled)

    assert make_answer(compliant=False, found=[shuffled]) == make_answer(compliant=False, found=[findings])


def test_nothing_found() -> None:
    """An empty set and an undefined one are alike."""
    expected = Answer(applicable=True, compliant=True)

    assert make_answer(compliant=True, found=[]) == expected
    assert make_answer(compliant=True, found=[[]]) == expected


def test_large_figures_keep_their_form() -> None:
    """A float beyond 2**53 is not made an integer that it may not be."""
    findings = [{"code": "x", "evidence": {"big": 2.0**53, "small": 2.0**53 - 1, "half": 0.5}}]

    found = make_answer(compliant=False, found=[findings]).non_compliant[0]["evidence"]

    assert [type(found[key]) for key in ("big", "small", "half")] == [float, int, float]

"""`*` in ARNs and tag values."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.derive.wildcards import AnyOf, compiled


def glob(pattern: str, text: str, never: str = "") -> bool:
    """The textbook recursion: what a star means, which stands for no character of `never`."""
    if not pattern:
        return not text
    if pattern[0] == "*":
        longer = bool(text) and text[0] not in never and glob(pattern, text[1:], never)
        return glob(pattern[1:], text, never) or longer
    return bool(text) and text[0] == pattern[0] and glob(pattern[1:], text[1:], never)


@given(pattern=st.text("ab*?[", max_size=7), text=st.text("ab?[\n", max_size=9))
def test_a_pattern_matches_as_the_recursive_definition(pattern: str, text: str) -> None:
    """Only `*` is a wildcard, it takes any characters, and nothing else has a meaning."""
    assert (compiled(pattern).fullmatch(text) is not None) == glob(pattern, text)


@given(pattern=st.text("ab* ", max_size=7), text=st.text("ab \t", max_size=9))
def test_a_star_may_stand_for_all_but_white_space(pattern: str, text: str) -> None:
    """White space that the pattern itself has is compared as any other character."""
    assert (compiled(pattern, r"\S").fullmatch(text) is not None) == glob(pattern, text, never=" \t")


@given(patterns=st.lists(st.text("ab*", max_size=5), max_size=6), text=st.text("ab", max_size=6))
def test_any_of_finds_a_pattern_that_matches(patterns: list[str], text: str) -> None:
    """A match is a pattern of the list that matches; no match means that none does."""
    found = AnyOf(patterns).match(text)
    matching = [pattern for pattern in patterns if glob(pattern, text)]
    assert found in matching if matching else found is None


@pytest.mark.parametrize("stars", [5, 60])
def test_a_hostile_pattern_costs_a_scan(stars: int) -> None:
    """Many stars and a text that nearly matches: it ends, where trying every division would take years."""
    assert compiled("*a" * stars + "*b").fullmatch("a" * 5_000) is None

"""What `make test` leaves out of tests with many cases (`tests/some_cases.py`)."""

import pytest

from tests.architecture.committed import committed
from tests.some_cases import SOME_CASES, left_out, spread


@pytest.mark.parametrize(
    ("cases", "some", "kept"),
    [(1, 2, {0}), (2, 2, {0, 1}), (3, 2, {0, 2}), (9, 3, {0, 4, 8}), (10, 3, {0, 4, 9}), (4, 3, {0, 2, 3})],
)
def test_the_first_and_the_last_case_stay(cases: int, some: int, kept: set[int]) -> None:
    """And as many between as are wanted; a test with fewer cases keeps all."""
    assert spread(cases, some) == kept


def test_only_cases_of_the_places_that_are_named_are_left_out() -> None:
    """A test that has no cases is never left out."""
    names = [
        f"tests/{place}.py::test_it[{case}]" for place in ("truth/test_a", "unit/test_a") for case in "abc"
    ]

    assert list(left_out([*names, "tests/truth/test_a.py::test_other"])) == [
        "tests/truth/test_a.py::test_it[b]"
    ]


def test_each_place_is_there() -> None:
    """A file, a folder, or the beginning of a test's name; of each at least two cases stay."""
    tests = {name: text for name, text in committed().items() if name.startswith("tests/")}
    gone = [
        place
        for place in SOME_CASES
        if not any(
            name.startswith(place.partition("::")[0]) and f"def {place.partition('::')[2]}" in text
            for name, text in tests.items()
        )
    ]

    assert gone == []
    assert min(SOME_CASES.values()) >= 2

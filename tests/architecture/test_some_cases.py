"""What `make test` leaves out where there are many cases or tests (`tests/some_cases.py`)."""

import pytest

from tests.architecture.committed import committed
from tests.some_cases import SOME_CASES, SOME_TESTS, left_out, some_of, spread


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

    assert left_out([*names, "tests/truth/test_a.py::test_other"]) == ["tests/truth/test_a.py::test_it[b]"]


def test_of_a_file_with_many_tests_some_are_left_out() -> None:
    """The first and the last stay, with some between; what is left out as a case is not counted."""
    most = SOME_TESTS["tests/truth/"]
    names = [f"tests/{place}/test_a.py::test_{n}" for place in ("truth", "unit") for n in range(most + 2)]
    cases = [f"tests/truth/test_b.py::test_it[{n}]" for n in range(most + 2)]
    one = "tests/truth/test_b.py::test_other"

    left = left_out([*names, *cases, one])
    assert [name for name in left if "unit" in name or name in (names[0], names[most + 1], one)] == []
    assert sum(name in names for name in left) == 2
    assert sum(name in cases for name in left) == most


@pytest.mark.parametrize(
    ("tests", "kept"),
    [
        (["a1", "b1", "c1", "d1", "e1"], "a1 b1 d1 e1"),
        (["a1 a2", "b1 b2", "c1 c2", "d1"], "a1 a2 d1"),
        (["a1 a2", "b1 b2", "c1 c2"], "a1 a2 c1 c2"),
        (["a1", "b1 b2 b3"], "a1 b1 b2 b3"),
        (["a1", "b1 b2 b3 b4 b5", "c1"], "a1 b1 b5 c1"),
        (["a1 a2 a3", "b1 b2 b3"], "a1 a3 b1 b3"),
        (["a1 a2 a3 a4 a5"], "a1 a2 a4 a5"),
    ],
)
def test_no_test_is_left_with_one_side(tests: list[str], kept: str) -> None:
    """Four at most: a test that stays has its first case and its last, rather than that more tests do."""
    assert " ".join(some_of([cases.split() for cases in tests], 4)) == kept


def test_each_place_is_there() -> None:
    """A file, a folder, or the beginning of a test's name; of each at least two cases stay."""
    tests = {name: text for name, text in committed().items() if name.startswith("tests/")}
    gone = [
        place
        for place in (*SOME_CASES, *SOME_TESTS)
        if not any(
            name.startswith(place.partition("::")[0]) and f"def {place.partition('::')[2]}" in text
            for name, text in tests.items()
        )
    ]

    assert gone == []
    assert min(SOME_CASES.values()) >= 2
    assert min(SOME_TESTS.values()) >= 4

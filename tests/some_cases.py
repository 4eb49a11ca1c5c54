"""Which cases of a test with many run in `make test`; `make test-long` runs the others."""

from collections.abc import Iterable, Iterator
from typing import Final

#: Where each case takes a process, a browser or a whole audit: so many cases of a test run in `make test`.
SOME_CASES: Final = {
    "tests/browser/test_report_in_chromium.py": 2,
    "tests/check/test_against": 3,
    "tests/check/test_parameters.py::test_a_value_that_is_given_counts": 2,
    "tests/check/test_parameters.py::test_what_is_not_to_be_shown": 2,
    "tests/cli/test_errors.py": 2,
    "tests/cli/test_executor_compliance.py": 2,
    "tests/cli/test_policy.py": 2,
    "tests/cli/test_wrong_things.py::test_regions_of_another_partition": 3,
    "tests/contract/collect/test_ages.py": 2,
    "tests/contract/collect/test_odd_answers.py::test_a_listing_without_its_list": 3,
    "tests/contract/executor/test_reconcile.py::test_a_backup_that_was_deleted": 3,
    "tests/contract/executor/test_restore_testing.py::test_what_is_restored": 3,
    "tests/contract/publish/test_security_hub.py::test_silence_archives_nothing": 2,
    "tests/contract/push/test_engines.py": 3,
    "tests/truth/": 2,
}


def left_out(names: Iterable[str]) -> Iterator[str]:
    """The names of tests, as pytest writes them in their order, that are left to `make test-long`."""
    tests: dict[str, list[str]] = {}
    for name in names:
        tests.setdefault(name.partition("[")[0], []).append(name)
    for test, cases in tests.items():
        some = next((number for place, number in SOME_CASES.items() if test.startswith(place)), len(cases))
        yield from (case for number, case in enumerate(cases) if number not in spread(len(cases), some))


def spread(cases: int, some: int) -> set[int]:
    """The numbers, from 0, of `some` of so many cases, two at least: the first, the last and some between."""
    if cases <= some:
        return set(range(cases))
    return {round(step * (cases - 1) / (some - 1)) for step in range(some)}

"""Of many cases of a test, and many tests of a file: which ones run in `make test`, not only in test-long."""

import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, TypeVar

Thing = TypeVar("Thing")

#: Where each case takes a process, an audit or many questions: so many cases of a test run in `make test`.
SOME_CASES: Final = {
    "tests/browser/test_report_in_chromium.py": 2,
    "tests/check/test_against": 3,
    "tests/check/test_parameters.py::test_a_value_that_is_given_counts": 2,
    "tests/check/test_parameters.py::test_what_is_not_to_be_shown": 2,
    "tests/cli/test_errors.py": 2,
    "tests/cli/test_policy.py": 2,
    "tests/cli/test_wrong_things.py::test_regions_of_another_partition": 3,
    "tests/contract/collect/test_ages.py": 2,
    "tests/contract/collect/test_odd_answers.py::test_a_listing_without_its_list": 3,
    "tests/contract/engine/test_controls.py": 24,
    "tests/contract/executor/test_reconcile.py::test_a_backup_that_was_deleted": 3,
    "tests/contract/executor/test_restore_testing.py::test_what_is_restored": 3,
    "tests/contract/publish/test_security_hub.py::test_silence_archives_nothing": 2,
    "tests/contract/push/test_engines.py": 3,
    "tests/policies/test_gates.py::test_each_control_alone": 12,
    "tests/truth/": 2,
}

#: Where each test takes an audit, a server or a browser: so many tests of a file run in `make test`.
SOME_TESTS: Final = {
    "tests/browser/": 4,
    "tests/check/test_against": 4,
    "tests/check/test_diff_base.py": 4,
    "tests/check/test_policy_input.py": 4,
    "tests/contract/clients/test_command_line.py": 4,
    "tests/contract/collect/": 4,
    "tests/contract/drivers/test_crossing.py": 6,
    "tests/contract/drivers/test_drivers.py": 6,
    "tests/contract/drivers/test_tokens.py": 6,
    "tests/contract/executor/": 4,
    "tests/contract/executor_serving/test_engine.py": 4,
    "tests/contract/executor_serving/test_seals.py": 4,
    "tests/contract/executor_serving/test_slow_clients.py": 4,
    "tests/contract/publish/": 4,
    "tests/hosts/test_action.py": 4,
    "tests/hosts/test_container.py": 4,
    "tests/hosts/test_gitlab_component.py": 4,
    "tests/hosts/test_pre_commit_hook.py": 4,
    "tests/hosts/test_run_task_plans.py": 4,
    "tests/truth/": 4,
}


def left_out(names: Iterable[str]) -> list[str]:
    """The names of tests, as pytest writes them in their order, that are left to `make test-long`."""
    tests: dict[str, list[str]] = {}
    for name in names:
        tests.setdefault(name.partition("[")[0], []).append(name)
    files: dict[str, list[list[str]]] = {}
    for test, cases in tests.items():
        files.setdefault(test.partition("::")[0], []).append(_among(cases, _most(SOME_CASES, test)))
    kept = {name for file, found in files.items() for name in some_of(found, _most(SOME_TESTS, file))}
    return [name for cases in tests.values() for name in cases if name not in kept]


def some_of(tests: Sequence[Sequence[str]], most: int) -> list[str]:
    """Of the cases of a file's tests so many at most (four or more): as many tests as can be, on both sides.

    A test of several cases keeps its first and its last, and those between where that is not too many.
    """
    choices = (
        [case for cases in _among(tests, number) for case in _among(cases, share)]
        for number in range(len(tests), 0, -1)
        for share in range(most, 1, -1)
    )
    return next(choice for choice in choices if len(choice) <= most)


def _most(table: Mapping[str, int], start: str) -> int:
    return next((number for place, number in table.items() if start.startswith(place)), sys.maxsize)


def _among(things: Sequence[Thing], some: int) -> list[Thing]:
    return [things[number] for number in sorted(spread(len(things), some))]


def spread(cases: int, some: int) -> set[int]:
    """The numbers, from 0, of `some` of so many cases, two at least: the first, the last and some between."""
    if cases <= some:
        return set(range(cases))
    return {round(step * (cases - 1) / (some - 1)) for step in range(some)}

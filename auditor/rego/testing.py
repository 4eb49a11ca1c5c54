"""Run the tests that come with policies in the embedded engine, and in OPA itself where it is installed."""

import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import orjson

from auditor.catalogue.controls import TEST
from auditor.catalogue.layers import REGO_FOLDERS
from auditor.catalogue.load import Catalogue
from auditor.model.errors import EngineError, UsageError
from auditor.rego.load import check_sizes
from auditor.rego.opa_process import environment, limited
from auditor.rego.packages import Loaded
from auditor.rego.process import LIMITS, Ended, Process

_TEST_RULE: Final = "test_"
#: Seconds that OPA may take for all tests.
_PATIENCE: Final = 120


@dataclass(frozen=True, slots=True)
class PolicyTest:
    """One test: its file below the policies folder, its line, its name; `why` is "" where it passed."""

    path: str
    line: int
    name: str
    why: str = ""
    at_limit: bool = False


@dataclass(frozen=True, slots=True)
class Tested:
    """All tests of a folder, by file and line. `missed` are the lines that no test reached, by file.

    `lines` counts the lines that tests could reach, without those of the tests themselves; 0 where a test
    came to a limit, which ends the count.
    """

    tests: tuple[PolicyTest, ...]
    missed: Mapping[str, tuple[int, ...]]
    lines: int

    @property
    def failed(self) -> tuple[PolicyTest, ...]:
        """Those that did not pass."""
        return tuple(test for test in self.tests if test.why)


def run_tests(catalogue: Catalogue) -> Tested:
    """Run every rule `test_…` of the files `…_test.rego`, each within the limits of one evaluation.

    Raises:
        UsageError: a module is refused, with its file and line.
    """
    process = Process(LIMITS)
    try:
        check_sizes(catalogue.rego)
        loaded = process.load(catalogue.rego, catalogue.data, tests=True)
        tests = tuple(_run(process, test, f"data.{loaded[test.path].package}") for test in _listed(loaded))
        files: dict[str, Any] = {}
        if not any(test.at_limit for test in tests):
            process.ask({"coverage": True}, [])
            files = process.answer()
    finally:
        process.close()
    own = {path: file for path, file in files.items() if not path.endswith(TEST)}
    missed = {path: tuple(file["not_covered"]) for path, file in sorted(own.items()) if file["not_covered"]}
    lines = sum(len(file["covered"]) + len(file["not_covered"]) for file in own.values())
    return Tested(tests, missed, lines)


def require_tests(catalogue: Catalogue) -> None:
    """Refuse policies of which a control's tests are empty, or any test fails.

    Raises:
        UsageError: naming the file, the line and the test.
    """
    tested = run_tests(catalogue)
    files = {test.path for test in tested.tests}
    for control in catalogue.controls:
        path = control.path.removesuffix(".rego") + TEST
        if path not in files:
            raise UsageError(
                f"{path}:1: it has no test, a rule whose name begins with {_TEST_RULE}; "
                "write some, or pass --untested."
            )
    for test in tested.failed:
        raise UsageError(
            f"{test.path}:{test.line}: {test.name} {test.why}; correct the policy or its test, "
            "or pass --untested."
        )


def run_opa(program: str, catalogue: Catalogue) -> tuple[PolicyTest, ...]:
    """Run the same tests in OPA. Its policies were checked before: see `run_tests`.

    Raises:
        EngineError: OPA does not run them.
    """
    with tempfile.TemporaryDirectory() as folder:
        for path, text in catalogue.rego.items():
            file = Path(folder, path)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        Path(folder, "data.json").write_bytes(orjson.dumps(dict(catalogue.data)))
        folders = [name for name in REGO_FOLDERS if Path(folder, name).is_dir()]
        arguments = ["test", "--format", "json", "data.json", *folders]
        try:
            done = subprocess.run(  # noqa: S603 -- the program that the user names
                limited([program, *arguments], LIMITS.mebibytes),
                cwd=folder,
                env=environment(LIMITS.mebibytes),
                capture_output=True,
                timeout=_PATIENCE,
                check=False,
            )
            if done.returncode and not done.stdout:
                raise EngineError(
                    f"{program} ended before it told of the tests, perhaps at its limit of "
                    f"{LIMITS.mebibytes} MiB of memory; correct AUDITOR_OPA, or make the tests smaller."
                )
            found = orjson.loads(done.stdout)
        except (OSError, subprocess.TimeoutExpired, orjson.JSONDecodeError) as error:
            raise EngineError(f"{program} does not run the tests ({error}); correct AUDITOR_OPA.") from None
    return tuple(
        PolicyTest(
            one["location"]["file"],
            one["location"]["row"],
            one["name"],
            "fails" if one.get("fail") or one.get("error") else "",
        )
        for one in found
    )


def _listed(loaded: Mapping[str, Loaded]) -> Iterator[PolicyTest]:
    for path, module in sorted(loaded.items()):
        if path.endswith(TEST):
            yield from tests_of(path, module)


def tests_of(path: str, module: Loaded) -> list[PolicyTest]:
    """The tests of one file, by their lines."""
    lines = sorted(module.lines.items(), key=lambda item: item[1])
    return [PolicyTest(path, line, name) for name, line in lines if name.startswith(_TEST_RULE)]


def _run(process: Process, test: PolicyTest, package: str) -> PolicyTest:
    try:
        process.ask({"test": f"{package}.{test.name}"}, [])
        said = process.answer()
    except Ended as error:
        return replace(test, why=str(error), at_limit=True)
    return replace(test, why="" if said.get("passed") else said.get("error", "fails"))

"""Modules and functions stay small enough to be read at once."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MODULE_LINES = 300
FUNCTION_LINES = 60
TEST_LINES = 400

#: Modules that may be longer, each with its reason.
LONGER: dict[str, str] = {}


def modules() -> Iterator[tuple[str, str]]:
    """Path below the root, and the source, of every module of ours."""
    for package in ("auditor", "reports", "scripts", "bench"):
        for file in sorted((ROOT / package).rglob("*.py")):
            yield str(file.relative_to(ROOT)), file.read_text(encoding="utf-8")


def test_modules_are_short() -> None:
    """No module has more than 300 lines, but for the named ones; no name is left over."""
    long = {path for path, source in modules() if source.count("\n") > MODULE_LINES}

    assert long == set(LONGER)


def test_files_of_tests_are_short() -> None:
    """None has more than 400 lines, modules beside the tests included."""
    files = (ROOT / "tests").rglob("*.py")
    long = [file for file in files if file.read_text(encoding="utf-8").count("\n") > TEST_LINES]

    assert [file.relative_to(ROOT).as_posix() for file in long] == []


def test_functions_are_short() -> None:
    """No function has more than 60 lines."""
    long = [
        f"{path}:{node.lineno} {node.name}: {node.end_lineno - node.lineno + 1} lines"
        for path, source in modules()
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.end_lineno is not None
        and node.end_lineno - node.lineno >= FUNCTION_LINES
    ]

    assert long == []

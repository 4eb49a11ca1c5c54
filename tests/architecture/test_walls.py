"""The walls between the parts hold: import-linter's contracts, and what start-up may import."""

import json
import re
import resource
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

#: Modules outside the standard library that `auditor --version` may import.
START_UP = {"auditor", "click"}
START_UP_OF_OURS = {
    "auditor",
    "auditor.cli",
    "auditor.cli.lazy",
    "auditor.cli.main",
    "auditor.cli.text",
    "auditor.model",
    "auditor.model.errors",
}

PROBE = """
import sys
before = set(sys.modules)
from auditor.cli.main import main
import contextlib, io, json
with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):
    main({arguments!r})
print(json.dumps(sorted(set(sys.modules) - before)))
"""


def loaded(*arguments: str) -> set[str]:
    """Modules outside the standard library that a call of the command imports."""
    done = subprocess.run(
        [sys.executable, "-c", PROBE.format(arguments=list(arguments))],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    return {name for name in json.loads(done.stdout) if name.split(".")[0] not in sys.stdlib_module_names}


def test_the_contracts_of_the_walls_are_kept() -> None:
    """No import crosses a wall."""
    program = Path(sys.executable).with_name("lint-imports")

    done = subprocess.run([program, "--no-cache"], capture_output=True, text=True, check=False, cwd=ROOT)

    assert done.returncode == 0, done.stdout
    assert "0 broken" in done.stdout


def test_one_place_reads_yaml() -> None:
    """Others look at nodes; only `auditor.yaml_files` makes them of a text."""
    reads = re.compile(r"\byaml\.(?:\w*load\w*|compose\w*|parse|scan)\(|getattr\(yaml,")
    found = {
        file.relative_to(ROOT).as_posix()
        for file in (ROOT / "auditor").rglob("*.py")
        if reads.search(file.read_text(encoding="utf-8"))
    }

    assert found == {"auditor/yaml_files/nodes.py"}


def test_start_up_imports_click_and_nothing_heavy() -> None:
    """`auditor --version` and `--help` import only the modules of the list."""
    for option in ("--version", "--help"):
        modules = loaded(option)

        assert {name.split(".")[0] for name in modules} == START_UP
        assert {name for name in modules if name.split(".")[0] == "auditor"} == START_UP_OF_OURS


def test_the_help_of_a_command_with_formats_is_quick() -> None:
    """The list of report formats brings none of what writes them: Arrow, Jinja2, WeasyPrint."""
    for command in ("audit", "report", "check"):
        modules = {name.split(".")[0] for name in loaded(command, "--help")}

        assert {name for name in modules if "cython" not in name} == START_UP | {"reports", "yaml"}


def test_a_check_loads_nothing_that_only_an_audit_needs(tmp_path: Path) -> None:
    """Neither clients of AWS nor Parquet: half of the time of a small check is imports."""
    plan = tmp_path / "plan.json"
    plan.write_text('{"format_version": "1.2", "resource_changes": []}', encoding="utf-8")

    modules = loaded("check", str(plan))

    assert "auditor.check.terraform.reader" in modules
    assert not modules & {"boto3", "botocore", "pandas", "pyarrow.parquet", "auditor.evidence.store"}
    assert "jsonschema" not in modules  # it says what a mistake is


def test_the_version_costs_less_than_a_fifth_of_a_second() -> None:
    """Of a processor, the best of ten starts: what else the machine does is not counted."""
    best = float("inf")
    for _ in range(10):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(
            [sys.executable, "-m", "auditor", "--version"], capture_output=True, check=True, cwd=ROOT
        )
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        best = min(best, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)

    assert best < 0.2

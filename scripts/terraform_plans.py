"""Make the Terraform plans of the tests anew: `terraform_plans.py [--plugins FOLDER] [CASE…]`.

The code lies beside the plans, in `tests/check/terraform_code/CASE`. A real `terraform`, or `tofu`, plans it
with the real provider of AWS, applies it to the sandbox, and plans it again: `first.json` is the plan before
anything exists, `second.json` the one after the apply, and `changed.json` that of the code in which each file
of `changed` is added, or stands in place of the one of its name. The program fetches the provider from its
registry, or takes it from FOLDER, its `-plugin-dir`.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

_CODE: Final = Path(__file__).parents[1] / "tests" / "check" / "terraform_code"
_PROGRAMS: Final = ("terraform", "tofu")
#: What of a plan is read, or says that something is missing from it.
_KEPT: Final = (
    "format_version", "terraform_version", "variables", "resource_changes", "configuration", "checks",
    "applyable", "complete", "errored",
)  # fmt: skip
_LINES: Final = 4


class TerraformPlansError(Exception):
    """The plans cannot be made; the message says why, and what to do."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Make the plans of all cases, or of those that are named; the exit code is 1 where none can be made."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument(
        "cases", nargs="*", metavar="CASE", help="folders of the code; all, where none is named"
    )
    parser.add_argument("--plugins", type=Path, help="a folder with the provider, in place of its registry")
    options = parser.parse_args(arguments)
    try:
        program = _program()
        with _sandbox() as variables:
            for case in options.cases or sorted(path.name for path in _CODE.iterdir()):
                for name, plan in _plans(program, _CODE / case, variables, options.plugins):
                    text = json.dumps(plan, indent=1, sort_keys=True)
                    (_CODE / case / f"{name}.json").write_text(f"{text}\n", encoding="utf-8")
                    sys.stdout.write(f"wrote {case}/{name}.json\n")
    except TerraformPlansError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def _program() -> str:
    for name in _PROGRAMS:
        found = shutil.which(name)
        if found:
            return found
    raise TerraformPlansError(
        "There is neither terraform nor tofu on the PATH: install one of them, or leave the plans as they "
        "are."
    )


@contextmanager
def _sandbox() -> Iterator[dict[str, str]]:
    """The variables of a sandbox that is served meanwhile."""
    command = [sys.executable, "-m", "auditor", "sandbox", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as served:
        try:
            stdout = served.stdout
            lines = [stdout.readline() for _ in range(_LINES)] if stdout else []
            pairs = (line.strip().removeprefix("export ").partition("=") for line in lines)
            variables = {name: value for name, _, value in pairs if value}
            if not variables:
                raise TerraformPlansError("The sandbox does not start: do what it says above.")
            yield variables
        finally:
            served.terminate()


def _plans(
    program: str, case: Path, variables: Mapping[str, str], plugins: Path | None
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each plan of a case by its name."""
    if not (case / "code").is_dir():
        raise TerraformPlansError(f"{case}: there is no folder `code` in it; name one of {_CODE}.")
    environment = {**os.environ, **variables, "TF_IN_AUTOMATION": "1", "CHECKPOINT_DISABLE": "1"}
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder) / "code"
        shutil.copytree(case / "code", work)

        def run(*words: str) -> str:
            done = subprocess.run(
                [program, f"-chdir={work}", *words],
                env=environment,
                capture_output=True,
                text=True,
                check=False,
            )
            if done.returncode:
                said = (done.stderr or done.stdout).strip()
                raise TerraformPlansError(f"{case.name}: {' '.join(words)} failed, mend that first:\n{said}")
            return done.stdout

        def plan() -> dict[str, Any]:
            run("plan", "-input=false", "-no-color", "-out=plan")
            found = json.loads(run("show", "-json", "plan"))
            return {key: found[key] for key in _KEPT if key in found}

        run("init", "-input=false", "-no-color", *([f"-plugin-dir={plugins.resolve()}"] if plugins else []))
        yield "first", plan()
        if (case / "changed").is_dir():
            run("apply", "-input=false", "-no-color", "plan")
            yield "second", plan()
            shutil.copytree(case / "changed", work, dirs_exist_ok=True)
            yield "changed", plan()


if __name__ == "__main__":
    sys.exit(main())

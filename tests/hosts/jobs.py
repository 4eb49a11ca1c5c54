"""Jobs of a host run here: the steps of an action by bash, with the variables that a runner gives them."""

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
EXPRESSION = re.compile(r"\$\{\{\s*(.*?)\s*\}\}")


#: Stands in for `auditor`: writes down how it was called, and a comment where one is asked for.
STAND_IN = """#!/bin/sh
for word in "$@"; do
    printf '%s\\0' "$word" >>"$RUNNER_TEMP/words"
    case $word in markdown=*) echo "### here <!-- auditor check -->" >"${word#markdown=}" ;; esac
done
printf '\\n\\0' >>"$RUNNER_TEMP/words"
printf '%s %s\\n' "$1" "$AUDITOR_CHECK_SIMULATE" >>"$RUNNER_TEMP/simulated"
"""


def program(folder: Path, text: str = f'#!/bin/sh\nexec "{sys.executable}" -P -m auditor "$@"\n') -> Path:
    """A program `auditor`: without a text this checkout's, in the Python that runs the tests."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "auditor"
    file.write_text(text, encoding="utf-8")
    file.chmod(0o755)
    return file


def variables(**more: str) -> dict[str, str]:
    """What a job finds among its variables, without those of this machine's user."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "TMPDIR") if name in os.environ}
    here = {"PYTHONPATH": str(ROOT), "HOME": os.devnull, "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}
    return {**kept, **here, **more}


@dataclass
class ActionRun:
    """The composite action, run over a folder as a runner does; its first step, which installs, is left out.

    Where it is not `real`, `STAND_IN` is called in the place of auditor. `said` is what it printed, `outputs`
    what its steps put out, `failed` the name of the step that ended it.
    """

    workspace: Path
    temporary: Path
    env: Mapping[str, str]
    real: bool = True
    said: str = ""
    outputs: dict[str, str] = field(default_factory=dict)
    failed: str = ""

    @property
    def summary(self) -> str:
        """What stands in the job's summary."""
        file = self.temporary / "summary.md"
        return file.read_text(encoding="utf-8") if file.exists() else ""

    @property
    def calls(self) -> list[list[str]]:
        """How the stand-in was called, word by word."""
        words = (self.temporary / "words").read_text(encoding="utf-8")
        return [call.rstrip("\0").split("\0") for call in words.split("\n\0") if call]

    def run(self, inputs: Mapping[str, str]) -> None:
        """Run the steps."""
        action = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
        given = {name: str(declared.get("default", "")) for name, declared in action["inputs"].items()}
        context = {f"inputs.{name}": value for name, value in {**given, **inputs}.items()}
        context["github.token"] = "unknown"
        program(self.temporary / "auditor" / "bin", *([] if self.real else [STAND_IN]))
        for step in action["runs"]["steps"][1:]:
            wanted = step.get("if")
            if wanted is None or _holds(wanted, context):
                self._step(step, context)
            if self.failed:
                return

    def _step(self, step: Mapping[str, Any], context: dict[str, str]) -> None:
        output = self.temporary / "output"
        output.write_text("", encoding="utf-8")
        env = {name: _filled(value, context) for name, value in step["env"].items()}
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", step["run"]],
            cwd=self.workspace,
            env={
                **variables(**self.env),
                **env,
                "RUNNER_TEMP": str(self.temporary),
                "GITHUB_ACTION_PATH": str(ROOT),
                "GITHUB_OUTPUT": str(output),
                "GITHUB_STEP_SUMMARY": str(self.temporary / "summary.md"),
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        self.said += done.stdout
        lines = output.read_text(encoding="utf-8").splitlines()
        self.outputs |= dict(line.split("=", 1) for line in lines)
        if "id" in step:
            context |= {f"steps.{step['id']}.outputs.{name}": value for name, value in self.outputs.items()}
        self.failed = step["name"] if done.returncode else ""


def _filled(value: str, context: Mapping[str, str]) -> str:
    return EXPRESSION.sub(lambda found: _value(found[1], context), value)


def _value(expression: str, context: Mapping[str, str]) -> str:
    name, equals, text = expression.partition(" == ")
    return str(context[name] == text.strip("'")).lower() if equals else context[name]


def _holds(condition: str, context: Mapping[str, str]) -> bool:
    name, _, text = condition.strip("${} ").partition(" != ")
    return context[name] != text.strip("'")

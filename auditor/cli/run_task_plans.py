"""The check of one plan of a run task: `auditor check` in a process of its own, which comes to an end."""

import os
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

import orjson

from auditor import children
from auditor.cli.check import command as check
from auditor.cli.text import one_line
from auditor.files import read
from auditor.hosts.run_task_server import JudgedPlan
from auditor.model.errors import AuditorError, ExitCode, UsageError
from reports.text import clip

#: Of a result: outcomes and the whole document.
_MOST: Final = 64 << 20
_SAID: Final = 1 << 14
_LONGEST: Final = 200
_UNEXPECTED: Final = "unexpected error"
_BROKEN: Final = "the check of the plan broke off, perhaps at its limit of {mebibytes} MiB: {why}"
_ANSWERED: Final = (ExitCode.COMPLIANT, ExitCode.FINDINGS, ExitCode.INCOMPLETE)
#: Options whose variables do not concern a run task: it says itself what is written, and what is compared
#: with, or the folder of the code, would be one thing for the plans of all workspaces.
_OWN: Final = ("format_", "outputs", "baseline", "diff_base", "hcl")
#: What an engine of Rego is found and opened by.
_ENGINE: Final = ("AUDITOR_OPA", "AUDITOR_ENGINE_TOKEN")
#: A plan that declares nothing, by which the options are tried.
_NOTHING: Final = b'{"format_version": "1.2", "terraform_version": "1.0.0", "resource_changes": []}'


@dataclass(frozen=True, slots=True)
class PlanCheck:
    """What a check may take, and what becomes of a plan in which nothing could be judged."""

    seconds: int
    mebibytes: int
    pass_unjudged: bool

    def check_options(self) -> None:
        """Try the options of the check on a plan that declares nothing.

        Raises:
            AuditorError: they are wrong, or the limits are too narrow for any plan.
        """
        self._run(_NOTHING)

    def judge(self, plan: bytes) -> JudgedPlan:
        """Check a plan.

        Raises:
            AuditorError: it cannot be read, or comes to a limit.
        """
        code, task, document = self._run(plan)
        said = task["data"]
        message = said["attributes"]["message"]
        counts = document["summary"]
        judged = sum(counts[name] for name in ("compliant", "findings", "unknown", "errors", "waived", "old"))
        if code == ExitCode.INCOMPLETE and not judged and document["against"] is None and self.pass_unjudged:
            return JudgedPlan(passed=True, message=f"{message}; such a plan passes by --pass-unjudged")
        outcomes = said["relationships"]["outcomes"]["data"]
        return JudgedPlan(said["attributes"]["status"] == "passed", message, outcomes)

    def _run(self, plan: bytes) -> tuple[int, Any, Any]:
        """Exit code, the result of the run task, and the whole document."""
        with tempfile.TemporaryDirectory(prefix="auditor-run-task-") as name:
            folder = Path(name)
            (folder / "plan.json").write_bytes(plan)
            with (folder / "said").open("wb") as said:
                code = self._child(folder, said)
            if code not in _ANSWERED:
                sentence = _sentence((folder / "said").read_bytes()[-_SAID:], folder)
                if sentence.startswith(_UNEXPECTED):
                    sentence = _BROKEN.format(mebibytes=self.mebibytes, why=clip(sentence, _LONGEST))
                raise (UsageError if code == ExitCode.USAGE else AuditorError)(sentence or self._limit)
            task, document = (
                orjson.loads(read(folder / one, _MOST).replace(f"{folder}/".encode(), b""))
                for one in ("task.json", "check.json")
            )
            return code, task, document

    @property
    def _limit(self) -> str:
        return (
            f"the check of the plan took more than {self.seconds} seconds or {self.mebibytes} MiB, and was "
            "ended; check less in one workspace, or raise --seconds or --mebibytes"
        )

    def _child(self, folder: Path, said: IO[bytes]) -> int:
        arguments = [
            str(self.mebibytes),
            "check",
            str(folder / "plan.json"),
            *("--format", "markdown"),
            *("--output", f"run-task={folder / 'task.json'}"),
            *("--output", f"json={folder / 'check.json'}"),
        ]
        child = children.start("auditor.cli.run_task_child", *arguments, more=_variables(), errors=said)
        try:
            child.communicate(timeout=self.seconds)
        except subprocess.TimeoutExpired:
            return -1
        finally:
            child.kill()
            child.communicate()
        return child.returncode


def _variables() -> dict[str, str]:
    """The variables of the options of a check, and no other ones of ours."""
    names = {*_ENGINE, *(one.envvar for one in check.params if one.name not in _OWN)}
    return {name: value for name, value in os.environ.items() if name in names}


def _sentence(said: bytes, folder: Path) -> str:
    """The last line that a check said, without what is ours; "" where it ended without one."""
    lines = [line for line in said.decode(errors="replace").splitlines() if line.startswith("auditor: ")]
    return one_line(lines[-1].removeprefix("auditor: ").replace(f"{folder}/", "")) if lines else ""

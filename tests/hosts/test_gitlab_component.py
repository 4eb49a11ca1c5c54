"""The component of GitLab CI/CD: its script is run here by a shell, against a server on loopback."""

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from auditor.check.formats.markdown import MARK
from auditor.cli.main import main
from tests.check.terraform import protected, volume
from tests.check.test_check_command import written
from tests.hosts.fakes import TOKEN, FakeGitlab
from tests.hosts.jobs import ROOT, STAND_IN, program, variables

COMPONENT = ROOT / "templates" / "check" / "template.yml"
EXAMPLE = ROOT / "examples" / "gitlab" / ".gitlab-ci.yml"
INPUT = re.compile(r"\$\[\[ inputs\.([a-z-]+) \]\]")

Job = Callable[..., "subprocess.CompletedProcess[str]"]


def parts() -> tuple[dict[str, Any], dict[str, Any]]:
    """The declared inputs, and the one job."""
    head, body = yaml.safe_load_all(COMPONENT.read_text(encoding="utf-8"))
    (job,) = body.values()
    return head["spec"]["inputs"], job


@pytest.fixture
def run(tmp_path: Path, gitlab: FakeGitlab) -> Job:
    """Runs the script in a folder with a plan that has one finding; inputs are those of the component."""
    written(
        tmp_path / "plan.json",
        volume(protected(copied=True, keyed=True), "other", backup_tier="Gold").first(),
    )
    declared, job = parts()

    def call(
        *, real: bool = True, diff_base: str = "", simulate: str = "", **inputs: str
    ) -> "subprocess.CompletedProcess[str]":
        program(tmp_path / "bin", *([] if real else [STAND_IN]))
        given = {name: str(of.get("default", "")) for name, of in declared.items()}
        given |= {name.replace("_", "-"): value for name, value in inputs.items()}
        plain = {
            name: value if isinstance(value, str) else value["value"]
            for name, value in job["variables"].items()
        }
        env = variables(
            **{name: INPUT.sub(lambda found: given[found[1]], value) for name, value in plain.items()},
            GITLAB_CI="true",
            CI_API_V4_URL=gitlab.url,
            CI_PROJECT_ID="33",
            CI_MERGE_REQUEST_IID="7",
            AUDITOR_GITLAB_TOKEN=TOKEN,
            AUDITOR_CHECK_UNIT="Production",
            **({"AUDITOR_CHECK_DIFF_BASE": diff_base} if diff_base else {}),
            **({"AUDITOR_CHECK_SIMULATE": simulate} if simulate else {}),
            RUNNER_TEMP=str(tmp_path),
        )
        env["PATH"] = f"{tmp_path / 'bin'}:{env['PATH']}"
        (script,) = job["script"]
        return subprocess.run(
            ["sh", "-e", "-c", script], cwd=tmp_path, env=env, capture_output=True, text=True, check=False
        )

    return call


def test_a_finding_is_reported_noted_and_fails_the_job(run: Job, gitlab: FakeGitlab, tmp_path: Path) -> None:
    """The Code Quality report is the artifact that the job names; the note is what the markdown says."""
    done = run(paths="plan.json\n")

    report = json.loads((tmp_path / "gl-code-quality-report.json").read_text(encoding="utf-8"))
    note = (tmp_path / "backup-check.md").read_text(encoding="utf-8")
    assert done.returncode == 3, done.stderr
    assert [(one["check_name"], one["location"]["path"]) for one in report] == [("BKP-COV-001", "plan.json")]
    assert set(report[0]) >= {"description", "fingerprint", "severity"}
    assert note.startswith(f"### Backup check: 1 finding {MARK}\n")
    assert gitlab.bodies() == [note]
    assert parts()[1]["artifacts"]["reports"] == {"codequality": "gl-code-quality-report.json"}


@pytest.mark.parametrize("against", [{"baseline": "base.json"}, {"diff_base": "plan.json"}])
def test_code_quality_has_what_a_baseline_takes_from_the_note(
    run: Job, gitlab: FakeGitlab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, against: dict[str, str]
) -> None:
    """Code Quality compares branches by itself: what it lacked would count as mended."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit):
        main(["check", "plan.json", "--unit", "Production", "--output", "json=base.json"])

    done = run(paths="plan.json", **against)

    assert done.returncode == 0, done.stderr
    assert len(json.loads((tmp_path / "gl-code-quality-report.json").read_text(encoding="utf-8"))) == 1
    assert gitlab.bodies()[0].startswith("**Backup check: nothing new**")


@pytest.mark.parametrize(("base", "simulated"), [("main", ["", "90d"]), ("", ["90d"])])
def test_plans_are_simulated_once(run: Job, tmp_path: Path, base: str, simulated: list[str]) -> None:
    """By the check whose markdown shows it, whether or not Code Quality takes another one."""
    done = run(real=False, paths="plan.json\n", comment="false", diff_base=base, simulate="90d")

    assert done.returncode == 0, done.stderr
    calls = (tmp_path / "simulated").read_text(encoding="utf-8").splitlines()
    assert calls == [f"check {days}" for days in simulated]


@pytest.mark.parametrize("name", ["$(touch x).json", '"; touch x; ".json', "`touch x`", "--help", "a b", "*"])
def test_no_input_is_run_by_the_shell(run: Job, tmp_path: Path, name: str) -> None:
    """A path is one word, whatever is in it, and no option."""
    done = run(real=False, paths=f"  {name}\n\nplan.json\n", comment="false")

    words = (tmp_path / "words").read_text(encoding="utf-8").split("\0")
    assert done.returncode == 0, done.stderr
    assert words[words.index("--") :] == ["--", name, "plan.json", "\n", ""]
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize(
    ("comment", "commands"),
    [("true", ["check", "comment"]), ("news", ["check", "comment"]), ("false", ["check"])],
)
def test_the_input_says_whether_there_is_a_note(
    run: Job, tmp_path: Path, comment: str, commands: list[str]
) -> None:
    """The rest is as it is."""
    assert run(real=False, paths="plan.json", comment=comment).returncode == 0

    calls = (tmp_path / "words").read_text(encoding="utf-8").split("\n\0")
    assert [call.split("\0")[0] for call in calls if call] == commands


def test_every_input_is_declared_used_and_never_in_the_script() -> None:
    """Defaults are among the options; an input without a default must be given, as the example does."""
    declared, job = parts()
    text = COMPONENT.read_text(encoding="utf-8")
    example = yaml.safe_load(EXAMPLE.read_text(encoding="utf-8"))["include"][0]

    assert set(INPUT.findall(text)) == set(declared)
    assert INPUT.findall("".join(job["script"])) == []
    with_options = [of for of in declared.values() if "options" in of]
    assert [of for of in with_options if of["default"] not in of["options"]] == []
    required = {name for name, of in declared.items() if "default" not in of}
    assert required <= set(example["inputs"]) <= set(declared)
    assert example["component"].startswith("$CI_SERVER_FQDN/OWNER/auditor/check@")

"""The composite action of GitHub: its steps run here as a runner runs them, against a server on loopback."""

import json
import re
from pathlib import Path

import pytest
import yaml

from auditor.check.formats.markdown import MARK
from tests.check.terraform import protected, volume
from tests.check.test_check_command import written
from tests.hosts.fakes import TOKEN, Fake
from tests.hosts.jobs import ROOT, ActionRun

ACTION = ROOT / "action.yml"
WORKFLOW = ROOT / "examples" / "github" / "backup-check.yml"


@pytest.fixture
def job(tmp_path: Path, github: Fake) -> ActionRun:
    """A job of the pull request in a folder with a plan that has one finding, and one that has none."""
    workspace, temporary = tmp_path / "work space", tmp_path / "temp"
    temporary.mkdir()
    written(
        workspace / "plan.json",
        volume(protected(copied=True, keyed=True), "other", backup_tier="Gold").first(),
    )
    written(workspace / "good.json", protected(copied=True, keyed=True).first())
    env = {
        "GITHUB_ACTIONS": "true",
        "GITHUB_API_URL": github.url,
        "GITHUB_GRAPHQL_URL": f"{github.url}/graphql",
        "GITHUB_REPOSITORY": "o/r",
        "GITHUB_EVENT_PATH": str(tmp_path / "event.json"),
        "AUDITOR_CHECK_UNIT": "Production",
    }
    return ActionRun(workspace, temporary, env)


def test_a_finding_is_annotated_summarised_commented_and_fails_the_job(job: ActionRun, github: Fake) -> None:
    """One check gives the annotations, the summary, the comment, the files and the exit code."""
    job.run({"paths": "plan.json\n", "formats": "sarif=check.sarif\n  json=check.json\n", "token": TOKEN})

    comment = Path(job.outputs["markdown"]).read_text(encoding="utf-8")
    assert (job.failed, job.outputs["exit-code"]) == ("Result", "3")
    assert "::error file=plan.json,title=BKP-COV-001 finding high::aws_ebs_volume.other: no rule" in job.said
    assert comment.startswith(f"### Backup check: 1 finding {MARK}\n")
    assert job.summary == comment
    assert github.bodies() == [comment]
    assert json.loads((job.workspace / "check.sarif").read_text(encoding="utf-8"))["version"] == "2.1.0"
    assert json.loads((job.workspace / "check.json").read_text(encoding="utf-8"))["summary"]["exit_code"] == 3


def test_the_next_push_changes_the_comment_and_nothing_new_is_one_line(job: ActionRun, github: Fake) -> None:
    """The baseline is what the first check wrote as json; what is old fails nothing."""
    job.run({"paths": "plan.json", "formats": "json=base.json", "token": TOKEN})
    job.run({"paths": "plan.json", "baseline": "base.json", "token": TOKEN})

    assert (job.failed, job.outputs["exit-code"]) == ("", "0")
    assert len(github.comments) == 1
    assert re.fullmatch(rf"\*\*Backup check: nothing new\*\* \(.*\)\. {MARK}\n", github.bodies()[0])


def test_the_pull_request_of_a_fork_is_judged_and_reads_the_summary(job: ActionRun, github: Fake) -> None:
    """Its token writes no comment; the exit code is that of the check alone."""
    github.may_write = False

    job.run({"paths": "good.json", "token": TOKEN})

    assert (job.failed, job.outputs["exit-code"], github.comments) == ("", "0", [])
    first, empty, last = job.summary.splitlines()
    assert first.startswith("**Backup check: nothing found**")
    assert empty == ""
    assert last.startswith("`the comment on the pull request was not written: 127.0.0.1:")
    assert last.endswith(" answered 403: Resource not accessible by integration`")


@pytest.mark.parametrize(
    ("inputs", "commands"),
    [
        ({"comment": "true"}, ["check", "comment"]),
        ({"comment": "news"}, ["check", "comment"]),
        ({"comment": "false"}, ["check"]),
    ],
)
def test_the_inputs_say_whether_there_is_a_comment(
    job: ActionRun, inputs: dict[str, str], commands: list[str]
) -> None:
    """The rest is as it is."""
    job.real = False

    job.run({"paths": "plan.json", **inputs})

    assert ([call[0] for call in job.calls], job.failed) == (commands, "")
    assert job.summary == f"### here {MARK}\n"


def test_a_check_that_could_not_run_is_told_and_fails_the_job(job: ActionRun, github: Fake) -> None:
    """It is news, whatever fails the job; the log has the sentence, which the runner does not obey."""
    job.run({"paths": "good.json", "comment": "news", "token": TOKEN})
    assert (job.failed, github.comments) == ("", [])
    written(job.workspace / "bad.json", "{")
    job.run({"paths": "bad.json", "comment": "news", "fail-on": "never", "token": TOKEN})

    assert (job.failed, job.outputs["exit-code"]) == ("Result", "1")
    said = (
        f"### Backup check: it could not run {MARK}\n\n"
        "Exit code 1, so nothing is known; the job's log says why.\n"
    )
    assert github.bodies() == [said]
    assert job.summary.endswith(said)
    stop = re.findall(
        r"^::stop-commands::([0-9a-f]{32})\n(auditor: .*bad\.json.*)\n::\1::$", job.said, re.MULTILINE
    )
    assert len(stop) == 1
    assert "::error title=auditor check::The check could not run (exit code 1)" in job.said


@pytest.mark.parametrize("name", ["$(touch x).json", '"; touch x; ".json', "`touch x`", "--help", "a b", "*"])
def test_no_input_is_run_by_the_shell(job: ActionRun, name: str) -> None:
    """A path and a file of a format are one word each, whatever is in them, and no option."""
    job.real = False

    job.run({"paths": f"  {name}\n\nplan.json", "formats": f"json={name}"})

    check, comment = job.calls
    markdown = job.outputs["markdown"]
    assert check[:5] == ["check", "--format", "github", "--output", f"markdown={markdown}"]
    assert check[5:] == ["--output", f"json={name}", "--", name, "plan.json"]
    assert comment == ["comment", markdown]
    assert {file.name for file in job.workspace.iterdir()} == {"plan.json", "good.json"}


def test_nothing_that_somebody_wrote_stands_in_a_script() -> None:
    """An expression in a `run` would be a piece of its text; here all come in by variables."""
    steps = yaml.safe_load(ACTION.read_text(encoding="utf-8"))["runs"]["steps"]

    assert [step["name"] for step in steps if "${{" in step["run"] or step["shell"] != "bash"] == []
    assert all("GITHUB_TOKEN" not in step["env"] for step in steps if "comment" not in step["name"].lower())


def test_a_folder_of_the_pull_request_is_no_place_for_modules() -> None:
    """Python looks for none in the current folder: every call is isolated."""
    install = yaml.safe_load(ACTION.read_text(encoding="utf-8"))["runs"]["steps"][0]["run"]

    calls = re.findall(r'^ *(?:"\$python"|"\$folder/bin/python") (\S+)', install, re.MULTILINE)
    assert calls == ["-I"] * 4


def test_the_example_names_inputs_that_there_are() -> None:
    """Of the action; its job may do what the comment and code scanning need, and no more."""
    action = yaml.safe_load(ACTION.read_text(encoding="utf-8"))
    workflow = yaml.safe_load(WORKFLOW.read_text(encoding="utf-8"))
    steps = workflow["jobs"]["backup-check"]["steps"]
    used = next(step["with"] for step in steps if step["uses"] == "OWNER/auditor@v1")
    required = {name for name, declared in action["inputs"].items() if declared.get("required")}

    assert required <= set(used) <= set(action["inputs"])
    permissions = {"contents": "read", "pull-requests": "write", "security-events": "write"}
    assert workflow["permissions"] == permissions
    assert workflow[True] == "pull_request"  # YAML's word `on`

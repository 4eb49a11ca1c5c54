"""A job of a host, whose API is on loopback: `auditor comment` called in this process."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from auditor.check.formats.markdown import MARK
from auditor.cli.main import main
from tests.hosts.fakes import TOKEN, Fake, FakeGitlab, serving

#: A comment with findings, and one without.
NEWS = f"### Backup check: 1 finding {MARK}\n\n- 5 compliant, 1 finding.\n"
NOTHING = f"**Backup check: nothing found** (6 compliant). {MARK}\n"

Comment = Callable[..., tuple[int, str, str]]


@pytest.fixture
def waited(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that were waited, which take none."""
    found: list[float] = []
    monkeypatch.setattr("time.sleep", found.append)
    return found


@pytest.fixture
def comment(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, waited: list[float]
) -> Comment:
    """Calls the command with a text: its exit code, stdout and stderr. Nobody waits."""
    assert waited == []

    def call(text: str, *options: str) -> tuple[int, str, str]:
        file = tmp_path / "comment.md"
        file.write_text(text, encoding="utf-8")
        with pytest.raises(SystemExit) as end:
            main(["comment", str(file), *options])
        captured = capsys.readouterr()
        return int(str(end.value.code)), captured.out.rstrip("\n"), captured.err.rstrip("\n")

    for name in ("GITHUB_ACTIONS", "GITLAB_CI", "GITHUB_STEP_SUMMARY", "GITHUB_EVENT_PATH"):
        monkeypatch.delenv(name, raising=False)
    return call


@pytest.fixture
def github(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, comment: Comment) -> Iterator[Fake]:  # noqa: ARG001 -- it clears the variables first
    """The job of a pull request on GitHub."""
    event = tmp_path / "event.json"
    event.write_text(json.dumps({"action": "opened", "pull_request": {"number": 7}}), encoding="utf-8")
    with serving(Fake()) as fake:
        variables = {
            "GITHUB_ACTIONS": "true",
            "GITHUB_API_URL": fake.url,
            "GITHUB_GRAPHQL_URL": f"{fake.url}/graphql",
            "GITHUB_REPOSITORY": "o/r",
            "GITHUB_EVENT_PATH": str(event),
            "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md"),
            "GITHUB_TOKEN": TOKEN,
        }
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        yield fake


@pytest.fixture
def gitlab(monkeypatch: pytest.MonkeyPatch, comment: Comment) -> Iterator[FakeGitlab]:  # noqa: ARG001 -- it clears the variables first
    """The job of a merge request on GitLab."""
    with serving(FakeGitlab()) as fake:
        assert isinstance(fake, FakeGitlab)
        variables = {
            "GITLAB_CI": "true",
            "CI_API_V4_URL": fake.url,
            "CI_PROJECT_ID": "34",
            "CI_MERGE_REQUEST_PROJECT_ID": "33",
            "CI_MERGE_REQUEST_PROJECT_URL": "https://host.example/o/r",
            "CI_MERGE_REQUEST_IID": "7",
            "AUDITOR_GITLAB_TOKEN": TOKEN,
        }
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        yield fake

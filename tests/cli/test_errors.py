"""What goes wrong on a user's machine: one sentence, the right exit code, nothing half-written."""

import re
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

Run = Callable[..., CompletedProcess[str]]

COMMANDS = ["audit", "collect", "push"]


def one_sentence(done: CompletedProcess[str]) -> str:
    """The one line on stderr, after no output."""
    assert (done.stdout, done.stderr.count("\n")) == ("", 1), done.stderr
    assert done.stderr.startswith("auditor: ")
    return done.stderr.removeprefix("auditor: ").rstrip("\n")


@pytest.mark.parametrize("command", COMMANDS)
def test_without_credentials(auditor: Run, tmp_path: Path, command: str) -> None:
    """Says where credentials come from; makes no run folder."""
    done = auditor(command)

    assert done.returncode == 1
    assert one_sentence(done).startswith("There are no AWS credentials; set AWS_PROFILE")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", COMMANDS)
def test_an_unreachable_endpoint(here: Run, keys: dict[str, str], tmp_path: Path, command: str) -> None:
    """Names the endpoint; makes no run folder."""
    done = here(command, env=keys)

    assert done.returncode == 1
    assert one_sentence(done).startswith("http://127.0.0.1:9/ cannot be reached")
    assert list(tmp_path.iterdir()) == []


def test_a_profile_that_does_not_exist(here: Run) -> None:
    """AWS_PROFILE with a slip in it."""
    done = here("audit", env={"AWS_PROFILE": "prdo"})

    assert done.returncode == 1
    assert "prdo" in one_sentence(done)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("a: [\n", "auditor.yaml:2: this is not YAML: "),
        ("role_name: x\n\nregoins: [a]\n", "auditor.yaml:3: unknown key 'regoins'; did you mean 'regions'?"),
        ("workers: many\n", "auditor.yaml:1: 'workers' must be a whole number from 1 to 256, not 'many'"),
    ],
)
def test_a_settings_file_that_does_not_fit(here: Run, tmp_path: Path, text: str, sentence: str) -> None:
    """Malformed YAML, an unknown key, a wrong type: the file and the line."""
    (tmp_path / "auditor.yaml").write_text(text)

    done = here("audit")

    assert done.returncode == 2
    assert one_sentence(done).startswith(sentence)


def test_a_variable_that_does_not_fit_is_named(here: Run) -> None:
    """The sentence names the variable, for a container has no options."""
    done = here("audit", env={"AUDITOR_WORKERS": "many"})

    assert done.returncode == 2
    assert "AUDITOR_WORKERS" in one_sentence(done)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--tiers", "none.yaml"], "none.yaml"),
        (["--policies", "nowhere"], "nowhere"),
    ],
)
def test_policies_that_are_not_there(here: Run, arguments: list[str], words: str) -> None:
    """A policies folder or tiers file that does not exist is the user's to mend."""
    done = here("policy", "list", *arguments)

    assert done.returncode == 2
    assert words in one_sentence(done)


@pytest.mark.parametrize(
    "command", [["evaluate", "."], ["report", "."], ["explain", "arn:aws:s3:::b", "--run", "."]]
)
def test_a_folder_that_is_no_run(here: Run, tmp_path: Path, command: list[str]) -> None:
    """An empty folder is not taken for a run, and stays empty."""
    done = here(*command)

    assert done.returncode == 2
    assert one_sentence(done)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--tiers", "none.yaml"], "none.yaml"),
        (["--policies", "nowhere"], "nowhere"),
        (["--waivers", "none.yaml"], "none.yaml"),
    ],
)
def test_an_audit_looks_at_the_policies_before_it_reads(
    here: Run, tmp_path: Path, arguments: list[str], words: str
) -> None:
    """A slip in a path is told before any call, even before credentials are looked for."""
    done = here("audit", *arguments)

    assert done.returncode == 2
    assert words in one_sentence(done)
    assert list(tmp_path.iterdir()) == []


def test_a_document_that_is_none(here: Run, tmp_path: Path) -> None:
    """The file is named, and what writes it again; it is no unexpected error."""
    (tmp_path / "document.json").write_text("{")

    done = here("report", ".")

    assert done.returncode == 2
    assert one_sentence(done).startswith("document.json: The audit document is not JSON")


def test_verdicts_that_are_gone(here: Run, tmp_path: Path) -> None:
    """A run folder without its verdicts.parquet: the file is named, and what writes it again."""
    sample = Path(__file__).resolve().parents[1] / "golden/sample/document.json"
    (tmp_path / "document.json").write_bytes(sample.read_bytes())

    done = here("report", ".", "--formats", "csv")

    assert done.returncode == 2
    assert one_sentence(done) == "verdicts.parquet is gone; write it again with `auditor evaluate .`."


@pytest.mark.long
@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_a_terminal_that_is_not_utf_8(auditor: Run, encoding: str) -> None:
    """Tables are drawn with the letters that it has, and long names go on in the next line."""
    done = auditor("policy", "list", env={"PYTHONIOENCODING": encoding})
    first = [line[1:].partition("|")[0].strip() for line in done.stdout.splitlines() if line[0] == "|"]

    assert (done.returncode, done.stderr) == (0, "")
    assert re.search(r"^\| BKP-COV-001 +\| high ", done.stdout, re.MULTILINE)
    assert "BACKUP_PLAN_MIN_FREQUENCY_AND_MIN_RETENTION_CHECK" in "".join(first)

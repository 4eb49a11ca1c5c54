"""The audits after the first: what they find where a setting and a run were changed, on each engine."""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import yaml

from auditor import audit
from auditor.audit import DOCUMENT
from auditor.cli.child import SandboxChild, sandbox_child
from auditor.cli.demo import DAYS
from auditor.judge.sinks import VERDICTS
from auditor.model.settings import silent
from auditor.sandbox.organization import sample_folder
from auditor.sandbox.settings import write_settings
from reports.document import AuditDocument, from_json
from tests.contract.engine.test_verdict_table import PARTITIONS, expected, found, judging
from tests.demo import clean_environment

ROWS: list[dict[str, str]] = yaml.safe_load((sample_folder() / "later-runs.yaml").read_text())
RUNS = ("first", "second", "third")
#: Time between two audits: no backup is due in it.
APART = timedelta(minutes=10)


@dataclass(frozen=True)
class Shell:
    """Where a user of `auditor sandbox` types, as docs/sandbox.md tells."""

    folder: Path
    sandbox: SandboxChild
    settings: dict[str, Path]

    def run(self, program: list[str], codes: set[int]) -> str:
        """What a program prints that has the variables of the sandbox; its exit code is one of `codes`."""
        named = {f"AUDITOR_{name.upper()}": str(path) for name, path in self.settings.items()}
        environment = clean_environment() | self.sandbox.variables() | named
        done = subprocess.run(
            program, capture_output=True, text=True, check=False, cwd=self.folder, env=environment
        )
        assert done.returncode in codes, done.stderr
        return done.stdout

    def auditor(self, command: str, *more: str, codes: set[int]) -> str:
        """The same of `auditor`."""
        return self.run([sys.executable, "-m", "auditor", command, *more], codes)

    def audit(self, at: datetime) -> Path:
        """Let time go by until `at`, audit then, and give the run."""
        self.sandbox.advance(at, silent)
        more = ("--as-of", f"{at:%Y-%m-%dT%H:%M:%SZ}", "--retry-minutes", "0", "--formats", "json")
        self.auditor("audit", *more, codes={3, 4})
        return (self.folder / "runs" / "latest").resolve()


def three_audits(shell: Shell) -> Iterator[Path]:
    """The runs of docs/sandbox.md, each as it is before the next step."""
    aws = [str(Path(sys.executable).parent / "aws"), "backup", "update-global-settings"]
    first = shell.sandbox.now + timedelta(days=DAYS)
    shell.auditor("push", codes={0})
    yield shell.audit(first)
    shell.run([*aws, "--global-settings", "isCrossAccountBackupEnabled=false"], {0})
    yield (second := shell.audit(first + APART))
    with (second / "evidence" / "accounts.parquet").open("ab") as file:
        file.write(b"x")
    yield shell.audit(first + 2 * APART)


@dataclass(frozen=True)
class Judged:
    """What an audit said, in the words of the tables but for ids: findings, and what else was asked."""

    run: Path
    partition: str
    findings: list[tuple[str, ...]]
    verdicts: dict[tuple[str, str, str], str]

    @classmethod
    def of(cls, run: Path, document: AuditDocument) -> "Judged":
        """Read it; nobody has changed the evidence yet."""
        columns = ["control_id", "account_name", "name", "verdict"]
        verdicts = {
            (row["control_id"], row["account_name"], row["name"]): row["verdict"]
            for row in pq.read_table(run / VERDICTS, columns=columns).to_pylist()
            if row["control_id"] in {row["control"] for row in ROWS} and row["verdict"] != "NOT_APPLICABLE"
        }
        return cls(run, document.run.partition, list(found(run, document)), verdicts)


@pytest.fixture(scope="module", params=PARTITIONS)
def judged(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> list[Judged]:
    """The three audits in one partition."""
    folder = tmp_path_factory.mktemp(request.param)
    with sandbox_child(request.param) as sandbox:
        shell = Shell(folder, sandbox, write_settings(folder / "sample", sandbox.facts))
        return [Judged.of(run, from_json((run / DOCUMENT).read_bytes())) for run in three_audits(shell)]


def subject(name: str, judged: list[Judged]) -> str:
    """A subject in the words of the table, which has no ids."""
    numbers = {one.run.name: number for one, number in zip(judged, RUNS, strict=True)}
    return "organization" if name.startswith("o-") else numbers.get(name, name)


def findings(one: Judged, judged: list[Judged]) -> list[tuple[str, ...]]:
    """What an audit found."""
    return sorted((control, subject(name, judged), *rest) for control, name, *rest in one.findings)


def by_tables(partition: str, number: int) -> list[tuple[str, ...]]:
    """What the audit of that number, 0 for the first, finds by both tables."""
    more: list[tuple[str, ...]] = [
        (row["control"], row["finding"], row["account"], "", "NON_COMPLIANT", row["code"])
        for row in ROWS
        if RUNS.index(row["finding_in"]) <= number
    ]
    return sorted([*expected(partition), *more])


def verdicts(number: int) -> dict[tuple[str, str, str], str]:
    """What it says by the table of everything that the controls of the table are asked of."""
    told: dict[tuple[str, str, str], str] = {}
    for row in ROWS:
        for word, verdict in (("pass", "COMPLIANT"), ("finding", "NON_COMPLIANT")):
            if RUNS.index(row[f"{word}_in"]) <= number:
                told[row["control"], row["account"], row[word]] = verdict
    return told


@pytest.mark.long
def test_each_later_audit_finds_what_its_table_says_and_nothing_else(judged: list[Judged]) -> None:
    """All that expected.yaml has, in every run; a finding and a pass of each control of later-runs.yaml."""
    numbers = range(len(RUNS))
    assert [findings(one, judged) for one in judged] == [by_tables(judged[0].partition, n) for n in numbers]
    said = [
        {(control, account, subject(name, judged)): verdict for (control, account, name), verdict in rows}
        for rows in (one.verdicts.items() for one in judged)
    ]
    assert said == [verdicts(number) for number in numbers]


@pytest.mark.long
@pytest.mark.opa
def test_another_engine_says_the_same_of_the_last(
    judged: list[Judged], opa_program: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Judged again, by a server of OPA."""
    monkeypatch.setenv("AUDITOR_OPA", opa_program)
    last = judged[-1]
    document = audit.evaluate_run(last.run, judging(last.run, engine="opa-server"), silent)
    assert Judged.of(last.run, document) == last

"""One engine for all checks, and a check in this process."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest

from auditor.catalogue.load import Catalogue, policies_folder
from auditor.check.declared import Assumed
from auditor.check.inputs import read_inputs
from auditor.check.result import CheckResult
from auditor.check.run import CheckOptions, judge_inputs
from auditor.cli.main import main
from auditor.model.settings import Settings
from auditor.rego.engine import Engine
from auditor.rego.load import open_engine
from tests.check.recorded_run import world
from tests.loopback.auditing import Judgement, audit
from tests.loopback.kept import kept

AS_OF = datetime(2026, 2, 1, tzinfo=UTC)

Check = Callable[..., CheckResult]
Said = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="session")
def tiers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shipped tiers, of which gold demands no copy: what does is for `test_copies_declared.py` to say.

    A vault in another Region is in no template, so each would say that its lock is not known.
    """
    shipped, copy = (
        (policies_folder() / "tiers.yaml").read_text(encoding="utf-8"),
        "    copy:\n      retention_days: 35\n",
    )
    assert copy in shipped
    found = tmp_path_factory.mktemp("tiers") / "tiers.yaml"
    found.write_text(shipped.replace(copy, ""), encoding="utf-8")
    return found


@pytest.fixture(scope="session")
def catalogue(tiers: Path) -> Catalogue:
    """The shipped policies, but for the copy that gold demands."""
    return Catalogue.load(tiers=tiers)


@pytest.fixture(scope="session")
def engine(catalogue: Catalogue) -> Iterator[Engine]:
    """These policies in an engine."""
    found = open_engine("embedded", catalogue.modules, catalogue.data)
    yield found
    found.close()


@pytest.fixture
def check(catalogue: Catalogue, engine: Engine, tmp_path: Path) -> Check:
    """Check documents, each a file of its own; options are those of `CheckOptions` and `Settings`.

    `evidence` has parameters of that section in place of the shipped ones.
    """

    def run(
        *documents: Any,
        settings: dict[str, Any] | None = None,
        evidence: dict[str, Any] | None = None,
        **options: Any,
    ) -> CheckResult:
        shipped, paths = catalogue.data["parameters"], []
        said = {
            **catalogue.data,
            "parameters": {**shipped, "evidence": shipped["evidence"] | (evidence or {})},
        }
        ours = replace(catalogue, data=said)
        for number, document in enumerate(documents, 1):
            paths.append(tmp_path / f"input-{number}.json")
            paths[-1].write_bytes(orjson.dumps(document))
        chosen = CheckOptions(**{"unit": "", **options})
        inputs = read_inputs(tuple(paths), Assumed(chosen.account, chosen.region))
        return judge_inputs(inputs, engine, ours, Settings(as_of=AS_OF, **(settings or {})), chosen)

    return run


def said_of(result: CheckResult) -> set[tuple[str, str, str, str]]:
    """What each entry says: control, address, verdict, and the code of its reason."""
    return {
        (entry.control_id, entry.declaration.address, str(entry.verdict), reason.code)
        for entry in result.entries
        for reason in entry.reasons
    }


def saying(control_id: str) -> Callable[..., set[tuple[str, str]]]:
    """Give what checks documents by `check` and says of one control: verdicts, and codes of their reasons."""

    def said(check: Check, *documents: Any, **options: Any) -> set[tuple[str, str]]:
        found = said_of(check(*documents, **options))
        return {(verdict, code) for control, _, verdict, code in found if control == control_id}

    return said


def messages(result: CheckResult) -> str:
    """Every sentence of every entry, with what it cites."""
    said = []
    for entry in result.entries:
        for reason in entry.reasons:
            cited = orjson.dumps(reason.evidence, default=dict).decode()
            said.append(f"{entry.declaration.address}: {reason.message} {cited}")
    return "\n".join(said)


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tiers: Path) -> Said:
    """Calls the command in this process, of any width: its exit code, stdout and stderr.

    What is held against a run is judged by the tiers of the run.
    """
    monkeypatch.delenv("COLUMNS", raising=False)

    def call(*arguments: object) -> tuple[int, str, str]:
        if "--against" in arguments:
            monkeypatch.delenv("AUDITOR_TIERS", raising=False)
        else:
            monkeypatch.setenv("AUDITOR_TIERS", str(tiers))
        with kept(), pytest.raises(SystemExit) as end:
            main([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return int(str(end.value.code)), captured.out, captured.err.rstrip("\n")

    return call


@pytest.fixture(scope="session")
def run(tmp_path_factory: pytest.TempPathFactory) -> Judgement:
    """The audit of the organization of `recorded_run`."""
    return audit(world(), tmp_path_factory.mktemp("recorded"))

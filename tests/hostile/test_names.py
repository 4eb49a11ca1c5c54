"""A name that somebody gave in AWS cannot write a line of ours, nor hide one."""

import os
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from auditor.cli.main import main
from auditor.cli.text import safe
from auditor.push.changes import Action, Change, ChangeKind, render
from reports.formats.registry import NAMES
from tests.loopback.auditing import Judgement, audit
from tests.loopback.faults import denied
from tests.loopback.standing import ACCOUNT, HOME, VOLUME, World, plan_arn, rule, standing, vault_arn

FORGED = "  BKP-FRQ-001  COMPLIANT  all is well"
HOSTILE = f"disk\n{FORGED}\r\t\x1b[2J\x9b1m\u2028\u202e\u200b"
#: What a terminal would follow, or not show.
SEEN_BY_NOBODY = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b\u2028\u202a-\u202e]")


def hostile(name: str) -> World:
    """Everything that has a name has this one, but what AWS itself makes."""
    in_xml = name.replace("\x1b", "")  # XML has no such letter
    world = standing(14, tags={"Name": in_xml, in_xml: "v"}, RuleName=name)
    world.accounts[ACCOUNT].name = name
    home = world.at(HOME)
    for version in home.plans[0]["Versions"]:
        version["BackupPlan"]["BackupPlanName"] = name
    (selection,) = home.selections["plan-1"]
    selection["SelectionName"] = selection["BackupSelection"]["SelectionName"] = name
    world.volume("vol-2", Tags=[{"Key": "Name", "Value": in_xml}])
    world.plan([rule(14, RuleName=name)], "plan-2")
    home.backup_jobs[-1] |= {"State": "FAILED", "StatusMessage": name}
    return world


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Judgement, Judgement]:
    """The audits of an organization with hostile names, and of the same one with plain names."""
    folder = tmp_path_factory.mktemp("names")
    settings: dict[str, Any] = {"accounts": "organization", "faults": [denied("ListCopyJobs")]}
    hostile_run = audit(hostile(HOSTILE), folder, **settings)
    return hostile_run, audit(hostile("disk"), folder, **settings)


def printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """What a command prints, on both streams."""
    with pytest.raises(SystemExit):
        main(arguments)
    captured = capsys.readouterr()
    return captured.out + captured.err


def forged(text: str) -> bool:
    """Whether a line stands there that we did not write, or something that a terminal would follow."""
    return any(line.startswith(FORGED) for line in text.splitlines()) or bool(SEEN_BY_NOBODY.search(text))


@pytest.mark.long
@pytest.mark.parametrize("subject", [VOLUME, plan_arn("plan-1"), vault_arn("main"), "vol-2"])
def test_an_explanation_has_as_many_lines_as_with_plain_names(
    runs: tuple[Judgement, Judgement], capsys: pytest.CaptureFixture[str], subject: str
) -> None:
    """Of a resource, its plan and its vault: names of tags, plans, rules, selections, and a job's message."""
    shown, plain = (printed(capsys, "explain", subject, "--run", str(run.run)) for run in runs)

    assert len(shown.splitlines()) == len(plain.splitlines()) > 8
    assert not forged(shown)


def test_what_an_audit_prints_has_no_line_of_theirs(runs: tuple[Judgement, Judgement]) -> None:
    """Tables, gaps, sentences and progress."""
    assert not forged(runs[0].output)
    assert "Audited: 2026-01-30T00:00:00Z to 2026-03-01T00:00:00Z (UTC)" in runs[0].output


def test_no_report_has_a_line_of_theirs(
    runs: tuple[Judgement, Judgement], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of whatever format, but the document, which is evidence as it came, and Parquet, which has no lines."""
    folder = Path(shutil.copytree(runs[0].run, tmp_path / "run"))
    there = set(folder.iterdir())
    formats = [name for name in NAMES if name not in ("pdf", "json", "parquet")]
    printed(capsys, "report", str(folder), "--formats", ",".join(formats))

    texts = {path.name: path.read_text(encoding="utf-8") for path in set(folder.iterdir()) - there}
    assert len(texts) >= len(formats)
    assert [name for name, text in texts.items() if forged(text.replace("\r\n", "\n"))] == []


def test_an_error_is_one_line_whatever_names_are_in_it(
    runs: tuple[Judgement, Judgement], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of two subjects that share a name, of none that has it, and of a folder."""
    monkeypatch.setenv("COLUMNS", "80")
    for words in (
        ("explain", HOSTILE.replace("\x1b", ""), "--run", str(runs[0].run)),
        ("explain", "no\nbody", "--run", str(runs[0].run)),
        ("explain", "no\udcffbody", "--run", str(runs[0].run)),
        ("explain", "x", "--run", f"no{os.linesep}run"),
        ("report", HOSTILE),
        ("audit", "--regions", HOSTILE),
        (HOSTILE,),
    ):
        said = printed(capsys, *words)
        assert (said.count("\n"), forged(said)) == (1, False)


def test_a_push_has_no_line_of_theirs() -> None:
    """Names of accounts and plans, errors and warnings."""
    change = Change(ACCOUNT, HOSTILE, HOME, ChangeKind.PLAN, HOSTILE, Action.CREATE, warnings=(HOSTILE,))

    lines = render([change, change.failed(HOSTILE)])

    assert not any("\n" in line or forged(line) for line in lines)


def test_a_path_is_printed_on_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What `init` wrote and where."""
    folder = tmp_path / "a\n  COMPLIANT"
    folder.mkdir()

    said = printed(capsys, "init", str(folder / "auditor.yaml"))

    assert said.count("\n") == 1
    assert safe(str(folder)) in said

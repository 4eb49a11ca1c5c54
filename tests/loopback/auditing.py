"""A whole audit of an organization on loopback, by the command itself, and what it says."""

import contextlib
import io
import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from unittest import mock

import orjson
import pyarrow.parquet as pq
import yaml

from auditor.catalogue.load import policies_folder
from auditor.cli.main import main
from tests.loopback.endpoint import serving
from tests.loopback.faults import Fault
from tests.loopback.kept import kept
from tests.loopback.standing import HOME
from tests.loopback.waiting import no_waiting
from tests.loopback.world import Call, Organization

#: The tier of the standing input.
DAILY = {"required": True, "rpo_hours": 26, "retention_days": 7, "customer_key": False, "lock": "none"}


@dataclass(frozen=True)
class Reason:
    """One reason of a finding."""

    code: str
    evidence: Mapping[str, Any]
    message: str = field(compare=False, default="")


@dataclass(frozen=True)
class Judgement:
    """What an audit said. `verdicts` is every verdict by control and ARN, `document` its `document.json`."""

    exit_code: int
    output: str
    document: Mapping[str, Any]
    verdicts: Mapping[tuple[str, str], str]
    calls: Sequence[Call]
    run: Path

    def verdict(self, control_id: str, arn: str) -> str:
        """The verdict on a subject; "" where the control did not judge it."""
        return self.verdicts.get((control_id, arn), "")

    def reasons(self, control_id: str, arn: str) -> list[Reason]:
        """The reasons of the finding about a subject."""
        return [
            Reason(reason["code"], reason["evidence"], reason["message"])
            for finding in self.document["findings"]
            if finding["control_id"] == control_id and finding["subject"]["arn"] == arn
            for reason in finding["reasons"]
        ]

    def codes(self, control_id: str, arn: str) -> list[str]:
        """The codes of these reasons."""
        return [reason.code for reason in self.reasons(control_id, arn)]

    @property
    def gaps(self) -> list[Mapping[str, Any]]:
        """What could not be read."""
        return list(self.document["gaps"])

    @property
    def overall(self) -> str:
        """The headline's verdict."""
        return str(self.document["summary"]["overall"])


class AuditFailed(AssertionError):  # noqa: N818 -- it says what happened
    """The command left no document; its output is the message."""

    def __init__(self, exit_code: int, output: str) -> None:
        super().__init__(f"exit code {exit_code}: {output}")
        self.exit_code = exit_code


def audit(
    world: Organization,
    tmp_path: Path,
    *,
    tier: Mapping[str, Any] | None = None,
    tiers: Mapping[str, Any] | None = None,
    parameters: Mapping[str, Any] | None = None,
    waivers: Sequence[Mapping[str, Any]] | None = None,
    faults: Sequence[Fault] = (),
    as_of: datetime | None = None,
    **settings: Any,
) -> Judgement:
    """Run `auditor audit` against `world` and read what it left.

    `tier` changes demands of `daily` (None takes one away); `tiers` is a whole tiers file instead.
    `parameters` are merged into the controls' parameters; `evidence` among them replaces that group. `faults`
    are added to the world's for this run. `settings` are keys of `auditor.yaml`; without them the caller's
    account is read, in every Region. Raises `AuditFailed` where the command left no document.
    """
    work = tmp_path / f"audit-{len(list(tmp_path.glob('audit-*')))}"
    work.mkdir()
    demands = {name: value for name, value in (DAILY | dict(tier or {})).items() if value is not None}
    chosen: dict[str, Any] = {
        "as_of": f"{as_of or getattr(world, 'as_of', world.clock):%Y-%m-%dT%H:%M:%SZ}",
        "accounts": "caller",
        "formats": ["json"],
        "workers": 4,
        "out": str(work / "runs"),
        "tiers": _write(
            work / "tiers.yaml", tiers or {"tiers": {"daily": demands}, "assignment": [], "default": "daily"}
        ),
        **settings,
    }
    if parameters is not None:
        chosen["policies"] = str(_policies(work / "policies", parameters))
    if waivers is not None:
        chosen["waivers"] = _write(work / "waivers.yaml", {"waivers": list(waivers)})
    config = _write(work / "auditor.yaml", chosen)
    code, output, calls = command(world, "audit", "--config", config, "--untested", faults=faults)
    folders = sorted(path.parent for path in (work / "runs").glob("[0-9]*/document.json"))
    if not folders:
        raise AuditFailed(code, output)
    return Judgement(
        code,
        output,
        orjson.loads((folders[-1] / "document.json").read_bytes()),
        _verdicts(folders[-1] / "verdicts.parquet"),
        calls,
        folders[-1],
    )


def command(
    world: Organization, *arguments: str, faults: Sequence[Fault] = ()
) -> tuple[int, str, tuple[Call, ...]]:
    """Run `auditor` against `world`: its exit code, what it printed, and what it asked.

    `faults` are added to the world's for this run.
    """
    given = world.faults
    world.faults = [*given, *faults]
    try:
        with serving(world) as endpoint, _environment(endpoint.url, world.caller), no_waiting(), kept():
            code, output = _command(*arguments)
    finally:
        world.faults = given
    return code, output, tuple(endpoint.calls)


def _verdicts(path: Path) -> dict[tuple[str, str], str]:
    table = pq.ParquetFile(path).read(columns=["control_id", "arn", "verdict"])
    return {(row["control_id"], row["arn"]): row["verdict"] for row in table.to_pylist()}


def _write(path: Path, document: Mapping[str, Any]) -> str:
    path.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
    return str(path)


def _policies(folder: Path, parameters: Mapping[str, Any]) -> Path:
    """The shipped policies with other parameters of the controls, and of `evidence` where it is given."""
    shutil.copytree(policies_folder(), folder)
    document = yaml.safe_load((folder / "parameters.yaml").read_text(encoding="utf-8"))
    evidence = parameters.get("evidence")
    document["controls"] |= {name: value for name, value in parameters.items() if name != "evidence"}
    document["evidence"] = evidence or document["evidence"]
    _write(folder / "parameters.yaml", document)
    return folder


@contextlib.contextmanager
def _environment(url: str, account_id: str) -> Any:
    """The caller's keys and the endpoint, and nothing else of AWS."""
    ours = {"AWS_ENDPOINT_URL": url, "AWS_ACCESS_KEY_ID": f"AKIA{account_id}",
            "AWS_SECRET_ACCESS_KEY": "secret", "AWS_REGION": HOME}  # fmt: skip
    with mock.patch.dict(os.environ, ours):
        yield


def _command(*arguments: str) -> tuple[int, str]:
    """Run the command in this process: its exit code, and what it printed."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
        try:
            main(arguments)
        except SystemExit as left:
            return int(left.code or 0), printed.getvalue()
    raise AssertionError(sys.argv)

"""A small evidence store for each test: rows are dictionaries, a column that is not given is null."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import orjson
import pyarrow as pa
import pytest

from auditor.derive.selection import SelectionSettings
from auditor.evaluate.accounts import NOTHING
from auditor.evaluate.facts import Column, Frame
from auditor.evaluate.subjects import Subjects
from auditor.evidence.store import Evidence, EvidenceWriter
from auditor.evidence.table_schemas import ORGANIZATION, TABLES
from auditor.model.policy import TierAssignment, Tiers

ACCOUNT = "111122223333"
AS_OF = datetime(2026, 2, 9, tzinfo=UTC)
START = AS_OF - timedelta(days=30)
GOLD = {
    "required": True,
    "rpo_hours": 24,
    "retention_days": 35,
    "retention_max_days": 90,
    "customer_key": True,
    "lock": "compliance",
    "copy": {"retention_days": 35},
}
TIERS = Tiers(
    {"gold": GOLD, "exempt": {"required": False}},
    (TierAssignment("gold", {"tier": "gold"}),),
    "exempt",
)

Rows = Sequence[Mapping[str, Any]]
Unknown = list[tuple[str, str, bool]]


class Told(Mapping[str, Any]):
    """The facts of one subject by the first part of their names, each made when it is asked for."""

    def __init__(self, frame: Frame, index: int) -> None:
        self._frame, self._index = frame, index

    def __getitem__(self, name: str) -> Any:
        return self._frame.cite([name], self._index)[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._frame.cite(list(self._frame.facts), self._index))

    def __len__(self) -> int:
        return len(list(iter(self)))

    def __repr__(self) -> str:
        return repr(dict(self))


class World:
    """Rows for the evidence; `home` and `away` are two Regions of one account."""

    account, home, away = ACCOUNT, "eu-central-1", "eu-west-1"
    as_of, start = AS_OF, START
    volume = f"arn:aws:ec2:eu-central-1:{ACCOUNT}:volume/vol-1"
    vault = f"arn:aws:backup:eu-central-1:{ACCOUNT}:backup-vault:main"
    far_vault = f"arn:aws:backup:eu-west-1:{ACCOUNT}:backup-vault:far"

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.opened: Subjects | None = None
        self.tiers = TIERS
        self.collected_at: datetime | None = None
        self.partition = "aws"
        self.of_accounts, self.management = NOTHING, ""
        self.provenance: dict[str, Any] = {}
        self.copy_lifecycle: Literal["inherit", "never"] = "inherit"
        self.tables: dict[tuple[str, str], list[dict[str, Any]]] = {}
        self.add(
            "accounts", account_id=ACCOUNT, name="shop", partition="aws", ou_path=["Prod"], status="ACTIVE"
        )
        self.add(
            "resources",
            arn=self.volume,
            resource_type="EBS",
            name="disk",
            tags={"tier": "gold"},
            created_at=START - timedelta(days=100),
        )
        for region in (self.home, self.away):
            self.add("region_settings", region, resource_type="EBS", opted_in=True)

    def add(self, table: str, where: str | None = None, **row: Any) -> None:
        """Add a row to the Region `where` (`home` unless told), or to a table of the organization.

        "444455556666/eu-west-1" is a Region of another account.
        """
        place = "" if table in ORGANIZATION else where or self.home
        self.tables.setdefault((table, place), []).append(row)

    def plan(
        self, *rules: Mapping[str, Any], plan_id: str = "p1", since: datetime = START, **row: Any
    ) -> None:
        """Add a plan version with `rules` and, once, a selection of everything tagged tier=gold."""
        defaults = {"RuleName": "nightly", "RuleId": "r1", "TargetBackupVaultName": "main",
                    "ScheduleExpression": "cron(0 1 * * ? *)", "StartWindowMinutes": 60,
                    "CompletionWindowMinutes": 120, "Lifecycle": {"DeleteAfterDays": 35}}  # fmt: skip
        document = {"Rules": [{**defaults, **rule} for rule in rules or ({},)]}
        arn = f"arn:aws:backup:eu-central-1:{ACCOUNT}:backup-plan:{plan_id}"
        first = ("backup_selections", self.home) not in self.tables
        base = {"plan_id": plan_id, "arn": arn, "name": plan_id, "version_id": "v1", "valid_from": since}
        self.add("backup_plans", **{**base, **row}, document=orjson.dumps(document).decode())
        if first:
            tag = {"ConditionType": "STRINGEQUALS", "ConditionKey": "tier", "ConditionValue": "gold"}
            self.select(plan_id, since, ListOfTags=[tag])

    def select(self, plan_id: str, created: datetime = START, **document: Any) -> None:
        """Add a selection to a plan; `document` is the API's."""
        number = len(self.tables.get(("backup_selections", self.home), ())) + 1
        text = orjson.dumps({"SelectionName": f"choice {number}", **document}).decode()
        self.add(
            "backup_selections", plan_id=plan_id, selection_id=f"s{number}", created_at=created, document=text
        )

    def night(self, number: int, hour: float = 1) -> datetime:
        """`hour` o'clock UTC on the day `number` of the period, 0 … 29."""
        return START + timedelta(days=number, hours=hour)

    def backup(self, number: int, *, point: bool = True, hours: float = 1, **job: Any) -> None:
        """A job of the nightly rule that ran at its due time, and its recovery point."""
        created = self.night(number)
        arn = f"arn:aws:ec2:eu-central-1::snapshot/snap-{number}"
        base = {"job_id": f"job-{number}", "resource_arn": self.volume, "recovery_point_arn": arn,
                "state": "COMPLETED", "message_category": "SUCCESS", "created_at": created,
                "completed_at": created + timedelta(hours=hours), "plan_id": "p1", "plan_version": "v1",
                "rule_id": "r1", "message": None}  # fmt: skip
        self.add("backup_jobs", **{**base, **job})
        if point:
            self.point(arn, created)

    def point(self, arn: str, created: datetime, region: str | None = None, **row: Any) -> None:
        """A recovery point of the volume that is kept for 35 days."""
        base = {"arn": arn, "vault_arn": self.vault, "resource_arn": self.volume, "resource_type": "EBS",
                "status": "COMPLETED", "created_at": created, "delete_after_days": 35,
                "delete_at": created + timedelta(days=35), "encrypted": True}  # fmt: skip
        self.add("recovery_points", region, **{**base, **row})

    def gap(
        self,
        *provides: str,
        region: str = "eu-central-1",
        operation: str = "ListX",
        service: str = "backup",
        account_id: str = ACCOUNT,
    ) -> None:
        """A call that was denied."""
        self.add(
            "gaps",
            gap_id=f"gap-{operation}",
            account_id=account_id,
            region=region,
            service=service,
            operation=operation,
            error="AccessDeniedException",
            message="no",
            provides=list(provides),
        )

    def subjects(self) -> Subjects:
        """Write the evidence and open it."""
        with EvidenceWriter(self.folder, "run") as writer:
            for (table, region), rows in self.tables.items():
                schema = TABLES[table]
                data = pa.Table.from_pylist([dict(row) for row in rows], schema=schema)
                account, _, name = region.rpartition("/")
                writer.write(table, data, account or (ACCOUNT if region else ""), name)
            run = writer.commit(
                {
                    "as_of": AS_OF.isoformat(),
                    "period_start": self.start.isoformat(),
                    "period_end": AS_OF.isoformat(),
                    "partition": self.partition,
                    "management_account_id": self.management,
                    "collected_at": (self.collected_at or AS_OF).isoformat(),
                    **({"provenance": self.provenance} if self.provenance else {}),
                }
            )
        self.opened = Subjects(
            Evidence.open(run),
            self.tiers,
            SelectionSettings(),
            copy_lifecycle=self.copy_lifecycle,
            of_accounts=self.of_accounts,
        )
        return self.opened

    def unknown(self, subject: str, path: str, index: int = 0, region: str | None = None) -> Unknown:
        """What is unknown of one fact of one subject: (operation, error, partial) of each gap, sorted."""
        subjects = self.opened or self.subjects()
        inventory = next(one for one in subjects.inventories if one.scope.region == (region or self.home))
        frame = next(one for one in subjects.frames_of(inventory) if one.subject == subject)
        column = frame.facts[path]
        assert isinstance(column, Column)
        return sorted(
            (subjects.gaps[gap_id].operation, subjects.gaps[gap_id].error, hole.partial)
            for hole in column.holes
            if hole.mask(frame.size)[index]
            for gap_id in hole.gaps
        )

    def facts(self, subject: str, region: str | None = None) -> list[Mapping[str, Any]]:
        """Every fact of every subject of one type, as nested documents: what is not looked at is not made."""
        subjects = self.opened or self.subjects()
        inventory = next(one for one in subjects.inventories if one.scope.region == (region or self.home))
        frame = next(one for one in subjects.frames_of(inventory) if one.subject == subject)
        return [Told(frame, index) for index in range(frame.size)]

    def holes(self, subject: str, fact: str) -> list[str]:
        """Ids of the gaps that leave a fact of the first subject unknown or incomplete."""
        subjects = self.opened or self.subjects()
        inventory = next(one for one in subjects.inventories if one.scope.region == self.home)
        frame = next(one for one in subjects.frames_of(inventory) if one.subject == subject)
        column = frame.facts[fact]
        assert isinstance(column, Column)
        return [name for hole in column.holes if hole.mask(frame.size)[0] for name in hole.gaps]


@pytest.fixture
def world(tmp_path: Path) -> World:
    """One volume of the tier gold, and nothing that protects it."""
    return World(tmp_path)

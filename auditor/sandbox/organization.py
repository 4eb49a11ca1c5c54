"""The sandbox organization as `organization.yaml` declares it, checked against `organization.schema.json`."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any, Final, Self

from auditor.sandbox.durations import duration
from auditor.sandbox.planted import Faults
from auditor.yaml_files.document import Document, read_document

FILE: Final = "organization.yaml"
_PACKAGE: Final = Path(__file__).resolve().parents[1]


@dataclass(frozen=True, slots=True)
class SampleResource:
    """Something to back up. `place` is primary or secondary; `encrypted` with the customer managed key.

    `volume_tags` are those of an instance's root volume.
    """

    type: str
    name: str
    place: str
    tags: Mapping[str, str]
    encrypted: bool
    volume_tags: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class SampleAccount:
    """A member; `ou_path` from below the root down."""

    name: str
    ou_path: tuple[str, ...]
    without_roles: frozenset[str]
    resources: tuple[SampleResource, ...]


@dataclass(frozen=True, slots=True)
class Role:
    """A role of every account, by IAM path and name. `trusts` is "management" or "backup"."""

    path: str
    name: str
    trusts: str


@dataclass(frozen=True, slots=True)
class Event:
    """An API call that somebody makes `after` the start: e.g. ("backup", "UpdateBackupPlan").

    `partitions` are those in which it is made; none: all of them. It is made `count` times.
    """

    after: timedelta
    why: str
    account: str
    place: str
    service: str
    operation: str
    arguments: Mapping[str, Any]
    partitions: frozenset[str] = frozenset()
    count: int = 1


@dataclass(frozen=True, slots=True)
class SampleOrganization:
    """The whole file. `regions` maps a partition to its (primary, secondary); `events` go by time."""

    start: datetime
    regions: Mapping[str, tuple[str, str]]
    key_alias: str
    store_tags: Mapping[str, str]
    roles: tuple[Role, ...]
    management: SampleAccount
    accounts: tuple[SampleAccount, ...]
    events: tuple[Event, ...] = ()
    faults: Faults = field(default_factory=Faults)

    @classmethod
    def load(cls, folder: Path | None = None) -> Self:
        """Read `organization.yaml` of `folder`; None is the sample, of the checkout or of the package.

        Raises `UsageError`, which names the file and the line.
        """
        path = (folder or sample_folder()) / FILE
        document = read_document(path)
        document.check(_schema())
        organization = cls.from_document(document.value)
        organization.check_names(document)
        return organization

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Self:
        """Read a document that the schema admits."""
        management = document.get("management", {})
        return cls(
            start=datetime.fromisoformat(document["start"]),
            regions={
                name: (pair["primary"], pair["secondary"]) for name, pair in document["regions"].items()
            },
            key_alias=document["key_alias"],
            store_tags=document["store_tags"],
            roles=tuple(_role(row) for row in document["roles"]),
            management=SampleAccount("master", (), frozenset(), _resources(management.get("resources", ()))),
            accounts=tuple(_account(row) for row in document["accounts"]),
            events=tuple(sorted(map(_event, document.get("events", ())), key=lambda event: event.after)),
            faults=Faults.from_document(document.get("faults", {})),
        )

    def region(self, partition: str, place: str) -> str:
        """The Region that `place` (primary or secondary) is in `partition`."""
        return self.regions[partition][0 if place == "primary" else 1]

    def events_in(self, partition: str) -> list[Event]:
        """What happens in `partition`, by time."""
        return [event for event in self.events if not event.partitions or partition in event.partitions]

    def everyone(self) -> tuple[SampleAccount, ...]:
        """The management account and every member."""
        return (self.management, *self.accounts)

    def check_names(self, document: Document) -> None:
        """Refuse an event or fault of an account or resource that is not there, and double names."""
        names = [account.name for account in self.everyone()]
        held = {
            (account.name, row.place, row.name) for account in self.everyone() for row in account.resources
        }
        for path, row in _placed(document.value):
            account, place, resource = row["account"], row["region"], row.get("resource")
            if account not in names:
                raise document.error(
                    [*path, "account"],
                    f"there is no account {account[:100]!r}; write one of {', '.join(names)}.",
                )
            if resource is not None and (account, place, resource) not in held:
                where = f"account {account} in its {place} Region"
                raise document.error(
                    [*path, "resource"],
                    f"there is no resource {resource[:100]!r} in {where}; write its name.",
                )
        everything = sum(len(account.resources) for account in self.everyone())
        if len(set(names)) != len(names) or len(held) != everything:
            raise document.error(
                ["accounts"], "two accounts, or two resources of one account and Region, share a name."
            )


def sample_folder() -> Path:
    """`examples/organization` of the checkout, or its copy inside the installed package."""
    checkout = _PACKAGE.parent / "examples" / "organization"
    return checkout if (checkout / FILE).is_file() else _PACKAGE / "_organization"


def _schema() -> Any:
    file = files("auditor.sandbox").joinpath("organization.schema.json")
    return json.loads(file.read_text(encoding="utf-8"))


def _placed(document: Mapping[str, Any]) -> Iterator[tuple[list[str | int], Mapping[str, Any]]]:
    """Give every row that names an account, with its path: events, and what no API call can cause."""
    faults = document.get("faults", {})
    for path, rows in (
        (["events"], document.get("events", ())),
        *((["faults", name], rows) for name, rows in faults.items()),
    ):
        for number, row in enumerate(rows):
            yield [*path, number], row


def _role(row: Mapping[str, Any]) -> Role:
    path, _, name = f"/{row['name']}".rpartition("/")
    return Role(f"{path}/", name, row["trusts"])


def _account(row: Mapping[str, Any]) -> SampleAccount:
    return SampleAccount(
        row["name"],
        tuple(row["ou"]),
        frozenset(row.get("without_roles", ())),
        _resources(row.get("resources", ())),
    )


def _resources(rows: Sequence[Mapping[str, Any]]) -> tuple[SampleResource, ...]:
    def each(row: Mapping[str, Any]) -> Iterator[SampleResource]:
        count = row.get("count")
        names = [row["name"]] if count is None else [f"{row['name']}-{number + 1}" for number in range(count)]
        for name in names:
            yield SampleResource(
                row["type"],
                name,
                row.get("region", "primary"),
                row.get("tags", {}),
                row.get("encrypted", True),
                row.get("volume_tags", {}),
            )

    return tuple(resource for row in rows for resource in each(row))


def _event(row: Mapping[str, Any]) -> Event:
    service, _, operation = row["call"].partition(":")
    return Event(
        duration(row["at"]),
        row["why"],
        row["account"],
        row["region"],
        service,
        operation,
        row["arguments"],
        frozenset(row.get("partitions", ())),
        row.get("count", 1),
    )

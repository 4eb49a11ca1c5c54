"""Seals: an edit of the database's database is seen when a program opens it, and what they do not see."""

import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select, text

from auditor.executor.api.errors import ServiceError
from auditor.executor.database import schema
from auditor.executor.database.database import Database
from auditor.executor.database.seals import seals
from auditor.executor.database.sql_tables import recovery_points
from auditor.executor.engine.points import recovery_point_row
from auditor.executor.engine.scheduler import run_until
from auditor.executor.operations import OPERATIONS
from auditor.executor.scope import AccountRegion
from auditor.executor.seam.driver import DriverError, NativeBackup
from auditor.executor.service import BackupService
from auditor.executor.serving.sealing import key_file, open_seals
from auditor.executor.simulation.drivers import null_drivers
from auditor.model.errors import AuditorError, UsageError

HERE = AccountRegion("123456789012", "eu-west-1", "aws")
START = datetime(2026, 1, 5, tzinfo=UTC)
SNAPSHOT = "arn:aws:ec2:eu-west-1::snapshot/snap-1"
LOCKED = HERE.arn("backup-vault:locked")
LOCK: dict[str, Any] = {"MinRetentionDays": 7, "ChangeableForDays": 3}

Edit = str


class Place:
    """A database file and credentials."""

    def __init__(self, folder: Path) -> None:
        self.credentials = folder / "credentials.yaml"
        self.credentials.write_text("", encoding="utf-8")
        self.url = f"sqlite:///{folder}/executor.db"
        self.now = START

    @contextmanager
    def opened(self, *, accept_edits: bool = False) -> Iterator[BackupService]:
        """A service as `executor serve` opens it."""
        database = Database.open(self.url)
        try:
            open_seals(database, self.credentials, accept_edits=accept_edits)
            yield BackupService(database, lambda: self.now, null_drivers({}, {}, "aws"))
        finally:
            database.close()

    def edit(self, statement: str) -> None:
        """Change the file as anyone might who may write it."""
        database = Database.open(self.url)
        with database.write() as connection:
            connection.exec_driver_sql(statement)
        database.close()

    def faults(self) -> str:
        """What is said when the database is opened; "" when it is as it was left."""
        try:
            with self.opened():
                return ""
        except AuditorError as error:
            return str(error)


def ask(service: BackupService, name: str, vault: str = "locked", **params: Any) -> Any:
    """Call an operation on a vault."""
    return OPERATIONS[name](service, HERE, {"BackupVaultName": vault, **params})


def add_point(service: BackupService, arn: str = SNAPSHOT, vault: str = "locked") -> None:
    """Put a recovery point of 30 days into the vault, as a run of the engine does."""
    row = recovery_point_row(
        HERE,
        NativeBackup(arn, 1, encrypted=False),
        vault={"name": vault, "arn": HERE.arn(f"backup-vault:{vault}"), "encryption_key_arn": None},
        resource={"arn": "arn:aws:ec2:eu-west-1:123456789012:volume/vol-1", "type": "EBS", "name": ""},
        created=service.now_ms(),
        initiated=service.now_ms(),
        completed=service.now_ms(),
        lifecycle={"DeleteAfterDays": 30},
        iam_role_arn="arn:aws:iam::123456789012:role/backup",
        created_by=None,
        tags={},
        fully_managed=False,
    )
    assert service.database.seals is not None
    with service.database.write() as connection:
        connection.execute(
            insert(recovery_points).values(row | {"seal": service.database.seals.of_point(row)})
        )


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A vault with a compliance lock and one without, each with a recovery point; the latter is held."""
    made = Place(tmp_path)
    with made.opened() as service:
        ask(service, "CreateBackupVault")
        ask(service, "CreateBackupVault", "free")
        ask(service, "PutBackupVaultLockConfiguration", **LOCK)
        add_point(service)
        add_point(service, SNAPSHOT.replace("snap-1", "snap-2"), "free")
        hold(service)
    return made


def hold(service: BackupService) -> str:
    """Hold what is in the vault without a lock; gives the hold's id."""
    chosen = {"VaultNames": ["free"]}
    made: Any = OPERATIONS["CreateLegalHold"](
        service, HERE, {"Title": "t", "Description": "d", "RecoveryPointSelection": chosen}
    )
    return str(made["LegalHoldId"])


def test_what_nobody_has_edited_opens(place: Place) -> None:
    """Also after changes through the API, of every kind that a seal is of."""
    assert place.faults() == ""
    with place.opened() as service:
        point = {"RecoveryPointArn": SNAPSHOT.replace("snap-1", "snap-2")}
        ask(service, "UpdateRecoveryPointLifecycle", "free", **point, Lifecycle={"DeleteAfterDays": 60})
        ask(service, "PutBackupVaultLockConfiguration", "free", MinRetentionDays=1)
        ask(service, "DeleteBackupVaultLockConfiguration", "free")
        ask(service, "PutBackupVaultLockConfiguration", "free", MinRetentionDays=2)
        ask(service, "CreateBackupVault", "third")
        ask(service, "DeleteBackupVault", "third")
        ask(service, "TagResource", ResourceArn=LOCKED, Tags={"a": "b"})
        ask(service, "CancelLegalHold", LegalHoldId=hold(service), CancelDescription="over")
        place.now += timedelta(days=1)
        ask(service, "TagResource", ResourceArn=LOCKED, Tags={"a": "c"})
    assert place.faults() == ""


EDITS = {
    "lock taken away": (
        "UPDATE vaults SET locked = 0, lock_date = NULL WHERE name = 'locked'",
        f"the lock of {LOCKED} was changed",
    ),
    "lock date put off": (
        "UPDATE vaults SET lock_date = lock_date + 86400000 WHERE name = 'locked'",
        f"the lock of {LOCKED} was changed",
    ),
    "least retention": (
        "UPDATE vaults SET min_retention_days = 1 WHERE name = 'locked'",
        f"the lock of {LOCKED} was changed",
    ),
    "type of the vault": (
        "UPDATE vaults SET vault_type = 'LOGICALLY_AIR_GAPPED_BACKUP_VAULT' WHERE name = 'locked'",
        f"the lock of {LOCKED} was changed",
    ),
    "vault taken away": ("DELETE FROM vaults WHERE name = 'locked'", f"{LOCKED} was removed"),
    "vault and seal taken away": (
        "DELETE FROM seals WHERE name LIKE '%:locked'; DELETE FROM vaults WHERE name = 'locked'",
        "the list of vaults and legal holds was changed",
    ),
    "lock and seal taken away": (
        "DELETE FROM seals WHERE name LIKE '%:locked'; UPDATE vaults SET locked = 0, lock_date = NULL",
        "the list of vaults and legal holds was changed",
    ),
    "all seals taken away": ("DELETE FROM seals", "its seals were removed"),
    "point of another vault": (
        "UPDATE recovery_points SET vault_name = 'locked' WHERE vault_name = 'free'",
        f"{SNAPSHOT.replace('snap-1', 'snap-2')} in the locked vault locked was changed",
    ),
    "end brought nearer": (
        "UPDATE recovery_points SET expire_at = 1",
        f"{SNAPSHOT} in the locked vault locked was changed",
    ),
    "retention": (
        'UPDATE recovery_points SET document = replace(document, \'"DeleteAt":\', \'"DeleteAt":1,"Was":\')',
        f"{SNAPSHOT} in the locked vault locked was changed",
    ),
    "made earlier": (
        "UPDATE recovery_points SET created = 1",
        f"{SNAPSHOT} in the locked vault locked was changed",
    ),
    "legal hold taken away": ("DELETE FROM legal_holds", f"{HERE.arn('legal-hold:')}"),
    "legal hold canceled": ("UPDATE legal_holds SET canceled = 1", f"{HERE.arn('legal-hold:')}"),
    "nothing held": ("DELETE FROM held_points", f"the legal hold {HERE.arn('legal-hold:')}"),
    "another held": ("UPDATE held_points SET point_id = 1", f"the legal hold {HERE.arn('legal-hold:')}"),
    "number of what is held": (
        "UPDATE recovery_points SET id = 9 WHERE vault_name = 'free'",
        f"the legal hold {HERE.arn('legal-hold:')}",
    ),
    "ARN of what is held": (
        "UPDATE recovery_points SET arn = 'arn:aws:ec2:eu-west-1::snapshot/x' WHERE vault_name = 'free'",
        f"the legal hold {HERE.arn('legal-hold:')}",
    ),
    "hold and seal taken away": (
        "DELETE FROM seals WHERE name LIKE '%:legal-hold:%'; DELETE FROM legal_holds",
        "the list of vaults and legal holds was changed",
    ),
    "time set back": ("UPDATE counters SET value = value - 1 WHERE name = 'time'", "its time was set back"),
    "time and seal taken away": (
        "DELETE FROM seals WHERE name = 'time'; DELETE FROM counters WHERE name = 'time'",
        "the seal of its time was changed",
    ),
    "seal of another time": (
        "UPDATE seals SET seal = '1:' || substr(seal, 15) WHERE name = 'time'",
        "the seal of its time was changed",
    ),
    "seal of a point": (
        "UPDATE recovery_points SET seal = NULL",
        f"{SNAPSHOT} in the locked vault locked was changed",
    ),
}


@pytest.mark.long
@pytest.mark.parametrize("name", EDITS)
def test_an_edit_is_seen_at_the_next_start(place: Place, name: str) -> None:
    """The program ends and says which row; it does so again until somebody takes it as it is."""
    statements, fault = EDITS[name]
    for statement in statements.split("; "):
        place.edit(statement)

    assert fault in place.faults()
    assert fault in place.faults()
    with place.opened(accept_edits=True):
        pass
    assert place.faults() == ""


@pytest.mark.long
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE recovery_points SET expire_at = 1 WHERE vault_name = 'free'",
        "UPDATE vaults SET tags = '{}'",
        "DELETE FROM recovery_points WHERE vault_name = 'locked'",
        "UPDATE recovery_points SET status = 'EXPIRED', expire_at = NULL",
    ],
)
def test_what_seals_are_not_of_is_not_seen(place: Place, statement: str) -> None:
    """Recovery points without a lock or hold, tags, states, and what is not there any more."""
    place.edit(statement)
    assert place.faults() == ""


def test_an_older_copy_of_the_file_is_not_seen(place: Place, tmp_path: Path) -> None:
    """It was sealed as it is: keep copies where nobody may put them back."""
    before = (tmp_path / "executor.db").read_bytes()
    with place.opened() as service:
        ask(service, "PutBackupVaultLockConfiguration", "free", MinRetentionDays=1)
    for name in ("executor.db-wal", "executor.db-shm"):
        (tmp_path / name).unlink(missing_ok=True)
    (tmp_path / "executor.db").write_bytes(before)
    assert place.faults() == ""


def test_a_lock_that_was_edited_under_a_running_service_is_not_changed(place: Place) -> None:
    """Neither taken away nor put anew, whatever date it says."""
    with place.opened() as service:
        with service.database.write() as connection:
            connection.execute(text("UPDATE vaults SET lock_date = lock_date + 86400000000"))
        calls: dict[str, dict[str, Any]] = {
            "DeleteBackupVaultLockConfiguration": {},
            "PutBackupVaultLockConfiguration": {"MinRetentionDays": 1},
        }
        for name, params in calls.items():
            with pytest.raises(ServiceError, match="was edited in the database"):
                ask(service, name, **params)


def test_a_recovery_point_that_was_made_to_end_early_is_not_deleted(place: Place) -> None:
    """The engine says so, and deletes it at its end when the row is right again."""
    with place.opened() as service:
        place.now = START + timedelta(days=5)
        with service.database.write() as connection:
            connection.execute(text("UPDATE recovery_points SET expire_at = 1 WHERE vault_name = 'locked'"))
        with pytest.raises(DriverError, match=f"{SNAPSHOT} was changed in the database"):
            run_until(service, HERE, place.now)
        with service.database.read() as connection:
            kept = connection.scalars(select(recovery_points.c.arn).filter_by(vault_name="locked")).all()
    assert kept == [SNAPSHOT]


def test_the_key_lies_beside_the_credentials(place: Place) -> None:
    """Only its owner may read it; it is made once."""
    path = key_file(place.credentials)
    before = path.read_text(encoding="ascii")
    with place.opened():
        pass
    assert path.name == "credentials.yaml.seal"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.read_text(encoding="ascii") == before
    assert list(path.parent.glob(".*")) == []


def test_a_database_from_before_is_sealed_as_it_is(tmp_path: Path) -> None:
    """Once: the next start checks it. Another database is sealed with the same key."""
    place = Place(tmp_path)
    for name in ("executor.db", "other.db"):
        place.url = f"sqlite:///{tmp_path}/{name}"
        database = Database.open(place.url)
        old = BackupService(database, lambda: START, ())
        ask(old, "CreateBackupVault")
        ask(old, "PutBackupVaultLockConfiguration", **LOCK)
        database.close()
        with place.opened():
            pass
        assert place.faults() == ""
        place.edit("UPDATE vaults SET locked = 0")
        assert f"the lock of {LOCKED} was changed" in place.faults()


def test_holds_and_time_are_sealed_where_only_vaults_were(place: Place) -> None:
    """As older programs have left the database and the key's file; the next start checks them."""
    place.edit("DELETE FROM seals WHERE name = 'time'")
    with place.opened(accept_edits=True) as service, service.database.write() as connection:
        connection.execute(seals.delete().where(seals.c.name.like("%:legal-hold:%")))
        service.database.seal_vault(connection, LOCKED)
    path = key_file(place.credentials)
    lines = path.read_text(encoding="ascii").splitlines()
    path.write_text("\n".join(line for line in lines if ":" not in line), encoding="ascii")
    assert place.faults() == ""
    assert path.read_text(encoding="ascii").splitlines() == lines
    place.edit("DELETE FROM held_points")
    assert "the legal hold" in place.faults()


def test_no_seal_outlives_the_way_down(place: Place) -> None:
    """A program that would take seals of holds for edits finds none; the way up is not taken as it is."""
    database = Database.open(place.url)
    schema.migrate(database, "0007")
    with database.read() as connection:
        assert connection.scalars(select(seals.c.name)).all() == []
    database.close()
    assert "its seals were removed" in place.faults()


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda path: path.unlink(), "is not there; put it back"),
        (lambda path: path.write_text("key\n", encoding="ascii"), "is not a key of seals; put the file back"),
        (lambda path: path.chmod(0o604), "Everyone on this machine may read or change"),
    ],
)
def test_a_key_that_cannot_be_used(place: Place, spoil: Callable[[Path], Any], said: str) -> None:
    """It is said what to do; no other key takes its place."""
    spoil(key_file(place.credentials))
    with pytest.raises(UsageError, match=said), place.opened():
        pytest.fail("it was opened")


def test_another_key_fits_nothing(place: Place) -> None:
    """As when the file was made anew."""
    path = key_file(place.credentials)
    path.write_text("0" * 64 + "\n", encoding="ascii")
    assert "the list of vaults and legal holds was changed" in place.faults()


def test_what_is_sealed_is_not_opened_without_the_key(place: Place) -> None:
    """`executor run` names the credentials too; a database that nobody has sealed needs none."""
    database = Database.open(place.url)
    with pytest.raises(UsageError, match="are sealed; name --credentials too"):
        open_seals(database, None)
    with database.write() as connection:
        connection.execute(seals.delete())
    open_seals(database, None)
    assert database.seals is None
    database.close()


def test_without_a_place_for_the_key_nothing_is_sealed(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """As where the credentials lie on a read-only volume: it is logged, and the service runs."""
    caplog.set_level("INFO", "auditor.serving")
    database = Database.open(f"sqlite:///{tmp_path}/executor.db")
    open_seals(database, tmp_path / "missing" / "credentials.yaml")
    assert database.seals is None
    assert [line.getMessage() for line in caplog.records] == ["rows are not sealed"]
    database.close()


@pytest.mark.postgres
def test_seals_on_postgresql(tmp_path: Path, postgres_url: str) -> None:
    """They are the same there: what is as it was left opens, what was edited does not."""
    place = Place(tmp_path)
    place.url = postgres_url
    with place.opened() as service:
        ask(service, "CreateBackupVault")
        ask(service, "PutBackupVaultLockConfiguration", **LOCK)
        add_point(service)
    assert place.faults() == ""
    place.edit("UPDATE vaults SET lock_date = lock_date + 1")
    assert f"the lock of {LOCKED} was changed" in place.faults()
    with place.opened(accept_edits=True):
        pass
    place.edit("UPDATE recovery_points SET expire_at = 1")
    assert f"{SNAPSHOT} in the locked vault locked was changed" in place.faults()

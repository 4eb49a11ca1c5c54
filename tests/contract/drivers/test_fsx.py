"""FSx against botocore's stubs: moto neither completes nor copies nor restores its backups."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.stub import Stubber

from auditor.executor.seam.driver import Driver, DriverError, ListedBackup, NativeBackup
from auditor.model.organization import Resource

Clients = Callable[[str, str, str], Any]

ACCOUNT, REGION, OTHER = "123456789012", "eu-west-1", "eu-central-1"
HERE, THERE = (ACCOUNT, REGION), (ACCOUNT, OTHER)
HEAD = f"arn:aws:fsx:{REGION}:{ACCOUNT}:"
FILE_SYSTEM, BACKUP = f"{HEAD}file-system/fs-0123456789abcdef0", f"{HEAD}backup/backup-0123456789abcdef0"
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1"
JOB, COPY = "0A1B2C3D-0000-4000-8000-00000000000A", "9A8B7C6D-0000-4000-8000-00000000000B"
TAGS = [{"Key": "a", "Value": "b"}, {"Key": "auditor:job", "Value": JOB}]
EARLY, LATE = datetime(2026, 1, 5, tzinfo=UTC), datetime(2026, 1, 6, tzinfo=UTC)
RESOURCE = Resource(FILE_SYSTEM, ACCOUNT, REGION, "FSx")
NATIVE = NativeBackup(BACKUP, 1200 << 30, encrypted=True, kms_key_arn=KEY)


def described(**changes: Any) -> dict[str, Any]:
    """A backup as FSx describes it."""
    return {
        "BackupId": "backup-0123456789abcdef0",
        "ResourceARN": BACKUP,
        "Lifecycle": "CREATING",
        "Type": "USER_INITIATED",
        "CreationTime": EARLY,
        "KmsKeyId": KEY,
        "Tags": TAGS,
        "FileSystem": {
            "FileSystemId": "fs-0123456789abcdef0",
            "FileSystemType": "LUSTRE",
            "StorageCapacity": 1200,
            "SubnetIds": ["subnet-00000001"],
        },
    } | changes


@pytest.fixture
def stub(clients: Clients) -> Iterator[Stubber]:
    """What FSx answers in the first Region; every answer is used up."""
    with Stubber(clients("fsx", *HERE)) as stub:
        yield stub
        stub.assert_no_pending_responses()


@pytest.fixture
def driver(driver_of: Callable[..., Driver]) -> Any:
    """The driver."""
    return driver_of("FSx")


def test_file_systems_with_backups_are_listed(stub: Stubber, driver: Any) -> None:
    """Every page; ONTAP's are backed up by volume, which is not done here."""
    system = {"ResourceARN": FILE_SYSTEM, "FileSystemType": "WINDOWS", "CreationTime": EARLY}
    named = system | {"Tags": [{"Key": "Name", "Value": "files"}]}
    stub.add_response(
        "describe_file_systems", {"FileSystems": [system | {"FileSystemType": "ONTAP"}], "NextToken": "n"}, {}
    )
    stub.add_response("describe_file_systems", {"FileSystems": [named]}, {"NextToken": "n"})

    assert driver.discover(*HERE) == [
        Resource(FILE_SYSTEM, ACCOUNT, REGION, "FSx", "files", EARLY, {"Name": "files"})
    ]


def test_a_backup_is_made_once_and_marked(stub: Stubber, driver: Any) -> None:
    """FSx itself makes one for the token; the tag finds it again."""
    asked = {"FileSystemId": "fs-0123456789abcdef0", "ClientRequestToken": JOB, "Tags": TAGS}
    stub.add_response("create_backup", {"Backup": described()}, asked)

    assert driver.back_up(RESOURCE, vault_key_arn=None, token=JOB, tags={"a": "b"}) == NATIVE


@pytest.mark.parametrize("count", [49, 50])
def test_one_tag_is_kept_free(count: int, stub: Stubber, driver: Any) -> None:
    """FSx allows 50 tags, of which one is the executor's: with 50 nothing is made."""
    tags = {f"k{number}": "" for number in range(count)}
    if count == 50:
        with pytest.raises(DriverError) as refused:
            driver.back_up(RESOURCE, vault_key_arn=None, token=JOB, tags=tags)
        assert refused.value.category == "LIMIT_EXCEEDED"
    else:
        stub.add_response("create_backup", {"Backup": described()})
        assert driver.back_up(RESOURCE, vault_key_arn=None, token=JOB, tags=tags) == NATIVE


def test_the_backup_with_the_tag_is_found_and_undone(stub: Stubber, driver: Any) -> None:
    """What somebody copied with its tags stays, were it the only one; so does what has no such tag."""
    copied = described(ResourceARN=f"{HEAD}backup/backup-2", SourceBackupId="backup-0123456789abcdef0")
    first = {"Backups": [described(Tags=TAGS[:1]), copied], "NextToken": "more"}
    for last, deleted in (([described()], False), ([described()], True), ([], False)):
        stub.add_response("describe_backups", first, {})
        stub.add_response("describe_backups", {"Backups": last}, {"NextToken": "more"})
        if deleted:
            stub.add_response("delete_backup", {}, {"BackupId": "backup-0123456789abcdef0"})

    assert driver.find(JOB, *HERE) == NATIVE
    driver.undo(JOB, *HERE)
    assert driver.find(JOB, *HERE) is None


@pytest.mark.parametrize(
    "state", ["AVAILABLE", "CREATING", "PENDING", "TRANSFERRING", "COPYING", "FAILED", None]
)
def test_settled_follows_the_lifecycle(state: str | None, stub: Stubber, driver: Any) -> None:
    """A failed one has FSx's reason, is not found and can still be undone."""
    if state is None:
        stub.add_client_error("describe_backups", "BackupNotFound")
    else:
        details = {"FailureDetails": {"Message": "no room"}} if state == "FAILED" else {}
        backup = described(Lifecycle=state, **details)
        stub.add_response("describe_backups", {"Backups": [backup]})
        stub.add_response("describe_backups", {"Backups": [backup]})

    if state in {"FAILED", None}:
        with pytest.raises(DriverError) as failed:
            driver.settled(BACKUP, *HERE)
        wanted = "INVALID_STATE" if state else "RESOURCE_NOT_FOUND"
        assert (failed.value.category, "no room" in failed.value.message) == (wanted, state is not None)
    else:
        assert driver.settled(BACKUP, *HERE) is (state == "AVAILABLE")
    if state is not None:
        assert (driver.find(JOB, *HERE) is None) is (state == "FAILED")


def test_a_copy_stays_in_its_account(clients: Clients, driver: Any) -> None:
    """Into another Region under the vault's key; FSx has no copies into other accounts.

    What somebody copies of it with its tags is not found.
    """
    with Stubber(clients("fsx", *THERE)) as there:
        asked = {
            "SourceBackupId": "backup-0123456789abcdef0",
            "SourceRegion": REGION,
            "ClientRequestToken": COPY,
            "KmsKeyId": KEY,
            "Tags": [{"Key": "auditor:job", "Value": f"{COPY} of backup-0123456789abcdef0"}],
        }
        made = described(Tags=asked["Tags"], SourceBackupId="backup-0123456789abcdef0")
        of_it = made | {"SourceBackupId": "backup-0000000000000002"}
        there.add_response("copy_backup", {"Backup": made}, asked)
        there.add_response("describe_backups", {"Backups": [of_it, made]}, {})
        there.add_response("describe_backups", {"Backups": [of_it]}, {})
        copy = driver.copy(NATIVE, source=HERE, destination=THERE, key=KEY, token=COPY, tags={})
        found = [driver.find(COPY, *THERE) for _ in range(2)]

    assert (copy, found) == (NATIVE, [NATIVE, None])
    with pytest.raises(DriverError) as refused:
        driver.copy(NATIVE, source=HERE, destination=("4" * 12, OTHER), key=KEY, token=COPY, tags={})
    assert refused.value.category == "RESOURCE_NOT_SUPPORTED"


def test_a_deletion_is_a_success_when_it_was_done_before(stub: Stubber, driver: Any) -> None:
    """A backup that is in use is asked for again later."""
    stub.add_client_error("delete_backup", "BackupNotFound")
    stub.add_client_error("delete_backup", "BackupInProgress")

    driver.delete(BACKUP, *HERE)
    with pytest.raises(DriverError) as busy:
        driver.delete(BACKUP, *HERE)
    assert busy.value.transient


def test_a_restore_is_made_once_and_discarded(stub: Stubber, driver: Any) -> None:
    """Documents of the metadata are JSON; FSx makes one file system for the token."""
    stub.add_response("describe_backups", {"Backups": [described()]})
    stub.add_response(
        "create_file_system_from_backup",
        {"FileSystem": {"ResourceARN": FILE_SYSTEM}},
        {
            "BackupId": "backup-0123456789abcdef0",
            "ClientRequestToken": JOB,
            "SubnetIds": ["subnet-00000001"],
            "LustreConfiguration": {"DeploymentType": "PERSISTENT_1"},
            "StorageCapacity": 2400,
            "Tags": [{"Key": "a", "Value": "b"}],
        },
    )
    stub.add_response(
        "describe_file_systems",
        {"FileSystems": [{"FileSystemType": "LUSTRE"}]},
        {"FileSystemIds": ["fs-0123456789abcdef0"]},
    )
    stub.add_response(
        "delete_file_system",
        {},
        {"FileSystemId": "fs-0123456789abcdef0", "LustreConfiguration": {"SkipFinalBackup": True}},
    )
    stub.add_client_error("describe_file_systems", "FileSystemNotFound")

    metadata = driver.infer(BACKUP, HERE, JOB)
    assert metadata == {"SubnetIds": '["subnet-00000001"]'}
    metadata |= {"LustreConfiguration": '{"DeploymentType": "PERSISTENT_1"}', "StorageCapacity": "2400"}
    assert driver.restore(BACKUP, place=HERE, metadata=metadata, token=JOB, tags={"a": "b"}) == FILE_SYSTEM
    driver.discard(FILE_SYSTEM, *HERE)
    driver.discard(FILE_SYSTEM, *HERE)
    with pytest.raises(DriverError, match="SubnetIds must be JSON"):
        driver.restore(BACKUP, place=HERE, metadata={"SubnetIds": "subnet-1"}, token=JOB, tags={})


def test_backups_of_anyone_are_listed(stub: Stubber, driver: Any) -> None:
    """Every page of one file system's. A copy with the tags of the executor's is not the executor's.

    One from another Region is of no file system here; ONTAP's and what is deleted are left out.
    """

    def of(number: int, **changes: Any) -> dict[str, Any]:
        return described(ResourceARN=f"{HEAD}backup/backup-{number}", Lifecycle="AVAILABLE") | changes

    ontap = {"FileSystemType": "ONTAP", "FileSystemId": "fs-0123456789abcdef0"}
    first = [
        of(1, CreationTime=LATE, SourceBackupRegion=REGION, SourceBackupId="backup-0000000000000002"),
        of(2, SizeInBytes=5),
        of(3, FileSystem=ontap),
    ]
    failed = {"Tags": TAGS[:1], "Lifecycle": "FAILED", "FailureDetails": {"Message": "no room"}}
    last = [of(4, Lifecycle="DELETED"), of(5, **failed), of(6, SourceBackupRegion=OTHER, Tags=TAGS[:1])]
    asked = {"Filters": [{"Name": "file-system-id", "Values": ["fs-0123456789abcdef0"]}]}
    stub.add_response("describe_backups", {"Backups": first, "NextToken": "more"}, asked)
    stub.add_response("describe_backups", {"Backups": last}, asked | {"NextToken": "more"})
    stub.add_response(
        "describe_backups", {"Backups": [of(6, SourceBackupRegion=OTHER, Tags=TAGS[:1])]}, {"Filters": []}
    )
    stub.add_client_error("describe_backups", "FileSystemNotFound")

    def native(number: int, size: int = 1200 << 30) -> NativeBackup:
        return replace(NATIVE, arn=f"{HEAD}backup/backup-{number}", size_bytes=size)

    assert list(driver.backups(*HERE, FILE_SYSTEM)) == [
        ListedBackup(native(1), FILE_SYSTEM, LATE, "COMPLETED"),
        ListedBackup(native(2, 5), FILE_SYSTEM, EARLY, "COMPLETED", token=JOB),
        ListedBackup(native(5), FILE_SYSTEM, EARLY, "PARTIAL", "no room"),
    ]
    assert list(driver.backups(*HERE)) == [ListedBackup(native(6), None, EARLY, "COMPLETED")]
    assert list(driver.backups(*HERE, FILE_SYSTEM)) == []

"""File systems of EFS: real files below a directory, into moto's S3 and back."""

import os
import random
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from auditor.executor.drivers import make_drivers
from auditor.executor.drivers.file_tree import CHUNK_BYTES, write_tree
from auditor.executor.seam.driver import DriverError
from auditor.executor.store.file_points import FileEntry
from tests.contract.drivers.mounted import (
    ACCOUNT,
    HERE,
    OTHER,
    OTHER_ACCOUNT,
    REGION,
    TAGS,
    THERE,
    Clients,
    World,
    picture,
    token,
)


@pytest.fixture
def world(clients: Clients, now: datetime, tmp_path: Path) -> World:
    """One file system with tags."""
    efs = clients("efs", *HERE)
    tags = [{"Key": key, "Value": value} for key, value in TAGS.items()]
    made = efs.create_file_system(CreationToken="data", Tags=tags)["FileSystemId"]
    root = tmp_path / "mnt"
    root.mkdir()
    drivers = make_drivers(clients, lambda: now, mounts={made: root})
    driver = next(each for each in drivers if each.resource_type == "EFS")
    (resource,) = driver.discover(*HERE)
    return World(driver, clients, resource, root, made)


def test_the_chunks_of_a_backup_become_cold(world: World) -> None:
    """Those that it was the first to store, once; they are read at once, so that it can be restored."""
    (world.root / "first").write_bytes(b"1" * 10)
    first = world.back_up(1)
    (world.root / "second").write_bytes(b"2" * 10)
    world.back_up(2)
    driver: Any = world.driver
    s3 = world.clients("s3", *HERE)
    for _ in range(2):
        driver.archive(first.arn, *HERE)
    listed = s3.list_objects_v2(Bucket=f"backup-{HERE[0]}-{HERE[1]}")["Contents"]
    chunks = [item["StorageClass"] for item in listed if "/content/" in item["Key"]]
    others = {item["StorageClass"] for item in listed if "/content/" not in item["Key"]}
    assert (sorted(chunks), others) == (["GLACIER_IR", "STANDARD"], {"STANDARD"})
    assert driver.is_readable(first.arn, *HERE)
    assert (world.restore(first, 3) / "first").read_bytes() == b"1" * 10


def test_file_systems_are_listed_with_their_tags(world: World) -> None:
    """Mounted or not; those of a name have it."""
    assert (world.resource.resource_type, world.resource.tags) == ("EFS", TAGS)
    assert (
        world.resource.arn == f"arn:aws:elasticfilesystem:{REGION}:{ACCOUNT}:file-system/{world.file_system}"
    )


def test_what_was_backed_up_comes_back_as_it_was(world: World) -> None:
    """Content, names that are no text, modes, owners, times, links, holes and attributes."""
    root = world.root
    (root / "deep" / "er").mkdir(parents=True)
    (root / "deep" / "er" / "large").write_bytes(random.Random(1).randbytes(2 * CHUNK_BYTES + 3))  # noqa: S311 -- the same each time
    (root / "exact").write_bytes(b"x" * CHUNK_BYTES)
    (root / "empty").touch()
    (root / "empty directory").mkdir(mode=0o700)
    (root / os.fsdecode(b"caf\xe9 % \n")).write_bytes(b"latin")
    (root / "link").symlink_to("deep/er/large")
    (root / "dangling").symlink_to("/nowhere")
    (root / "second name").hardlink_to(root / "exact")
    with (root / "sparse").open("wb") as file:
        file.seek(5 * CHUNK_BYTES)
        file.write(b"end")
    (root / "program").write_bytes(b"#!")
    (root / "program").chmod(0o4555)
    os.mkfifo(root / "pipe")
    if os.geteuid() == 0:
        os.chown(root / "empty", 1234, 5678)
    os.utime(root / "empty", ns=(1, 1_500_000_000_123_456_789))
    os.utime(root / "deep", ns=(1, 2))
    before = picture(root)
    del before["pipe"]

    backup = world.back_up(1)
    restored = world.restore(backup, 2)

    assert picture(restored) == before
    assert (restored / "exact").stat().st_ino == (restored / "second name").stat().st_ino
    assert (restored / "sparse").stat().st_blocks * 512 < CHUNK_BYTES
    assert restored.parent == root
    assert restored.name == f"aws-backup-restore_2026-01-05T05-03-00Z_{token(2).lower()}"
    size = sum(
        (root / name).stat().st_size for name in before if (root / name).is_file() and "link" not in name
    )
    assert backup.size_bytes == size - CHUNK_BYTES  # the second name has no content of its own
    assert (backup.category, backup.encrypted) == ("SUCCESS", True)


def test_extended_attributes_come_back(world: World) -> None:
    """Where the file system has them."""
    path = world.root / "file"
    path.touch()
    try:
        os.setxattr(path, "user.note", b"\x00\xff")
    except OSError:
        pytest.skip("no extended attributes here")

    restored = world.restore(world.back_up(1), 2)
    assert os.getxattr(restored / "file", "user.note") == b"\x00\xff"


@pytest.mark.long
def test_only_new_chunks_are_stored_and_only_unneeded_ones_deleted(world: World) -> None:
    """Deleting either of two recovery points leaves the other whole; deleting both leaves nothing."""
    body = bytearray(random.Random(2).randbytes(3 * CHUNK_BYTES))  # noqa: S311 -- the same each time
    (world.root / "data").write_bytes(body)
    (world.root / "copy").write_bytes(body)
    first = world.back_up(1)
    body[CHUNK_BYTES] ^= 1
    (world.root / "data").write_bytes(body)
    second = world.back_up(2)

    assert (first.transferred_bytes, second.transferred_bytes) == (3 * CHUNK_BYTES, CHUNK_BYTES)
    assert first.size_bytes == second.size_bytes == 6 * CHUNK_BYTES
    world.driver.delete(first.arn, *HERE)
    restored = world.restore(second, 3)
    assert {name: (restored / name).read_bytes() for name in ("data", "copy")} == {
        name: (world.root / name).read_bytes() for name in ("data", "copy")
    }
    world.driver.delete(second.arn, *HERE)
    assert world.stored() == set()


def test_a_backup_is_found_by_its_token_until_it_is_undone(world: World) -> None:
    """Undoing one leaves the others, also one whose chunks it brought."""
    (world.root / "data").write_bytes(b"content")
    assert world.driver.find(token(1), *HERE) is None
    world.driver.undo(token(1), *HERE)
    first, second = world.back_up(1), world.back_up(2)

    assert world.driver.find(token(1), *HERE) == first
    assert world.driver.settled(first.arn, *HERE)
    world.driver.undo(token(1), *HERE)
    assert world.driver.find(token(1), *HERE) is None
    with pytest.raises(DriverError) as gone:
        world.driver.settled(first.arn, *HERE)
    assert gone.value.category == "RESOURCE_NOT_FOUND"
    assert (world.restore(second, 3) / "data").read_bytes() == b"content"


class Killed(BaseException):
    """The process ends here."""


@pytest.mark.long
@pytest.mark.parametrize("last", range(1, 8))
def test_a_killed_backup_is_undone_or_made_again(world: World, last: int) -> None:
    """Wherever it was killed: what was whole stays whole, and what is undone leaves nothing."""
    (world.root / "old").write_bytes(b"old")
    whole = world.back_up(1)
    before = world.stored()
    (world.root / "new").write_bytes(b"new")
    calls = 0

    def count(**_: Any) -> None:
        nonlocal calls
        calls += 1
        if calls == last:
            raise Killed

    events = world.clients("s3", *HERE).meta.events
    events.register("before-call.s3.PutObject", count)
    try:
        world.back_up(2)
    except Killed:
        found = world.driver.find(token(2), *HERE)
        assert found is None
    else:
        assert calls < last  # everything was written before
    events.unregister("before-call.s3.PutObject", count)

    world.driver.undo(token(2), *HERE)
    assert world.stored() == before
    made = world.back_up(2)
    assert (world.restore(made, 3) / "new").read_bytes() == b"new"
    assert (world.restore(whole, 4) / "old").read_bytes() == b"old"


def test_copies_take_what_the_destination_lacks(world: World) -> None:
    """Into another account and Region, under a key of its own; each outlives its source."""
    key = world.clients("kms", *THERE).create_key()["KeyMetadata"]["Arn"]
    (world.root / "data").write_bytes(b"one")
    first = world.back_up(1)
    (world.root / "more").write_bytes(b"two!")
    second = world.back_up(2)

    copies = [
        world.driver.copy(backup, source=HERE, destination=THERE, key=key, token=token(number), tags=TAGS)
        for number, backup in ((11, first), (12, second))
    ]
    assert [(copy.size_bytes, copy.transferred_bytes, copy.kms_key_arn) for copy in copies] == [
        (3, 3, key),
        (7, 4, key),
    ]
    assert copies[0].arn == f"arn:aws:backup:{OTHER}:{OTHER_ACCOUNT}:recovery-point:{token(11).lower()}"
    for backup in (first, second):
        world.driver.delete(backup.arn, *HERE)
    world.driver.delete(copies[0].arn, *THERE)
    assert world.driver.find(token(12), *THERE) == copies[1]
    restored = world.restore(copies[1], 20, THERE)
    assert sorted((path.name, path.read_bytes()) for path in restored.iterdir()) == [
        ("data", b"one"),
        ("more", b"two!"),
    ]


def test_a_restore_asked_again_goes_on_in_its_directory(world: World) -> None:
    """The same token has one directory, another one its own; the source stays as it is."""
    (world.root / "d").mkdir()
    (world.root / "d" / "data").write_bytes(b"content")
    backup = world.back_up(1)
    first = world.restore(backup, 2)
    (first / "d" / "data").write_bytes(b"half")

    assert world.restore(backup, 2) == first
    assert (first / "d" / "data").read_bytes() == b"content"
    assert world.restore(backup, 3, directory="/restored/here").parent == world.root / "restored" / "here"


def test_chosen_items_are_restored_with_the_directories_above(world: World) -> None:
    """A second name of a file that was not chosen has its content."""
    for name in ("a/b/one", "a/b/two", "a/bc", "z"):
        path = world.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode())
    (world.root / "y").hardlink_to(world.root / "a" / "bc")
    backup = world.back_up(1)

    restored = world.restore(backup, 2, ItemsToRestore='["/a/b", "y"]')
    assert {name: each[0] for name, each in picture(restored).items()} == {
        "a": None,
        "a/b": None,
        "a/b/one": b"a/b/one",
        "a/b/two": b"a/b/two",
        "y": b"a/bc",
    }


@pytest.mark.parametrize(
    ("metadata", "message"),
    [
        ({"ItemsToRestore": '["/absent"]'}, "absent is not in the backup."),
        ({"ItemsToRestore": "data"}, "ItemsToRestore must be a JSON list of paths."),
        ({"directory": "../elsewhere"}, "../elsewhere is not in the file system."),
        ({"newFileSystem": "true"}, "A new file system is not mounted here: restore into one that is."),
    ],
)
def test_impossible_restores_are_refused(world: World, metadata: dict[str, str], message: str) -> None:
    """Before anything is written."""
    (world.root / "data").write_bytes(b"content")
    backup = world.back_up(1)

    with pytest.raises(DriverError) as refused:
        world.restore(backup, 2, **metadata)
    assert refused.value.message == message
    assert [path.name for path in world.root.iterdir()] == ["data"]


def test_what_is_not_mounted_fails_its_job(world: World, clients: Clients, now: datetime) -> None:
    """Neither a file system without a path nor an empty directory is backed up as if it were empty."""
    other = next(each for each in make_drivers(clients, lambda: now) if each.resource_type == "EFS")
    found = []
    for driver in (other, world.driver):
        with pytest.raises(DriverError) as refused:
            driver.back_up(world.resource, vault_key_arn=None, token=token(1), tags={})
        found.append((refused.value.message, refused.value.category))

    name = world.file_system
    assert found == [
        (f"File system {name} is not mounted here: tell the executor its path.", "FEATURE_NOT_ENABLED"),
        (f"Nothing is mounted on {world.root}, the path of file system {name}.", "FEATURE_NOT_ENABLED"),
    ]


def test_what_cannot_be_read_is_said(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """One unreadable file is an issue of a backup of the others; a broken file system fails it."""
    (world.root / "good").write_bytes(b"good")
    (world.root / "secret").write_bytes(b"secret")
    opened, error = os.open, PermissionError(13, "Permission denied")

    def refuse(path: Any, *args: Any) -> int:
        if str(path).endswith("secret"):
            raise error
        return opened(path, *args)

    monkeypatch.setattr(os, "open", refuse)
    backup = world.back_up(1)
    assert (backup.category, backup.message, backup.size_bytes) == (
        "ACCESS_DENIED",
        "1 files were not backed up. secret: Permission denied",
        4,
    )
    error = OSError(116, "Stale file handle")  # type: ignore[assignment]  # an error of another kind
    with pytest.raises(DriverError) as broken:
        world.back_up(2)
    assert broken.value.message == f"{world.root} cannot be read: Stale file handle."
    assert world.driver.find(token(2), *HERE) is None


def test_a_damaged_chunk_is_not_restored(world: World) -> None:
    """What was stored is compared with its name."""
    (world.root / "data").write_bytes(b"content")
    backup = world.back_up(1)
    (key,) = [name for name in world.stored() if "/content/" in name]
    world.clients("s3", *HERE).put_object(Bucket=f"backup-{ACCOUNT}-{REGION}", Key=key, Body=b"Content")

    with pytest.raises(DriverError, match="is damaged"):
        world.restore(backup, 2)


@pytest.mark.parametrize("path", ["../outside", "absent/file", "/etc/file", "a/../../b", ".."])
def test_entries_stay_below_their_directory(path: str, tmp_path: Path) -> None:
    """Whatever a backup says."""
    root = tmp_path / "root"
    root.mkdir()

    with pytest.raises(DriverError, match="is not a path below it"):
        write_tree(root, [FileEntry(path, "directory", 0o755, 0, 0, 0)], lambda _: b"")
    assert list(tmp_path.iterdir()) == [root]


def test_file_systems_are_never_discarded(world: World) -> None:
    """A test restore would lie in the file system that it tests: it is refused, as its deletion is."""
    (world.root / "data").write_bytes(b"content")
    backup = world.back_up(1)

    for ask in (
        lambda: world.driver.infer(backup.arn, HERE, token(2)),
        lambda: world.driver.discard(world.resource.arn, *HERE),
    ):
        with pytest.raises(DriverError):
            ask()
    assert (world.root / "data").read_bytes() == b"content"
    assert world.driver.restore_metadata(backup.arn, *HERE) == {
        "file-system-id": world.file_system,
        "newFileSystem": "false",
    }

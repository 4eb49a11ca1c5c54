"""Files and folders that appear whole or not at all."""

import os
from pathlib import Path

import pytest

from reports.whole import begin_folder, new_file, whole


def mode(path: Path) -> str:
    """The permissions of a path."""
    return oct(path.stat().st_mode & 0o777)


def test_a_file_takes_the_place_of_the_old_one_when_it_is_whole(tmp_path: Path) -> None:
    """Until then the old one is read, and afterwards nothing else is there."""
    target = tmp_path / "report"
    target.write_text("old")
    with whole(target) as file:
        file.write(b"new")
        assert target.read_text() == "old"
        assert len(list(tmp_path.iterdir())) == 2

    assert (target.read_text(), mode(target)) == ("new", "0o600")
    assert list(tmp_path.iterdir()) == [target]


def test_what_fails_half_way_leaves_the_old_one(tmp_path: Path) -> None:
    """And nothing beside it."""
    target = tmp_path / "report"
    target.write_text("old")
    with pytest.raises(TypeError), whole(target) as file:
        file.writelines([b"half", 1])  # type: ignore[list-item]  # that is the error

    assert (target.read_text(), list(tmp_path.iterdir())) == ("old", [target])


def test_two_who_write_the_same_do_not_meet(tmp_path: Path) -> None:
    """Each has a file of its own, and who ends last stays."""
    target = tmp_path / "report"
    with whole(target) as one:
        one.write(b"one")
        with whole(target) as two:
            two.write(b"two")
        assert target.read_bytes() == b"two"
    assert target.read_bytes() == b"one"


def test_a_folder_is_its_owner_s_and_a_left_one_is_removed(tmp_path: Path) -> None:
    """One that is being filled stays, and so does a link, which is none of ours; a pipe keeps nobody."""
    (tmp_path / ".run.left.partial" / "a").mkdir(parents=True)
    (tmp_path / ".run.link.partial").symlink_to("elsewhere")
    os.mkfifo(tmp_path / ".run.pipe.partial")
    first, held = begin_folder(tmp_path / "run")
    second, also = begin_folder(tmp_path / "run")

    assert (mode(first), mode(second)) == ("0o700", "0o700")
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(
        [first.name, second.name, ".run.link.partial"]
    )
    os.close(held)
    os.close(also)
    os.close(begin_folder(tmp_path / "run")[1])
    assert not first.exists()


def test_a_new_file_is_never_another_s(tmp_path: Path) -> None:
    """Where something is, a link to nothing too, it is not written."""
    (tmp_path / "link").symlink_to("nowhere")
    (tmp_path / "there").write_text("x")
    for name in ("link", "there"):
        with pytest.raises(FileExistsError):
            new_file(tmp_path / name)
    with new_file(tmp_path / "new") as file:
        file.write(b"x")

    assert mode(tmp_path / "new") == "0o600"
    assert not (tmp_path / "nowhere").exists()


def test_a_new_one_takes_no_other_s_place(tmp_path: Path) -> None:
    """Neither one that was there before nor one that came meanwhile, and nothing is left beside it."""
    target = tmp_path / "key"
    with pytest.raises(FileExistsError), whole(target, new=True, synced=True):
        target.write_text("another's")
    with pytest.raises(FileExistsError), whole(target, new=True):
        pass
    assert (target.read_text(), list(tmp_path.iterdir())) == ("another's", [target])

    target.unlink()
    with whole(target, new=True, synced=True) as file:
        file.write(b"mine")
    assert (target.read_text(), mode(target), list(tmp_path.iterdir())) == ("mine", "0o600", [target])


def test_a_file_for_others_has_the_mode_that_the_umask_leaves(tmp_path: Path) -> None:
    """Settings lie in a repository, where others read them."""
    (tmp_path / "plain").write_text("x")
    with whole(tmp_path / "settings", private=False) as file:
        file.write(b"x")

    assert mode(tmp_path / "settings") == mode(tmp_path / "plain")

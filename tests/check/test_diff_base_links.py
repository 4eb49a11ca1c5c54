"""Symbolic links in the way of what `--diff-base` compares: those of a checkout are refused."""

from pathlib import Path

import pytest

from auditor.check import revision
from auditor.model.errors import UsageError
from tests.check.conftest import Said
from tests.check.test_check_command import written
from tests.check.test_diff_base import Git, commit, git, plan

__all__ = ["git"]


def test_a_link_in_the_place_of_a_file_that_judges_is_refused(
    command: Said, git: Git, tmp_path: Path
) -> None:
    """Else what it leads to would be compared, which was not there then, with nothing."""
    file = tmp_path / "waivers.yaml"
    file.write_text("waivers: []\n", encoding="utf-8")
    commit(git)
    file.rename(tmp_path / "other.yaml")
    for target in ("/etc/hostname", "other.yaml"):
        file.unlink(missing_ok=True)
        file.symlink_to(target)
        with revision.opened("HEAD", tmp_path) as then:
            assert then.has(file)
            with pytest.raises(UsageError, match=r"waivers\.yaml: a symbolic link leads there"):
                then.at(file, ())
    written(tmp_path / "t.json", plan())

    code, out, err = command("check", "t.json", "--diff-base", "HEAD", "--waivers", "waivers.yaml")

    assert (code, out) == (2, "")
    assert err.endswith("which may not have been one then; name the file itself.")


def test_a_checkout_behind_a_link_is_read(git: Git, tmp_path: Path) -> None:
    """No change of its files puts that link there."""
    written(tmp_path / "t.json", plan())
    commit(git)
    way = tmp_path.parent / f"{tmp_path.name}-link"
    way.symlink_to(tmp_path)

    with revision.opened("HEAD", way) as then:
        kept = then.at(way / "t.json", ())

    assert kept is not None
    assert kept.name == "t.json"

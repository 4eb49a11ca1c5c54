"""`--diff-base`: only what is new against the same inputs at a revision of git, or against a second file."""

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from auditor.check import revision
from tests.check.conftest import Said
from tests.check.terraform import protected, volume
from tests.check.test_check_command import written

Git = Callable[..., str]


@pytest.fixture
def git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Git:
    """A new checkout in `tmp_path`, which is the current folder: git, called there."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")

    def call(*arguments: str, given: bytes = b"") -> str:
        who = ("-c", "user.name=n", "-c", "user.email=e", "-c", "protocol.file.allow=always")
        done = subprocess.run(["git", *who, *arguments], check=True, capture_output=True, input=given)
        return done.stdout.decode().strip()

    call("init", "--quiet", "--initial-branch", "main", ".")
    return call


def commit(git: Git) -> None:
    """Keep everything that there is."""
    git("add", "--all")
    git("commit", "--quiet", "--message", "m")


def plan(*names: str) -> Any:
    """A plan of Terraform whose volumes of these names no backup plan protects."""
    made = protected()
    for name in names:
        volume(made, name, backup_tier="Gold")
    return made.first()


def found(said: tuple[int, str, str]) -> tuple[int, list[str], list[str]]:
    """The exit code of a check as JSON, and the addresses of what is new and what is old."""
    code, out, err = said
    assert err == ""
    document = json.loads(out)
    new, old = ([one["subject"]["address"] for one in document[key]] for key in ("entries", "old"))
    return code, new, old


OLD, NEW = "aws_ebs_volume.old", "aws_ebs_volume.new"


def template(*, before: str = "", **tags: str) -> str:
    """A template with a volume of each name, whose tier is the value, and the plan that protects gold."""
    volumes = [
        f"  {name}: {{Type: 'AWS::EC2::Volume', Properties: "
        f"{{Tags: [{{Key: backup-tier, Value: {value}}}]}}}}"
        for name, value in tags.items()
    ]
    rule = (
        "{RuleName: r, TargetBackupVault: v, ScheduleExpression: 'cron(0 0/6 ? * * *)', "
        "Lifecycle: {DeleteAfterDays: 35}}"
    )
    plan = f"{{BackupPlan: {{BackupPlanName: p, BackupPlanRule: [{rule}]}}}}"
    tag = "{ConditionType: STRINGEQUALS, ConditionKey: backup-tier, ConditionValue: gold}"
    role = "arn:aws:iam::111122223333:role/b"
    chosen = f"{{SelectionName: s, IamRoleArn: '{role}', ListOfTags: [{tag}]}}"
    of_plan = f"{{BackupPlanId: !Ref P, BackupSelection: {chosen}}}"
    parts = (
        f"  P: {{Type: 'AWS::Backup::BackupPlan', Properties: {plan}}}",
        f"  S: {{Type: 'AWS::Backup::BackupSelection', Properties: {of_plan}}}",
    )
    return "\n".join([f"{before}Resources:", *parts, *volumes])


CHECK = ("check", "--unit", "", "--format", "json", "--as-of", "2026-02-01T00:00:00Z")


def test_what_moved_is_not_new_and_a_second_one_is(command: Said, git: Git, tmp_path: Path) -> None:
    """Against the branch; nothing of the working tree, the index or the references is touched."""
    (tmp_path / "t.yaml").write_text(template(Old="Gold"))
    commit(git)
    (tmp_path / "t.yaml").write_text(template(before="# moved\n\n", Old="Gold", New="Gold"))
    status, index = git("status", "--porcelain=v2", "--branch"), (tmp_path / ".git" / "index").read_bytes()

    said = found(command(*CHECK, "t.yaml", "--diff-base", "main"))

    assert said[0] == 3
    assert [one for one in said[1] if one in {"Old", "New"}] == ["New"]
    assert "Old" in said[2]
    assert (tmp_path / ".git" / "index").read_bytes() == index
    assert git("status", "--porcelain=v2", "--branch") == status


def test_a_pass_that_becomes_a_finding_and_what_is_mended(command: Said, git: Git, tmp_path: Path) -> None:
    """One that was a pass is new; nothing new is exit code 0, and one line in the comment."""
    file = tmp_path / "t.yaml"
    file.write_text(template(A="gold", B="Gold"))
    commit(git)
    file.write_text(template(A="Gold", B="Gold"))
    assert [one for one in found(command(*CHECK, file, "--diff-base", "HEAD"))[1] if one in "AB"] == ["A"]
    file.write_text(template(A="gold", B="gold"))

    code, out, _ = command("check", "t.yaml", "--unit", "", "--diff-base", "HEAD")

    assert code == 0
    assert f"baseline: only what is new against HEAD ({git('rev-parse', '--short=12', 'HEAD')}) counts" in out


def test_a_second_plan_stands_in_the_place_of_the_first(command: Said, tmp_path: Path) -> None:
    """Whatever it is called; git is not asked for."""
    now = written(tmp_path / "plan.json", plan("old", "new"))
    then = written(tmp_path / "before.json", plan("old"))

    assert found(command(*CHECK, now, "--diff-base", then)) == (3, [NEW], [OLD])
    code, out, err = command("check", now, then, "--diff-base", then)
    assert (code, out) == (2, "")
    assert err == f"auditor: --diff-base {then} stands in the place of one PATH, and there are 2; name one."
    code, out, err = command("check", now, "--diff-base", written(tmp_path / "no.json", {"name": "web"}))
    assert (code, out) == (1, "")
    assert err.startswith(f"auditor: --diff-base {tmp_path / 'no.json'}: ")
    assert command("check", now, "--diff-base", then, "--output", f"json={then}")[0] == 2


def test_a_folder_and_what_was_not_there(command: Said, git: Git, tmp_path: Path) -> None:
    """All of a file that is new is new; a file that was named and not there is said."""
    written(tmp_path / "in" / "a.json", plan("old"))
    written(tmp_path / "in" / ".hidden" / "b.json", "[")
    (tmp_path / "in" / "link.json").symlink_to("a.json")
    commit(git)
    written(tmp_path / "in" / "sub" / "c.json", plan("new"))
    written(tmp_path / "d.json", plan("other"))

    _, new, old = found(command(*CHECK, "in", "--diff-base", "main"))
    assert (NEW in new, OLD in new, OLD in old) == (True, False, True)
    code, out, _ = command(*CHECK, "d.json", "--diff-base", "main")
    assert (code, json.loads(out)["baseline"]["absent"]) == (3, ["d.json"])
    assert json.loads(out)["old"] == []
    assert "; not there then: d.json" in command("check", "d.json", "--diff-base", "main")[1]


@pytest.mark.long
def test_policies_and_settings_are_those_of_then(
    command: Said, git: Git, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A waiver that was there then makes a finding new that is waived no more, wherever the file named it."""
    del tmp_path
    waiver = {
        "control_id": "BKP-COV-001",
        "subject": "arn:aws:ec2:eu-west-1:111122223333:volume/*aws_ebs_volume.old*",
        "reason": "a reason that is long enough",
        "approved_by": "n",
        "expires": "2026-03-01",
    }
    Path("conf").mkdir()
    written(Path("conf/w.yaml"), {"waivers": [waiver]})
    written(Path("conf/auditor.yaml"), {"waivers": "w.yaml"})
    written(Path("plan.json"), plan("old"))
    commit(git)
    settings = ("--config", "conf/auditor.yaml", "--diff-base", "main")
    same = found(command(*CHECK, "plan.json", *settings))
    written(Path("conf/auditor.yaml"), "")
    git("rm", "--quiet", "--force", "conf/w.yaml")

    weaker = found(command(*CHECK, "plan.json", *settings))

    assert same == (0, [], [OLD])
    assert weaker == (3, [OLD], [])
    monkeypatch.setenv("AUDITOR_CHECK_DIFF_BASE", "main")
    assert found(command(*CHECK, "plan.json", "--config", "conf/auditor.yaml")) == weaker


@pytest.mark.parametrize("name", ["-x", "--help", "", "none", "main:t.json", "main..main", "main^{tree}"])
def test_what_is_no_revision_is_refused(command: Said, git: Git, name: str) -> None:
    """In one sentence, with exit code 2, and nothing is run that begins with a dash."""
    written(Path("t.json"), plan())
    commit(git)

    code, out, err = command("check", "t.json", f"--diff-base={name}")

    assert (code, out, err.count("\n")) == (2, "", 0)
    assert "no revision" in err


def test_a_shallow_clone_says_what_to_fetch(
    command: Said, git: Git, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a workflow's checkout makes one."""
    written(tmp_path / "t.json", plan())
    commit(git)
    first = git("rev-parse", "HEAD")
    git("commit", "--quiet", "--allow-empty", "--message", "m")
    git("clone", "--quiet", "--depth", "1", tmp_path.as_uri(), "shallow")
    monkeypatch.chdir(tmp_path / "shallow")

    for name in (first, "HEAD~1"):
        code, out, err = command("check", "t.json", "--diff-base", name)
        assert (code, out) == (2, "")
        assert err.endswith("this clone is shallow, so fetch it first (actions/checkout: fetch-depth: 0).")


def test_links_and_other_places_are_refused(command: Said, git: Git, tmp_path: Path) -> None:
    """A link of then, an input of elsewhere, and inputs that lie in no checkout."""
    written(tmp_path / "real.json", plan())
    (tmp_path / "t.json").symlink_to("/etc/hostname")
    commit(git)
    (tmp_path / "t.json").unlink()
    written(tmp_path / "t.json", plan())
    other = written(tmp_path.parent / f"{tmp_path.name}-other" / "o.json", plan())

    for arguments, said in (
        (["t.json"], "t.json: it was a symbolic link then"),
        (["real.json", other], f"{other}: it lies outside {tmp_path}"),
        ([other], f"{other}: it lies in no checkout of git"),
    ):
        code, out, err = command("check", *arguments, "--diff-base", "main")
        assert (code, out, err.count("\n")) == (2, "", 0)
        assert said in err


def test_what_was_broken_then_is_said_with_the_revision(command: Said, git: Git) -> None:
    """Never a pass: the file is named as it is now, and no folder of ours."""
    written(Path("t.json"), "[")
    commit(git)
    written(Path("t.json"), plan())

    code, out, err = command("check", "t.json", "--diff-base", "main")

    assert (code, out) == (1, "")
    assert err.startswith("auditor: --diff-base, at main (")
    assert "): t.json:1: it is not JSON" in err


def test_a_name_that_is_a_file_and_a_revision_is_refused(command: Said, git: Git, tmp_path: Path) -> None:
    """Each can be written so that it is one of them."""
    written(tmp_path / "t.json", plan("old"))
    commit(git)
    written(tmp_path / "main", plan("old", "new"))

    code, _, err = command("check", "t.json", "--diff-base", "main")

    assert code == 2
    assert err.startswith("auditor: --diff-base main is a file and a revision; write ./main, or refs/heads/")
    assert found(command(*CHECK, "main", "--diff-base", "./main"))[1:] == ([], [NEW, OLD])
    assert found(command(*CHECK, "t.json", "--diff-base", "refs/heads/main"))[1:] == ([], [OLD])


SEVERAL = "auditor: git has several things of the name '{}'; write refs/remotes/…, refs/heads/…"


@pytest.fixture
def pushed(git: Git) -> str:
    """A plan with one volume at the branch of a remote, and one with two at a later commit: that one's id."""
    for names in (("old",), ("old", "new")):
        written(Path("t.json"), plan(*names))
        commit(git)
    git("update-ref", "refs/remotes/origin/main", "HEAD~1")
    return git("rev-parse", "HEAD")


@pytest.mark.parametrize("name", ["origin/main", "origin/main~0", "remotes/origin/main"])
def test_a_branch_of_a_remote_that_is_a_tag_too_is_refused(
    command: Said, git: Git, pushed: str, name: str
) -> None:
    """Git would take the tag, which a pull request may have made of itself; its settings change nothing."""
    assert found(command(*CHECK, "t.json", "--diff-base", name)) == (3, [NEW], [OLD])
    git("tag", name.removesuffix("~0"), pushed)
    git("config", "core.warnAmbiguousRefs", "false")

    code, out, err = command(*CHECK, "t.json", "--diff-base", name)

    assert (code, out) == (2, "")
    assert err.startswith(SEVERAL.format(name))


@pytest.mark.long
def test_a_whole_name_is_that_reference_alone(command: Said, git: Git, pushed: str) -> None:
    """Whatever tags are called, also where there is no such branch; a whole id is the commit."""
    whole, first = "refs/remotes/origin/main", git("rev-parse", "HEAD~1")
    for tag in ("origin/main", whole, "refs/remotes/origin/none", first):
        git("update-ref", f"refs/tags/{tag}", pushed)

    for name in (whole, f"{whole}~0", f"{whole}^{{commit}}", first, first.upper()):
        assert found(command(*CHECK, "t.json", "--diff-base", name)) == (3, [NEW], [OLD])
    for name in ("refs/remotes/origin/none", "refs/remotes/origin/none~0"):
        code, out, err = command(*CHECK, "t.json", "--diff-base", name)
        assert (code, out) == (2, "")
        assert err.startswith(f"auditor: there is no revision '{name}' in ")


def test_a_short_id_that_is_a_tag_too_is_refused(command: Said, git: Git, pushed: str) -> None:
    """Git would take the tag."""
    short = git("rev-parse", "--short", "HEAD~1")
    assert found(command(*CHECK, "t.json", "--diff-base", short)) == (3, [NEW], [OLD])
    git("tag", short, pushed)

    code, out, err = command(*CHECK, "t.json", "--diff-base", short)

    assert (code, out) == (2, "")
    assert err.startswith(SEVERAL.format(short))


def test_a_file_of_a_name_of_several_things_is_refused(command: Said, git: Git, pushed: str) -> None:
    """It is a revision, whichever."""
    written(Path("origin/main"), plan("old"))
    git("tag", "origin/main", pushed)

    code, out, err = command(*CHECK, "t.json", "--diff-base", "origin/main")

    assert (code, out) == (2, "")
    assert err.startswith("auditor: --diff-base origin/main is a file and a revision; write ./origin/main, ")
    assert found(command(*CHECK, "t.json", "--diff-base", "./origin/main")) == (3, [NEW], [OLD])


def test_paths_that_no_checkout_has_are_not_written(command: Said, git: Git, tmp_path: Path) -> None:
    """A tree may be made by hand: `..` leads nowhere."""
    blob = git("hash-object", "-w", "--stdin", given=json.dumps(plan("old")).encode())
    inner = git("mktree", given=f"100644 blob {blob}\tx.json\n".encode())
    outer = git("mktree", given=f"040000 tree {inner}\t..\n".encode())
    root = git("mktree", given=f"040000 tree {outer}\tin\n".encode())
    made = git("commit-tree", root, "-m", "m")
    written(tmp_path / "in" / "x.json", plan("old"))

    assert found(command(*CHECK, "in", "--diff-base", made)) == (3, ["aws_ebs_volume.old"], [])


@pytest.mark.long
def test_what_is_too_much_is_refused(
    command: Said, git: Git, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Files, bytes, and the list of files; git is not waited for to its end."""
    file = written(tmp_path / "in" / "a.json", plan("old"))
    written(tmp_path / "in" / "b.json", plan("old"))
    commit(git)

    for limit, least, said in (
        ("MOST_FILES", 2, "it has more than 1 files"),
        ("MOST_BYTES", 2 * file.stat().st_size, "or 0 MiB there"),
        ("MOST_LISTED", 200, "more files than can be compared"),
    ):
        with monkeypatch.context() as patched:
            patched.setattr(revision, limit, least)
            assert command("check", "in", "--diff-base", "main")[0] == 0
            patched.setattr(revision, limit, least // 2)
            code, out, err = command("check", "in", "--diff-base", "main")
        assert (code, out) == (1, "")
        assert said in err


def test_two_things_to_compare_with_and_none(command: Said, tmp_path: Path) -> None:
    """Both options say what is old."""
    now = written(tmp_path / "plan.json", plan())

    assert "give one of them" in command("check", now, "--diff-base", now, "--baseline", now)[2]
    assert "git is not installed" not in command("check", now, "--diff-base", now)[2]


def test_without_git_a_file_is_still_compared_with(
    command: Said, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A revision is not, which one sentence says."""
    now = written(tmp_path / "plan.json", plan("old"))
    monkeypatch.setenv("PATH", str(tmp_path))

    assert found(command(*CHECK, now, "--diff-base", now)) == (0, [], [OLD])
    code, out, err = command("check", now, "--diff-base", "main")
    assert (code, out, err) == (1, "", "auditor: git is not installed; install it, or compare with a file.")

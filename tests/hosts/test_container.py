"""The recipe of the container: what it copies, installs and runs as. It is built nowhere here."""

import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.architecture.committed import committed
from tests.hosts.jobs import ROOT

#: Of the lock, what comes with pydantic by an extra that only the development group asks for.
ELSEWHERE = {"dnspython", "email-validator"}
EXTRAS = ("", "executor", "postgres", "run-task", "sandbox", "executor postgres")


def instructions() -> list[tuple[str, str]]:
    """Each instruction with its arguments on one line."""
    text = (ROOT / "Containerfile").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    joined = "\n".join(lines).replace("\\\n", " ").splitlines()
    return [(line.split()[0], line.partition(" ")[2]) for line in joined]


def copied() -> list[str]:
    """What is copied from this folder."""
    of_folder = [args.split() for name, args in instructions() if name == "COPY" and "--from" not in args]
    return [source for args in of_folder for source in args[:-1]]


def needed(extras: str) -> set[str]:
    """What these extras need on this machine, by what is installed says of itself."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    asked = [Requirement(one) for one in project["dependencies"]]
    for extra in extras.split():
        asked += [Requirement(one) for one in project["optional-dependencies"][extra]]
    seen: set[tuple[str, str]] = set()
    while asked:
        wanted = asked.pop()
        name = canonicalize_name(wanted.name)
        for extra in ("", *wanted.extras):
            if (name, extra) in seen:
                continue
            seen.add((name, extra))
            if name == project["name"]:
                asked += [Requirement(one) for one in project["optional-dependencies"].get(extra, [])]
                continue
            found = map(Requirement, requires(name) or [])
            asked += [one for one in found if one.marker is None or one.marker.evaluate({"extra": extra})]
    return {name for name, _ in seen} - {project["name"]}


def locked(extras: str, *options: str) -> dict[str, str]:
    """What the recipe's own line chooses of the lock: the entries that hold on this machine, by name."""
    (line,) = (args for name, args in instructions() if name == "RUN" and "locked.py" in args)
    lines = [part.strip() for part in line.split("&&")]
    loop, chosen = lines[0], lines[1].removesuffix(">run.lock")
    done = subprocess.run(
        ["sh", "-ec", f'python() {{ "{sys.executable}" "$@"; }}; {loop}; {chosen} {" ".join(options)}'],
        cwd=ROOT,
        env={"EXTRAS": extras, "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
    )
    entries: dict[str, str] = {}
    for entry in re.split(r"^(?=[a-z0-9])", done.stdout, flags=re.MULTILINE)[1:]:
        requirement = Requirement(entry.partition("\\")[0].strip())
        if requirement.marker is None or requirement.marker.evaluate():
            entries[canonicalize_name(requirement.name)] = entry
    return entries


@pytest.mark.parametrize("extras", EXTRAS)
def test_what_is_installed_is_what_the_extras_need_and_nothing_of_the_development(extras: str) -> None:
    """Each with its hashes; the lock does not tell which extra of pydantic somebody asks for."""
    chosen, wanted = locked(extras), needed(extras)

    assert wanted - set(chosen) == set()
    assert set(chosen) - wanted <= ELSEWHERE
    assert all("--hash=sha256:" in entry for entry in chosen.values())
    assert set(chosen) & {"pytest", "ruff", "mypy", "hatchling", "awscli"} == set()


def test_what_makes_the_wheel_is_locked_too() -> None:
    """Hatchling, and nothing that runs."""
    chosen = locked("", "--only-build")

    assert "hatchling" in chosen
    assert set(chosen) & needed("") <= {"packaging"}


def test_pip_installs_nothing_that_has_no_hash() -> None:
    """Each call of pip asks for hashes, or takes what was made here and nothing that it needs."""
    runs = [part.strip() for name, args in instructions() if name == "RUN" for part in args.split("&&")]
    calls = [run for run in runs if re.search(r"/pip (install|wheel)", run)]

    assert len(calls) == 4
    assert [run for run in calls if "--no-deps" not in run] == []
    assert [run for run in calls if "-r " in run and "--require-hashes" not in run] == []
    assert [run.split()[-1] for run in calls if "-r " not in run] == [".", "dist/*.whl"]


def test_it_does_not_run_as_root_and_brings_nothing_that_builds() -> None:
    """The last stage takes the installed folder alone, and names its user by a number."""
    found = instructions()
    last = found[max(number for number, (name, _) in enumerate(found) if name == "FROM") :]

    assert [args for name, args in last if name == "USER"] == ["10001"]
    assert [args for name, args in last if name == "COPY"] == ["--from=build /opt/auditor /opt/auditor"]
    assert [args for name, args in last if name == "ENTRYPOINT"] == ['["auditor"]']
    assert ("ARG", "PYTHON=docker.io/library/python:3.13-slim-bookworm") in found
    assert {args.split()[0] for name, args in found if name == "FROM"} == {"${PYTHON}"}


def test_what_it_copies_is_there_and_not_left_out() -> None:
    """Everything else of the folder is: keys, runs and environments of whoever builds."""
    allowed = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    files = committed()

    assert allowed[1] == "*"
    assert {line[1:] for line in allowed if line.startswith("!")} == set(copied())
    missing = [one for one in copied() if not any(f == one or f.startswith(f"{one}/") for f in files)]
    assert missing == []


@pytest.mark.long
def test_a_wheel_is_made_of_what_it_copies(tmp_path: Path) -> None:
    """The policies and the organization of the demo are in it."""
    for one in copied():
        target = tmp_path / "build" / one
        target.parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / one).is_dir():
            shutil.copytree(ROOT / one, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / one, target)
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]

    subprocess.run([*command, "--wheel-dir", tmp_path, tmp_path / "build"], check=True)

    (wheel,) = tmp_path.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {
        "auditor/cli/main.py",
        "auditor/_policies/tiers.yaml",
        "auditor/_organization/organization.yaml",
    } <= names

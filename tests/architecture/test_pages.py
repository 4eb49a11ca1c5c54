"""The pages name options, commands and files that are there."""

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from auditor.cli.main import cli
from tests.architecture.committed import ROOT

PAGES = sorted(
    page.relative_to(ROOT).as_posix()
    for page in (
        *(ROOT / "docs").rglob("*.md"),
        *(ROOT / "examples").rglob("*.md"),
        ROOT / "README.md",
        ROOT / "CONTRIBUTING.md",
    )
)
#: Options of other programs: the aws command line, OPA, createdb, `make bench` and pytest.
FOREIGN = {
    *("--by-account-id", "--coverage", "--encoding", "--endpoint-url", "--quick", "--schema", "--strict"),
    "--template",
}
#: Files that a reader makes, by the pages on how to add something.
MADE_BY_READERS = {
    "auditor/collect/listings/fsx.py",
    "policies/controls/retention/points_at_least/",
    "reports/formats/tap.py",
    "tests/unit/reports/formats/test_tap.py",
}
FOLDERS = r"(?:auditor|bench|docs|examples|policies|reports|scripts|tests)"


def commands(group: click.Command, *path: str) -> Iterator[tuple[tuple[str, ...], set[str]]]:
    """Each command of the program, and its options."""
    yield path, {name for each in group.params for name in (*each.opts, *each.secondary_opts)}
    if isinstance(group, click.Group):
        context = click.Context(group)
        for name in group.list_commands(context):
            found = group.get_command(context, name)
            assert found is not None
            yield from commands(found, *path, name)


PROGRAM = dict(commands(cli))


@pytest.mark.parametrize("page", PAGES)
def test_what_a_page_names_is_there(page: str) -> None:
    """Options, commands in blocks of code, paths in code, and links."""
    text = (ROOT / page).read_text(encoding="utf-8")
    known = set().union(*PROGRAM.values()) | FOREIGN
    blocks = "\n".join(re.findall(r"^```\w*\n(.*?)^```", text, re.DOTALL | re.MULTILINE))
    called = re.findall(r"^(?:\S+=\S+ )*(?:\S*/)?auditor ([a-z]+)(?: ([a-z]+))?", blocks, re.MULTILINE)
    paths = set(re.findall(rf"`({FOLDERS}/[\w./-]+)`", text)) - MADE_BY_READERS
    links = [link for link in re.findall(r"\]\(([^)#\s]+)", text) if "://" not in link]

    assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", text)) - known == set()
    assert [one for one in called if (one[0],) not in PROGRAM] == []
    assert [one for one in called if one[0] in {"policy", "executor"} and one not in PROGRAM] == []
    assert [path for path in sorted(paths) if not (ROOT / path).exists()] == []
    assert [link for link in links if not (ROOT / Path(page).parent / link).exists()] == []

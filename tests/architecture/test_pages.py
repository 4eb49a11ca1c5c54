"""The pages name options, commands and files that are there."""

import re
from collections.abc import Iterator
from pathlib import Path

import click

from auditor.cli.main import cli
from tests.architecture.committed import ROOT, committed

#: Options of other programs: the aws command line, OPA, Conftest, createdb, podman, `make bench` and pytest.
FOREIGN = {
    *("--build-arg", "--bundle", "--by-account-id", "--change-set-name", "--coverage", "--data"),
    *("--encoding", "--endpoint-url", "--fail-on-warn", "--include-property-values", "--input"),
    *("--namespace", "--policy", "--quick", "--schema", "--stack-name", "--strict"),
    *("--strict-builtin-errors", "--tag", "--template"),
    *("--content", "--description", "--global-settings", "--policy-id", "--target-id", "--type"),
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


def missing(page: str, text: str) -> list[object]:
    """The options, commands in blocks of code, paths in code, and links of a page that are not there."""
    known = set().union(*PROGRAM.values()) | FOREIGN
    blocks = "\n".join(re.findall(r"^```\w*\n(.*?)^```", text, re.DOTALL | re.MULTILINE))
    called = re.findall(r"^(?:\S+=\S+ )*(?:\S*/)?auditor ([a-z-]+)(?: ([a-z-]+))?", blocks, re.MULTILINE)
    paths = set(re.findall(rf"`({FOLDERS}/[\w./-]+)`", text)) - MADE_BY_READERS
    links = [link for link in re.findall(r"\]\(([^)#\s]+)", text) if "://" not in link]
    return [
        *sorted(set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", text)) - known),
        *(one for one in called if (one[0],) not in PROGRAM),
        *(
            one
            for one in called
            if one[0] in {"policy", "executor", "publish", "run-task"} and one not in PROGRAM
        ),
        *(path for path in sorted(paths) if not (ROOT / path).exists()),
        *(link for link in links if not (ROOT / Path(page).parent / link).exists()),
    ]


def test_what_a_page_names_is_there() -> None:
    """In the pages for readers: those of `docs` and `examples`, README.md and CONTRIBUTING.md."""
    pages = {
        name: text
        for name, text in committed().items()
        if name.endswith(".md")
        and (name.startswith(("docs/", "examples/")) or name in {"README.md", "CONTRIBUTING.md"})
    }

    assert {name: found for name, text in pages.items() if (found := missing(name, text))} == {}


def test_what_is_not_there_is_seen() -> None:
    """Each kind, beside what is there."""
    there = "--database `docs/check.md` [check](docs/check.md)\n```sh\nauditor check\n```\n"
    wrong = (
        "--no-such `docs/no-such.md` [x](no-such.md)\n```sh\nauditor absent\nauditor executor absent\n```\n"
    )

    assert missing("README.md", there) == []
    assert missing("README.md", wrong) == [
        "--no-such",
        ("absent", ""),
        ("executor", "absent"),
        "docs/no-such.md",
        "no-such.md",
    ]

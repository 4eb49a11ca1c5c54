"""`auditor policy`: list, show, test, export, bundle, draft and document controls, and list frameworks."""

import json
import shutil
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

import click

from auditor.cli.kinds import NewFile, write_file
from auditor.cli.options import settings_options, untested_option
from auditor.cli.policy_docs import command as docs
from auditor.cli.policy_docs import own_policies
from auditor.cli.policy_input import command as input_
from auditor.model.errors import AuditorError, ExitCode, UsageError
from auditor.model.settings import Settings

if TYPE_CHECKING:
    from auditor.model.policy import Control


@click.group("policy")
def command() -> None:
    """List, show, test, export, bundle, draft and document the controls of an audit."""


command.add_command(input_)
command.add_command(docs)


@command.command("list")
@settings_options("policies")
@untested_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_(settings: Settings, *, untested: bool, as_json: bool) -> None:
    """List the controls with their severity and subject."""
    from auditor.cli.console import show
    from auditor.cli.steps import load_tested
    from auditor.rego.load import check_modules

    catalogue = load_tested(settings, untested=untested)
    check_modules(catalogue.rego, catalogue.data)
    if as_json:
        click.echo(json.dumps([_entry(control) for control in catalogue.controls], indent=2))
    else:
        show(_table(catalogue.controls))


@command.command("frameworks")
@click.argument("framework", metavar="[ID]", required=False)
@settings_options("policies")
def frameworks_(framework: str | None, settings: Settings) -> None:
    """List the frameworks, or what one of them asks and which controls give evidence of it."""
    from auditor.catalogue.frameworks import load_frameworks, named
    from auditor.catalogue.load import Catalogue
    from auditor.cli.console import show
    from auditor.cli.listing import framework_table, frameworks_table

    found = load_frameworks(Catalogue.load(settings.policies, settings.tiers))
    show(frameworks_table(found) if framework is None else framework_table(named(found, framework)))


@command.command("show")
@click.argument("control", metavar="ID")
@settings_options("policies")
def show_(control: str, settings: Settings) -> None:
    """Show what a control says of itself, and its Rego."""
    from auditor.catalogue.load import Catalogue
    from auditor.cli.console import show

    catalogue = Catalogue.load(settings.policies, settings.tiers)
    for found in catalogue.controls:
        if found.id == control.upper():
            rego = catalogue.modules[found.path].replace("\t", "    ")
            show(*_lines(found), "", *rego.splitlines())
            return
    near = get_close_matches(control.upper(), sorted(catalogue.control_ids), n=1, cutoff=0)[0]
    raise UsageError(f"there is no control {control!r}; did you mean {near}?")


@command.command("test")
@settings_options("policies")
def test(settings: Settings) -> int:
    """Run the policies' tests, and say which lines none reaches.

    They run in the embedded engine, and in OPA too where AUDITOR_OPA or the PATH has it. Exits with 2 where
    one fails.
    """
    from auditor.catalogue.load import Catalogue
    from auditor.cli.console import show
    from auditor.rego import testing
    from auditor.rego.opa_process import opa_program

    catalogue = Catalogue.load(settings.policies, settings.tiers)
    tested = testing.run_tests(catalogue)
    program = opa_program()
    at_limit = any(one.at_limit for one in tested.tests)
    engines = {"embedded": tested.tests}
    if program is not None and not at_limit:
        engines["OPA"] = testing.run_opa(program, catalogue)
    for engine, tests in engines.items():
        failed = [one for one in tests if one.why]
        show(*(f"{one.path}:{one.line}: {one.name} {one.why} ({engine})" for one in failed))
        show(f"{engine}: {len(tests) - len(failed)} of {len(tests)} tests passed")
    if program is not None and at_limit:
        show("OPA: not asked, as a test came to a limit")
    for path, lines in tested.missed.items():
        show(f"{path}: no test reaches line {', '.join(map(str, lines))}")
    reached = tested.lines - sum(map(len, tested.missed.values()))
    if tested.lines:
        show(f"{reached} of {tested.lines} lines are reached by tests")
    else:
        show("which lines tests reach is not known, as one of them came to a limit")
    whole = all(not one.why for tests in engines.values() for one in tests)
    return ExitCode.COMPLIANT if whole else ExitCode.USAGE


@command.command("new")
@click.argument("control", metavar="ID|FAMILY/NAME")
@click.option(
    "--subject",
    type=click.Choice(
        (
            *(
                "resource",
                "deleted_resource",
                "recovery_point",
                "plan",
                "vault",
                "vault_policy",
                "key",
                "account",
            ),
            *(
                "waiver",
                "attestation",
                "run",
                "organization",
                "organization_policy",
                "change",
                "bucket",
                "role",
                "quota",
                "selection",
            ),
        )
    ),
    default="resource",
    show_default=True,
    help="What the control judges.",
)
@settings_options("policies")
def new(settings: Settings, control: str, subject: str) -> None:
    """Draft a control, with tests that pass and its page.

    It is named by an id such as BKP-FRQ-101, or by its family and name, such as frequency/weekly_at_least:
    its id is then the next free one of the family, from 101 on where it is added to the shipped policies, so
    that it never meets one of a later release. The policies must be your own: pass --policies with a
    whole folder of them, or with one that adds to the shipped ones, which may be empty.
    """
    from auditor.catalogue.draft import SHIPPED, draft
    from auditor.catalogue.layers import is_whole
    from auditor.catalogue.load import Catalogue
    from auditor.catalogue.pages import PAGE, pages
    from auditor.cli.console import show

    folder = own_policies(settings)
    began = folder.is_dir() and any(folder.iterdir())
    catalogue = Catalogue.load(folder if began else None, settings.tiers)
    drafted = draft(control, subject, catalogue, 0 if is_whole(folder) else SHIPPED)
    place = folder / drafted.folder
    if place.exists():
        raise UsageError(f"{place} is there already; choose another name.")
    try:
        place.mkdir(parents=True)
        for path, text in drafted.files().items():
            (folder / path).write_text(text, encoding="utf-8")
        wanted = pages(folder, Catalogue.load(folder, settings.tiers))
        for page in (place / PAGE, folder / "controls" / PAGE):
            page.write_text(wanted[page], encoding="utf-8")
    except OSError as error:
        raise AuditorError(
            f"{place} cannot be written ({error.strerror}); pass --policies with one that you may change."
        ) from error
    show(*(str(file) for file in sorted(place.iterdir())), "")
    show(
        f"{drafted.id} is a draft that passes its tests. Make it yours: say in its METADATA what it demands,",
        "name the facts that it needs in `reads`, state by them what is compliant and what is not, and test",
        f"both sides of each boundary. Then: auditor policy test --policies {folder}",
    )


@command.command("export")
@click.argument("folder", type=click.Path(path_type=Path))
def export(folder: Path) -> None:
    """Write the shipped policies into FOLDER.

    It is made, or is empty: a start for policies of your own.
    """
    from auditor.catalogue.load import policies_folder, shipped_schemas
    from auditor.cli.console import show

    try:
        if folder.exists() and any(folder.iterdir()):
            raise UsageError(f"{folder} is not empty; name a folder that is not there yet")
        leave = shutil.ignore_patterns("__pycache__", "__init__.py")
        shutil.copytree(policies_folder(), folder, dirs_exist_ok=True, ignore=leave)
        for name, schema in shipped_schemas()[0].items():  # whole: OPA follows no reference to a file
            (folder / "schemas" / f"{name}.json").write_text(json.dumps(schema, indent=2), encoding="utf-8")
    except OSError as error:
        raise AuditorError(f"{folder} cannot be written ({error.strerror}); name another folder") from error
    show(f"wrote {folder}; change it, run `auditor policy test --policies {folder}`, then audit with it")


@command.command("bundle")
@click.option(
    "--output",
    required=True,
    type=NewFile(),
    envvar="AUDITOR_POLICY_BUNDLE_OUTPUT",
    help="The file that is written, such as bundle.tar.gz; one that is there is replaced.",
)
@settings_options("policies", also=("as_of", "waivers", "max_waiver_days"))
@untested_option
def bundle_(settings: Settings, *, output: Path, untested: bool) -> None:
    """Write the policies as a bundle for OPA and Conftest.

    It holds the controls, their data and the waivers, and the package `auditor`, which asks the controls
    about the facts that `auditor policy input` prints. The same policies and waivers give the same bytes.
    """
    from auditor.catalogue.waivers import Limit, load_waivers
    from auditor.cli.console import show
    from auditor.cli.steps import load_tested
    from auditor.rego.bundle import bundle, revision

    catalogue = load_tested(settings, untested=untested)
    limit = Limit(settings.as_of.date(), settings.max_waiver_days)
    waivers = load_waivers(settings.waivers, catalogue.controls, limit)
    write_file(output, bundle(catalogue, waivers))
    count = len(waivers.entries)
    told = f", {count} {'waiver' if count == 1 else 'waivers'}" if count else ""
    show(f"wrote {output}, revision {revision(catalogue, waivers)}: {len(catalogue.controls)} controls{told}")


def _lines(control: "Control") -> list[str]:
    """Each thing that METADATA says, a line each."""
    return [
        f"{control.id}  {control.title}",
        "",
        *control.description.splitlines(),
        "",
        f"severity   {control.severity}",
        f"subject    {control.subject}",
        f"moments    {', '.join(control.moments)}",
        f"reads      {', '.join(control.reads)}",
        f"cites      {', '.join(control.cites) or 'nothing'}",
        *(f"reason     {code}: {text}" for code, text in control.reasons.items()),
        *(
            f"cause      {code}: they {one.problem}; {one.named_by} names it"
            for code, one in control.causes.items()
        ),
        f"to do      {' '.join(control.remediation.split())}",
        *(f"mended by  {code}: {' '.join(one.remediation.split())}" for code, one in control.causes.items()),
        f"file       {control.path}",
    ]


def _entry(control: "Control") -> dict[str, object]:
    return {
        "id": control.id,
        "title": control.title,
        "severity": control.severity,
        "subject": control.subject,
        "moments": list(control.moments),
        "reads": list(control.reads),
        "reasons": dict(control.reasons),
        "path": control.path,
    }


def _table(controls: "tuple[Control, ...]") -> object:
    from rich.table import Table

    from auditor.cli.console import cell

    table = Table()
    for heading in ("control", "severity", "subject", "asks"):
        table.add_column(heading, overflow="fold")  # an id that is cut off names no control
    for control in controls:
        table.add_row(*map(cell, (control.id, control.severity, control.subject, control.title)))
    return table

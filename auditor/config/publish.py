"""Write from the table: the JSON schema, the commented `auditor.yaml` and the reference page."""

import re
from pathlib import Path
from typing import Any, Final

from auditor.check.formats.registry import FORMATS as CHECK_FORMATS
from auditor.config.program_option import PROGRAMS, ProgramOption
from auditor.config.programs import OPTIONS, SHARED
from auditor.config.table import GROUPS, KEYS, Key, shown
from reports.formats.base import ChildReportFormat, ReportFormat
from reports.formats.registry import FORMATS

#: The shipped schema, beside this file.
SCHEMA_FILE: Final = Path(__file__).with_name("auditor.schema.json")

_HEADER: Final = """\
# Settings of `auditor`. Each key is an option (--fail-on) and a variable (AUDITOR_FAIL_ON) too; an option
# wins over a variable, a variable over this file, this file over the default. A line such as `# fail_on: low`
# shows the default, or an example where there is none; take its `# ` away to set the key. Paths are relative
# to this file.
"""


def schema() -> dict[str, Any]:
    """Make the JSON schema (draft 2020-12) of `auditor.yaml`."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "auditor.yaml",
        "description": "Settings of the auditor command.",
        "type": "object",
        "additionalProperties": False,
        "properties": {key.name: _property(key) for key in KEYS},
    }


def template() -> str:
    """Make the file that `auditor init` writes: every key with its sentence, the defaults as comments."""
    parts = [_HEADER]
    for group, title in GROUPS.items():
        parts.append(f"\n# --- {title} ---\n")
        parts += [_commented(key) for key in KEYS if key.group == group]
    return "".join(parts)


def page() -> str:
    """Make `docs/configuration.md`."""
    lines = [
        "# Configuration",
        "",
        "<!-- Made by scripts/configuration_page.py from the tables in auditor/config; do not edit. -->",
        "",
        "Every setting is a key of `auditor.yaml`, an option and an environment variable.",
        "An option wins over a variable, a variable over the file, the file over the default.",
        "The file is the one that `--config` (or `AUDITOR_CONFIG`) names,",
        "else `auditor.yaml` in the current folder.",
        "In the file, a list is a YAML list and a path is relative to the file;",
        "as an option or a variable, a list is separated by commas.",
        "An unknown key or a value that does not fit is refused with its file and line.",
        "A file that is written by hand (YAML or JSON: settings, tiers, parameters, waivers, plans,",
        "inventories, credentials) may have 1 MiB, 50 levels and 200,000 values;",
        "it has no tags, and aliases count as what they repeat.",
        "`auditor init` writes a commented file; its JSON schema is `auditor/config/auditor.schema.json`.",
    ]
    for group, title in GROUPS.items():
        lines += [
            "",
            f"## {title}",
            "",
            "| key, option, variable | what | must be | default |",
            "|---|---|---|---|",
        ]
        lines += [_row(key) for key in KEYS if key.group == group]
    return "\n".join(lines + _programs()) + "\n"


def _programs() -> list[str]:
    """The part of the page on what is no key of `auditor.yaml`."""
    lines = [
        "",
        "## The executor, the sandbox and the run task",
        "",
        "These are options and variables, and no keys of `auditor.yaml`; the table is",
        "`auditor/config/programs.py`. An option wins over a variable, a variable over the default.",
        "A variable that had another name is refused with its new one.",
    ]
    for program, (_, title) in PROGRAMS.items():
        lines += [
            "",
            f"### {title}",
            "",
            "| option, variable | of | what | must be | default |",
            "|---|---|---|---|---|",
        ]
        lines += [_program_row(row) for row in OPTIONS if row.program == program]
    shared = [
        f"`--{name}` of `{command}`".replace("_", "-") for command, names in SHARED.items() for name in names
    ]
    return [*lines, "", f"A setting, and described above: {', '.join(shared)}."]


def _program_row(row: ProgramOption) -> str:
    commands = "<br>".join(
        f"`{command}`" + (" (required)" if command in row.required else "") for command in row.commands
    )
    default = f"`{row.default}`" if row.default is not None else row.otherwise
    words = row.kind.words if row.kind else "a switch; as a variable, 1"
    return f"| `{row.option}`<br>`{row.variable}` | {commands} | {row.help} | {words} | {default} |"


def reports_page() -> str:
    """Make `docs/reports.md`."""
    lines = [
        "# Reports",
        "",
        "<!-- Made by scripts/configuration_page.py from reports/formats/registry.py; do not edit. -->",
        "",
        "`auditor audit` and `auditor report RUN` write the reports of a run into its folder.",
        "The setting `formats` says which; each file appears whole or not at all.",
        "Where the machine cannot make a format, one sentence says so, and the others are made.",
        "`auditor publish security-hub RUN` sends what `asff` writes: [security-hub.md](security-hub.md).",
        "veraPDF 1.26.1 found nothing against PDF/UA-1 in three PDFs of the tests on 2026-11-29;",
        "`make test-long` asks it again where a JDK and Maven are.",
        "To add a format: [contributing/report-format.md](contributing/report-format.md).",
    ]
    for one in FORMATS:
        lines += ["", f"## `{one.name}`", "", one.help, *_traits(one), ""]
        lines += ["| file | media type | what it holds |", "|---|---|---|"]
        lines += [f"| `{file.name}` | `{file.media_type}` | {file.holds} |" for file in one.files]
        if one.warns:
            lines += ["", "It may say:", "", *(f"- {_unfilled(sentence)}" for sentence in one.warns)]
    return "\n".join(lines) + "\n"


def check_page() -> str:
    """Make `docs/check-formats.md`."""
    lines = [
        "# What a check is printed as",
        "",
        "<!-- Made by scripts/configuration_page.py from auditor/check/formats/registry.py; do not edit. -->",
        "",
        "`auditor check --format FORMAT` prints one format; `--output FORMAT=FILE`, as often as wanted,",
        "writes others to files, each whole or not at all.",
        "[Before the merge](check.md) tells of the check itself.",
        "",
        "With `--against`, each of them shows what becomes of the run. For `sarif`, `junit`, `github` and",
        "`gitlab` who loses is a finding, what is no longer known is unknown, and who gains is none.",
    ]
    for one in CHECK_FORMATS:
        lines += ["", f"## `{one.name}`", "", one.help]
        if one.warns:
            lines += ["", "It may say:", "", *(f"- {_unfilled(sentence)}" for sentence in one.warns)]
    return "\n".join(lines) + "\n"


def _unfilled(sentence: str) -> str:
    return re.sub(r"\{\w+(:,)?\}", "…", sentence)


def _traits(one: type[ReportFormat]) -> list[str]:
    traits = []
    if not one.by_default:
        traits.append("It is written only where `formats` names it.")
    if issubclass(one, ChildReportFormat):
        traits.append("It is made by processes of its own, while the other formats are written.")
    return traits


def _property(key: Key) -> dict[str, Any]:
    """The key's schema; an optional key may stand there without a value, so null fits it."""
    described: dict[str, Any] = {"description": key.help}
    if key.default is None:
        return described | {"anyOf": [dict(key.kind.schema), {"type": "null"}]}
    default = list(key.default) if isinstance(key.default, tuple) else key.default
    return (
        described
        | dict(key.kind.schema)
        | {"default": str(default) if isinstance(default, Path) else default}
    )


def _commented(key: Key) -> str:
    example = key.sample if key.default is None else shown(key.default)
    return f"\n# {key.help}\n# It must be {key.kind.words}.\n# {key.name}: {example}\n"


def _row(key: Key) -> str:
    names = f"`{key.name}`<br>`{key.option}`<br>`{key.variable}`"
    default = "" if key.default is None else f"`{shown(key.default)}`"
    return f"| {names} | {key.help} | {key.kind.words} | {default} |"

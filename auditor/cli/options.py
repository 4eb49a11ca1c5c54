"""Options of the settings, made from the one table, and the settings that a command was given."""

from collections.abc import Callable, Collection
from datetime import UTC, datetime
from functools import wraps
from pathlib import Path
from typing import Any, Final

import click
from click.core import ParameterSource

from auditor.cli.kinds import OfKind
from auditor.config.load import FILE_NAME, load_settings
from auditor.config.table import KEYS, Key, shown

#: As `auditor.evidence.layout` and `auditor.audit` have them, which would load Arrow.
_RUN_FILES: Final = ("manifest.json", "document.json")
_RUN_HELP: Final = "The folder of a run, such as runs/latest."


def settings_options(
    *groups: str, also: Collection[str] = ()
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Give a command the options of `groups` and `--config`, and call it with `settings` in their place.

    `also` names further settings, whose groups it does not take whole.
    """
    keys = [key for key in KEYS if key.group in groups or key.name in also]

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(function)
        def with_settings(config: Path | None, **given: Any) -> Any:
            values = {key.name: given.pop(key.name) for key in keys}
            source = click.get_current_context().get_parameter_source
            variables = [key.name for key in keys if source(key.name) is ParameterSource.ENVIRONMENT]
            settings = load_settings(values, config, now=datetime.now(UTC), variables=variables)
            return function(settings=settings, **given)

        decorated: Callable[..., Any] = with_settings
        for key in reversed(keys):
            decorated = setting_option(key)(decorated)
        return _config_option(decorated)

    return decorate


def run_argument(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the argument RUN, a folder."""
    return click.argument("run", type=_run_type(), metavar="RUN")(function)


def run_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the option `--run`, a folder."""
    return click.option(
        "--run",
        type=_run_type(),
        default="runs/latest",
        show_default=True,
        envvar="AUDITOR_RUN",
        help=_RUN_HELP,
    )(function)


class RunFolder(click.Path):
    """A run folder that exists; an empty folder and a folder of runs are refused."""

    def __init__(self) -> None:
        """Take folders only."""
        super().__init__(file_okay=False, path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Take the folder, or name the newest run in it."""
        folder = Path(str(super().convert(value, param, ctx)))
        if any((folder / name).exists() for name in _RUN_FILES):
            return folder
        raise click.BadParameter(_no_run(folder), ctx, param)


def _no_run(folder: Path) -> str:
    """The sentence about a folder that is not a run folder."""
    if not folder.exists():
        return f"there is no run folder {folder}; `auditor audit` makes them below --out"
    manifests = [path for path in folder.glob(f"[!.]*/{_RUN_FILES[0]}") if not path.parent.is_symlink()]
    if not manifests:
        return f"{folder} is not a run folder; `auditor audit` makes them below --out"
    newest = max(manifests, key=lambda path: (path.stat().st_mtime, path)).parent
    return f"{folder} is not a run folder, but holds some; the newest is {newest}"


def dry_run_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the flag `--dry-run`."""
    return click.option(
        "--dry-run", is_flag=True, envvar="AUDITOR_DRY_RUN", help="Show what would change; change nothing."
    )(function)


def untested_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the flag `--untested`."""
    return click.option(
        "--untested",
        is_flag=True,
        envvar="AUDITOR_UNTESTED",
        show_envvar=True,
        help="Load policies of your own although a test of theirs fails, or a control has none.",
    )(function)


def _run_type() -> click.Path:
    return RunFolder()


def _config_option(function: Callable[..., Any]) -> Callable[..., Any]:
    return click.option(
        "--config",
        type=click.Path(path_type=Path),
        envvar="AUDITOR_CONFIG",
        show_envvar=True,
        help=f"The settings file; without it, {FILE_NAME} in the current folder if there is one.",
    )(function)


def setting_option(key: Key) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Give a command the option of one setting; None where it was not given."""
    default = "" if key.default is None else f"  [default: {shown(key.default).strip('[]')}]"
    return click.option(
        key.option,
        key.name,
        type=OfKind(key.kind),
        envvar=key.variable,
        show_envvar=True,
        metavar=key.kind.metavar,
        help=key.help + default,
    )

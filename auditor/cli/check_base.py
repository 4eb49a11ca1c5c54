"""`--diff-base REV|FILE` of `auditor check`: the same check of the inputs as they were, as a baseline."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from auditor import files
from auditor.check.baseline import Baseline
from auditor.check.cloudformation.parameters import read_stacks
from auditor.check.input_files import SUFFIXES
from auditor.check.inputs import InputsThen
from auditor.check.own_policies import demanded
from auditor.check.result import ReadBaseline
from auditor.check.revision import Revision, is_revision, opened
from auditor.check.run import CheckOptions, check
from auditor.cli.check_options import GivenParameters
from auditor.config.load import FILE_NAME, read_file
from auditor.evaluate.times import epoch_ms, rfc3339
from auditor.model.errors import AuditorError, UsageError
from auditor.model.settings import Settings

if TYPE_CHECKING:
    from auditor.catalogue.load import Catalogue


#: What gives a setting that no file of a repository does.
_FROM_OUTSIDE: Final = ("option", "variable")

#: How inputs are named, and the Rego of a folder of policies among them.
_INPUTS: Final = (*SUFFIXES, ".rego")

Load = Callable[[Settings], "Catalogue"]


@dataclass(frozen=True, slots=True)
class Compared:
    """What is checked now: the inputs, the files of parameters, and by what."""

    paths: Sequence[Path]
    parameters: Sequence[GivenParameters]
    settings: Settings
    options: CheckOptions


def baseline_of(base: str, now: Compared, load: Load) -> Baseline:
    """What a check says of the inputs at a revision of git, or of a second file in place of the one input.

    Raises:
        UsageError: it is neither, or both; an input lies in another checkout, or was a symbolic link.
        AuditorError: what was there cannot be read or judged.
    """
    file = Path(base)
    if not base or not file.exists():
        return _of_revision(base, now, load)
    if is_revision(base, now.paths[0]):
        raise UsageError(
            f"--diff-base {base} is a file and a revision; write ./{base}, or refs/heads/{base} for a branch."
        )
    if len(now.paths) > 1:
        raise UsageError(
            f"--diff-base {files.shown(file)} stands in the place of one PATH, and there are "
            f"{len(now.paths)}; name one."
        )
    earlier = InputsThen({now.paths[0]: file}, may_lack=False)
    try:
        return _judged(files.shown(file), replace(now, options=_alone(now.options)), load, earlier, ())
    except UsageError:
        raise
    except AuditorError as error:
        raise type(error)(f"--diff-base {files.shown(file)}: {error}") from None


def _of_revision(base: str, now: Compared, load: Load) -> Baseline:
    with opened(base, now.paths[0]) as revision:
        try:
            return _at(revision, now, load)
        except AuditorError as error:
            told = str(error).replace(f"{revision.folder}/", "")
            raise type(error)(f"--diff-base, at {revision}: {told}") from None


def _at(revision: Revision, now: Compared, load: Load) -> Baseline:
    absent: list[str] = []
    found = {path: _kept(revision, path, _INPUTS, absent) for path in now.paths}
    settings = _settings_at(revision, now.settings, absent)
    options = _alone(now.options)
    kept = ((one.template, _kept(revision, one.file, (), absent)) for one in now.parameters)
    options = replace(options, stacks=read_stacks((template, file) for template, file in kept if file))
    places = {path: place for path, place in found.items() if place}
    then = Compared([*places], (), settings, options)

    def copy(path: Path) -> None:
        if revision.has(path):
            revision.at(path, _INPUTS)

    return _judged(str(revision), then, load, InputsThen(places, may_lack=True, copy=copy), absent)


def _alone(options: CheckOptions) -> CheckOptions:
    """The options of a check by the inputs alone, against which another counts."""
    return replace(options, baseline=None, against=None, simulator=None)


def _judged(name: str, then: Compared, load: Load, earlier: InputsThen, absent: Sequence[str]) -> Baseline:
    catalogue = load(then.settings)
    read = ReadBaseline(name, rfc3339(epoch_ms(then.settings.as_of)), catalogue.sha256, tuple(absent))
    if not then.paths:
        return Baseline.from_entries(read, (), demanded((), catalogue, then.settings))
    result = check(then.paths, catalogue, then.settings, then.options, earlier)
    return Baseline.from_entries(read, result.entries, result.demanded)


def _settings_at(revision: Revision, now: Settings, absent: list[str]) -> Settings:
    """The settings as they were: options and variables are those of now, over the settings file of then."""
    given = {
        name: getattr(now, name) for name, origin in now.origins.given.items() if origin in _FROM_OUTSIDE
    }
    file = now.origins.file or Path(FILE_NAME)
    kept = _kept(revision, file, (), []) if revision.has(file) or file.exists() else None
    values = read_file(kept) if kept else {}
    for name, value in values.items():
        if kept and isinstance(value, Path) and value.is_relative_to(kept.parent):
            values[name] = file.parent / value.relative_to(kept.parent)
    settings = replace(Settings(as_of=now.as_of), **{**values, **given})

    def as_it_was(path: Path | None, *suffixes: str) -> Path | None:
        return _kept(revision, path, suffixes, absent) if path else None

    return replace(
        settings,
        policies=as_it_was(settings.policies, ".rego", ".yaml"),
        tiers=as_it_was(settings.tiers),
        waivers=as_it_was(settings.waivers),
        attestations=as_it_was(settings.attestations),
        responses=as_it_was(settings.responses),
        audit_manager=as_it_was(settings.audit_manager),
        holds=as_it_was(settings.holds),
    )


def _kept(revision: Revision, path: Path, suffixes: Sequence[str], absent: list[str]) -> Path | None:
    """Where something lies as it was; what is no input and not in the checkout stays as it is now."""
    if suffixes is not _INPUTS and not revision.has(path):
        return path
    kept = revision.at(path, suffixes)
    if kept is None:
        absent.append(files.shown(path))
    return kept

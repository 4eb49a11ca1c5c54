"""Settings among our own policies: files of them as inputs, and what they demand no longer."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, replace
from datetime import UTC, datetime
from os.path import relpath
from pathlib import Path
from typing import Any, Final

from auditor.check.lowered import Lowered, perhaps_less
from auditor.model.errors import AuditorError
from auditor.model.settings import Settings
from auditor.rego.load import OWN

Json = Any
ReadSettings = Callable[[Path], Mapping[str, Any]]

#: How little a setting demands: what fails, how long is waived, what is judged, how long is audited.
_WEAKER: Final[Mapping[str, Callable[[Any], int]]] = {
    "fail_on": ("low", "medium", "high", "critical", "never").index,
    "max_waiver_days": int,
    "max_attestation_days": int,
    "deleted_resources": ("judge", "list", "ignore").index,
    "period_days": lambda days: -int(days),
}
#: Settings that say by which policies, or by which reading of AWS's documents, verdicts are reached.
_FILES: Final = ("policies", "tiers", "waivers", "attestations", "responses")
_READINGS: Final = (
    *(*_FILES, "audit_manager", "absent_tag", "arn_wildcards", "empty_selection"),
    *("list_of_tags_prefix", "like_whitespace", "copy_lifecycle"),
)
_CALLER: Final = "whether the caller's account is among them is not known"
#: The names of settings, and those that documents of others have too.
_SETTINGS: Final = frozenset(one.name for one in fields(Settings)) - {"origins"}
_OF_OTHERS: Final = frozenset(
    ("accounts", "as_of", "engine", "formats", "framework", "holds", "out", "regions", "workers")
)
#: The settings that are compared.
_COMPARED: Final = (
    *("accounts", "regions", "fail_on", "max_waiver_days", "max_attestation_days", "deleted_resources"),
    *("period_days", "framework", "engine", "engine_url"),
    *_READINGS,
)


def unread(file: Path) -> Mapping[str, Any]:
    """Refuse a file of settings, where nothing reads them; raises `AuditorError`."""
    raise AuditorError(f"{file}: settings are not read here; name what they name.")


def is_settings(found: Mapping[str, Json]) -> bool:
    """Whether a document is a file of settings: plain values, and at least half of the names."""
    known = _SETTINGS.intersection(found)
    values = [one for value in found.values() for one in (value if isinstance(value, list) else [value])]
    plain = not any(isinstance(one, list | Mapping) for one in values)
    return plain and not known <= _OF_OTHERS and 2 * len(known) >= len(found)


def settings_of(file: Path, judging: Settings, values: Mapping[str, Json]) -> Mapping[str, Json]:
    """What a file of settings says by its `values`, and the defaults; files by their place beside it.

    What the policies are that it names is not looked at, unless it is the file whose settings judge.
    """
    used = judging.origins.file
    left_out = _FILES if used is not None and used.resolve() == file.resolve() else ()
    told = replace(Settings(as_of=judging.as_of), **values)
    return {name: _beside(file, getattr(told, name)) for name in _COMPARED if name not in left_out}


def _beside(file: Path, value: Json) -> Json:
    return relpath(value, file.parent) if isinstance(value, Path) else value


def judging(settings: Settings) -> Mapping[str, Json]:
    """The settings that judge, but for the files of policies, which are compared themselves."""
    return {name: getattr(settings, name) for name in _COMPARED if name not in _FILES}


def defaults() -> Mapping[str, Json]:
    """What holds where no file says anything."""
    told = Settings(as_of=datetime.min.replace(tzinfo=UTC))
    return {name: getattr(told, name) for name in _COMPARED}


def weaker_settings(before: Mapping[str, Json], after: Mapping[str, Json]) -> Iterator[Lowered]:
    """What is left out or judged no longer, findings that fail no longer, longer waivers and attestations."""
    for key in ("accounts", "regions"):
        yield from _left_out(key, before[key], after[key])
    for key, weaker in _WEAKER.items():
        if weaker(after[key]) > weaker(before[key]):
            yield Lowered("setting", key, f"{before[key]} becomes {after[key]}", (key,))
    held, asked = before["framework"], after["framework"]
    if held != asked:
        said = (
            f"only the controls of {asked} are asked" if asked else f"{held}, which may allow less, is gone"
        )
        yield Lowered("setting", "framework", said, ("framework",), perhaps_less(said) if held else "")
    if server(after) not in ("", server(before)):
        said = "another server answers for the controls, and decides every verdict"
        yield Lowered("setting", "engine_url", said, ("engine_url",))
    for key in _READINGS:
        if key in after and before.get(key) != after[key]:
            fault = perhaps_less(f"{key} is another", "it demands less")
            yield Lowered("setting", key, "it is another", (key,), fault)


def server(settings: Mapping[str, Json]) -> str:
    """The server that answers for the controls, "" for a process of our own."""
    url = str(settings["engine_url"])
    return url if settings["engine"] == "opa-server" and url != OWN else ""


def _left_out(key: str, old: Json, new: Json) -> Iterator[Lowered]:
    """The accounts or Regions that nobody looks at any more."""
    if old != new and isinstance(new, tuple):
        listed = [one for one in old if one not in new] if isinstance(old, tuple) else []
        if listed or not isinstance(old, tuple):
            what = f"{', '.join(listed)} left out" if listed else f"only {', '.join(new)}"
            yield Lowered("setting", key, what, (key,), _CALLER if old == "caller" else "")
    elif old != new and new == "caller":
        yield Lowered("setting", key, "only the caller's account", (key,))

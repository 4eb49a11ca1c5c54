"""How, when and by whom a run was collected and judged, as the rows of an annex."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from reports.document import AuditDocument
from reports.text import clean_tree, clip
from reports.words import N_, Words

#: What a document holds that names no more than this: each list is cut here, and all is in document.json.
_MOST: Final = 60
_LONG: Final = 300
_ORIGINS: Final = {
    "default": N_("default"),
    "file": N_("file"),
    "variable": N_("variable"),
    "option": N_("option"),
    "demo": N_("set by the demo"),
}
_STEPS: Final = {"collect": N_("collection"), "judge": N_("judgement")}
_DIGESTS: Final = {
    "evidence": N_("Evidence (its manifest)"),
    "policies": N_("Policies with tiers, parameters and schemas"),
    "tiers": N_("Tiers"),
    "parameters": N_("Parameters"),
    "waivers": N_("Waivers"),
    "attestations": N_("Attestations"),
    "responses": N_("Responses"),
}


def annex(document: AuditDocument, words: Words) -> dict[str, Any]:
    """Return its tables: {facts, digests, settings, parameters}, each a list of rows, and {defaults}.

    {} where the document does not say it. A row of `facts` and `digests` is (what, value), one of `settings`
    and `parameters` {name, value, default, origin, step}. `defaults` counts those that have their default.
    """
    said = document.provenance
    if not said:
        return {}
    made: dict[str, Any] = clean_tree(
        {
            "facts": [[what, clip(value, _LONG)] for what, value in _facts(document, words) if value],
            "digests": [[what, value] for what, value in _digests(said, words)],
            "settings": [_stated(entry, words) for entry in said["settings"][:_MOST]],
            "parameters": [_stated(entry, words) for entry in said["parameters"][:_MOST]],
            "defaults": sum(_is_default(entry) for entry in (*said["settings"], *said["parameters"])),
        }
    )
    return made


def made_at(document: AuditDocument) -> str:
    """Return when the run was made, RFC 3339: the end of its collection, else the moment that it judges."""
    ended = document.provenance.get("collected", {}).get("ended_at")
    return str(ended or document.run.as_of)


def _facts(document: AuditDocument, words: Words) -> Iterator[tuple[str, str]]:
    said = document.provenance
    about, requests = said["collected"], said["requests"]
    yield words.text("Run"), document.run.id
    yield words.text("Collected, by this program's clock"), _span(about, "", words)
    yield words.text("Collected, by the endpoint's clock"), _span(about, "endpoint_", words)
    if caller := about["caller"]:
        yield words.text("Collected by"), caller["arn"]
    if about["organization"] is not None:
        yield words.text("Organization"), _organization(about["organization"], words)
    if requests["file"]:
        yield (
            words.text("Requests to AWS"),
            words.plural(
                "{n} request; {file} in the run has its start, end, id, operation, account and Region",
                "{n} requests; {file} in the run has each with start, end, id, operation, account and Region",
                requests["count"], file=requests["file"],
            ),
        )  # fmt: skip
        yield words.text("Errors that requests ended with"), _errors(requests["errors"], words)
    for step in ("collected", "judged"):
        listed = ", ".join(f"{name} {version}" for name, version in sorted(said["versions"][step].items()))
        collected = step == "collected"
        what = words.text("Versions that collected") if collected else words.text("Versions that judged")
        yield what, listed


def _span(collected: Mapping[str, Any], which: str, words: Words) -> str:
    ends = [collected[f"{which}{end}_at"] for end in ("started", "ended")]
    return words.span(*ends) if all(ends) else words.text("not recorded")


def _organization(said: Mapping[str, Any], words: Words) -> str:
    notes = "; ".join(said["notes"])
    parts = (said["id"], said["name"], f"({said['management_account_id']})")
    known = " ".join(part for part in parts if part)
    listed = said["accounts"]
    told = [
        known if said["id"] else words.text("not known"),
        "" if listed is None else words.plural("{n} account", "{n} accounts", listed),
        words.text("not answered: {notes}", notes=clip(notes, _LONG)) if notes else "",
    ]
    return "; ".join(part for part in told if part)


def _errors(errors: list[Mapping[str, Any]], words: Words) -> str:
    listed = ", ".join(f"{clip(one['error'], 80)} ({words.number(one['count'])})" for one in errors[:8])
    return listed or words.text("none")


def _digests(said: Mapping[str, Any], words: Words) -> Iterator[tuple[str, str]]:
    for name, what in _DIGESTS.items():
        yield words.text(what), said["digests"].get(name) or words.text("none given")
    if said["requests"]["sha256"]:
        yield words.text("Requests to AWS"), said["requests"]["sha256"]
    files = {(file["name"], file["sha256"]) for file in said["settings_files"].values() if file}
    for name, digest in sorted(files):
        yield words.text("Settings file {name}", name=clip(name, 120)), digest


def _stated(entry: Mapping[str, str], words: Words) -> dict[str, str | bool]:
    step = entry.get("step", "")
    return {
        "name": clip(entry["name"], 60),
        "value": clip(entry["value"], 160),
        "default": _is_default(entry),
        "origin": words.text(_ORIGINS[entry["origin"]]),
        "step": words.text(_STEPS[step]) if step else "",
    }


def _is_default(entry: Mapping[str, str]) -> bool:
    return entry["origin"] == "default"

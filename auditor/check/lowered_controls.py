"""What controls demanded and demand no longer: by their METADATA, and by what their Rego finds."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Final

from auditor.catalogue.frameworks import framework_of
from auditor.catalogue.load import shipped_schemas
from auditor.check.both_judge import BothSaid, Pair, both_judge
from auditor.check.control_versions import Controls, FactsOf
from auditor.check.lowered import Lowered, perhaps_less, weaker_framework
from auditor.model.errors import UsageError
from auditor.model.policy import Control
from auditor.model.verdicts import Severity
from auditor.rego.alike import first_difference
from auditor.yaml_files.document import parse

_LIBRARY: Final = "lib/"
#: The Rego that says what a push makes.
_PUSHED: Final = "organization/"
_PACKAGE: Final = re.compile(r"^package\s+([\w.]+)", re.MULTILINE)
_USED: Final = re.compile(r"\bdata\b\.?([\w.]*)")
_READ: Final = re.compile(r"\binput\b\.?([\w.]*)")
_COMMENT: Final = re.compile(r"^\s*#.*$", re.MULTILINE)
_OTHER: Final = "its Rego is another"
_RUN: Final = "--against a run shows what becomes of its findings"


def weaker_controls(before: Controls, after: Controls, facts: FactsOf | None = None) -> Iterator[Lowered]:
    """The controls that are gone, of a lower severity or asked less often, and those that find less.

    Both versions of a control whose Rego is another judge the examples of their tests, and `facts`.
    """
    yield from _weaker_frameworks(before, after)
    uses = _uses({**_added(before, after), **before.modules})
    changed = {path: line for path in uses if (line := _line(before, after, path, uses))}
    others: list[Pair] = []
    reads = dict[str, str]()
    for id_, old in before.by_id.items():
        new = after.by_id.get(id_)
        if new is None:
            yield Lowered("control", id_, f"it is gone ({old.title})")
            continue
        yield from _asked_less(old, new)
        rested = _rested_on(uses, old.path)
        reads[id_] = _reads_otherwise(old, new, [after.modules.get(one, "") for one in rested])
        if old.subject == new.subject and (reads[id_] or not changed.keys().isdisjoint(rested)):
            others.append((old, new))
    judged = _judged(before, after, others, facts) if others else {}
    shown = set[str]()
    for old, new in others:
        found, line = judged[old.id], changed.get(old.path, 0)
        if found.lost:
            shown |= _rested_on(uses, old.path)
            shared = sorted(changed.keys() & _rested_on(uses, old.path) - {old.path})
            rests = f"{', '.join(shared)}, on which it rests, is another" if shared else reads[old.id]
            what = _OTHER if line else rests
            yield Lowered("control", old.id, f"{what}: {found.lost}", file=new.path, at=line)
        elif line or reads[old.id]:
            what = _OTHER if line else reads[old.id]
            fault = f"{perhaps_less(what, 'it finds less')}: {found.told}; {_RUN}"
            yield Lowered("control", old.id, what, fault=fault, file=new.path, at=line)
    for path in sorted(changed.keys() - shown):
        if path.startswith(_LIBRARY):
            fault = f"{perhaps_less('controls share it, it is another', 'they find less')}; {_RUN}"
            said = "Rego that controls share is another"
            yield Lowered("control", path, said, fault=fault, file=path, at=changed[path])
        elif path.startswith(_PUSHED):
            fault = perhaps_less("a push makes by it what backs up, it is another")
            said = "Rego of what a push makes is another"
            yield Lowered("control", path, said, fault=fault, file=path, at=changed[path])


def _judged(
    before: Controls, after: Controls, others: Sequence[Pair], facts: FactsOf | None
) -> Mapping[str, BothSaid]:
    """What both versions find, of which only what it rests on is loaded."""
    uses = (_uses(before.modules), _uses(after.modules))
    needed = [
        {path for one in controls for path in _rested_on(used, one.path)}
        for used, controls in zip(uses, zip(*others, strict=True), strict=True)
    ]
    first, second = (
        replace(one, modules={path: one.modules[path] for path in sorted(paths)})
        for one, paths in zip((before, after), needed, strict=True)
    )
    return both_judge(first, second, others, facts)


def _weaker_frameworks(before: Controls, after: Controls) -> Iterator[Lowered]:
    """What frameworks of both ask no longer; an audit for one that is gone, or is wrong, says so."""
    schema = shipped_schemas()[0]["framework"]
    for path, text in before.frameworks.items():
        now = after.frameworks.get(path, text)
        if now != text:
            with suppress(UsageError):
                old, new = (parse(one, path) for one in (text, now))
                both = [framework_of(one, PurePosixPath(path).stem, schema, None) for one in (old, new)]
                for one in weaker_framework(*both):
                    yield replace(one, file=path, at=new.line(one.path))


def _asked_less(old: Control, new: Control) -> Iterator[Lowered]:
    """What its METADATA says less."""
    severities = list(Severity)
    if severities.index(new.severity) > severities.index(old.severity):
        said = f"severity {old.severity} becomes {new.severity}"
        yield Lowered("control", old.id, said, file=new.path)
    unasked = [f"of subjects of the type {old.subject}"] if old.subject != new.subject else []
    unasked += [f"at the {one}" for one in old.moments if one not in new.moments]
    unasked += ["of deleted resources"] if old.deleted_resources and not new.deleted_resources else []
    unasked += [f"without the framework {new.only_for}"] if new.only_for not in ("", old.only_for) else []
    if unasked:
        yield Lowered("control", old.id, f"it is asked no longer {' or '.join(unasked)}", file=new.path)
    if new.demanded_by not in ("", old.demanded_by):
        said = f"it applies to nothing of a tier without {new.demanded_by}"
        yield Lowered("control", old.id, said, file=new.path)
    if new.attestable and not old.attestable:
        yield Lowered("control", old.id, "what it cannot judge may be attested", file=new.path)


def _reads_otherwise(old: Control, new: Control, modules: Sequence[str]) -> str:
    """What its METADATA lets it read no longer, or only now, in a clause; "" for neither.

    A fact that none of its modules can read is none of the first.
    """
    named = [one for text in modules for one in _READ.findall(_COMMENT.sub("", text))]
    gone = [
        path
        for path in old.reads
        if not _read_in(path, new.reads) and any(not one or _read_in(path, [one]) for one in named)
    ]
    more = [path for path in new.reads if not _read_in(path, old.reads)]
    said = [f"it reads {', '.join(gone)} no longer"] if gone else []
    return " and ".join([*said, *([f"it reads {', '.join(more)} too"] if more else [])])


def _read_in(path: str, reads: Sequence[str]) -> bool:
    return any(path == one or path.startswith(f"{one}.") for one in reads)


def _line(before: Controls, after: Controls, path: str, uses: Mapping[str, set[str]]) -> int:
    """The line from which on a file asks something else, 0 where it asks the same.

    The names that it gives itself may be others where no file names its package.
    """
    was, is_ = before.modules.get(path, ""), _moved(before, after, path)
    used = any(path in found for found in uses.values())
    return 0 if was == is_ else first_difference(was, is_, own_names=not used)


def _moved(before: Controls, after: Controls, path: str) -> str:
    """What a file says now; a control may lie in another one."""
    ids = (one.id for one in before.by_id.values() if one.path == path)
    now = next((after.by_id[id_].path for id_ in ids if id_ in after.by_id), path)
    return after.modules.get(now, "")


def _rested_on(uses: Mapping[str, set[str]], path: str) -> set[str]:
    """The files that a file rests on, itself among them."""
    rested, left = set[str](), [path]
    while left:
        one = left.pop()
        if one not in rested:
            rested.add(one)
            left += uses.get(one, ())
    return rested


def _added(before: Controls, after: Controls) -> Mapping[str, str]:
    """The files that a change adds to packages: their rules count wherever a package is named."""
    packages = _packages(before.modules).values()
    new = {path: text for path, text in after.modules.items() if path not in before.modules}
    return {path: new[path] for path, package in _packages(new).items() if package in packages}


def _packages(modules: Mapping[str, str]) -> Mapping[str, str]:
    return {file: found[1] for file, text in modules.items() if (found := _PACKAGE.search(text))}


def _uses(modules: Mapping[str, str]) -> Mapping[str, set[str]]:
    """By file the files that it may read, by the packages that it names."""
    packages = _packages(modules)

    def read(text: str) -> set[str]:
        named = [f"{name}." if name else "" for name in set(_USED.findall(_COMMENT.sub("", text)))]
        return {
            file
            for file, package in packages.items()
            if any(one.startswith(f"{package}.") or f"{package}.".startswith(one) for one in named)
        }

    return {one: read(text) for one, text in modules.items()}

"""What inputs declare as the inputs of the bundle: one for each subject, with its facts and what is unknown.

The package `auditor` of the bundle (auditor/rego/bundle.rego) says of each what a check says of it.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from auditor.catalogue.load import Catalogue
from auditor.check.circumstances import circumstances_of, unit_path
from auditor.check.declared import Assumed
from auditor.check.declared_frames import Circumstances, DeclaredFrame, declared_frames
from auditor.check.engine import asked
from auditor.check.inputs import Inputs, read_inputs
from auditor.check.places import Gathered, gather
from auditor.check.run import CheckOptions
from auditor.evaluate.facts import Frame, Lazy
from auditor.evaluate.times import epoch_ms, rfc3339
from auditor.model.errors import UsageError
from auditor.model.policy import Control, Tiers
from auditor.model.settings import Settings

Json = dict[str, Any]


def read_policy_inputs(
    paths: Sequence[Path], catalogue: Catalogue, settings: Settings, options: CheckOptions
) -> tuple[Inputs, list[Json]]:
    """What was read of `paths`, and the inputs of the bundle, as `auditor check` would ask about them.

    Raises:
        AuditorError: an input cannot be read, or is of no known format.
        UsageError: the tiers depend on organizational units, and it is not known which one an account is in.
    """
    assumed = Assumed(
        options.account, options.region, settings.copy_lifecycle, stacks=options.stacks, hcl=options.hcl
    )
    inputs = read_inputs(tuple(paths), assumed)
    gathered = gather(inputs.readings, catalogue.tiers)
    if options.unit is None and _unit_decides(gathered, catalogue.tiers):
        raise UsageError(
            "the tiers depend on the organizational unit of an account; say with --unit which one it is in, "
            "/ for none."
        )
    circumstances = circumstances_of(
        catalogue, settings, options.unit, assume_opted_in=options.assume_opted_in
    )
    return inputs, [*_inputs(gathered, circumstances, unit_path(options.unit or ""), asked(catalogue))]


def _unit_decides(gathered: Gathered, tiers: Tiers) -> bool:
    """Whether a tier is for some units, and those of an account are not known."""
    accounts = {nouns.place.account_id for nouns in gathered.nouns}
    return bool(accounts - gathered.units.keys()) and any(
        entry.organizational_units for entry in tiers.assignment
    )


def _inputs(
    gathered: Gathered, circumstances: Circumstances, unit: tuple[str, ...], controls: Sequence[Control]
) -> Iterator[Json]:
    """Give an input for each subject about which one of `controls` is asked, in a fixed order."""
    as_of = rfc3339(epoch_ms(circumstances.as_of))
    for declared in declared_frames(gathered, circumstances, unit):
        reads = sorted(
            {path for one in controls if one.subject == declared.frame.subject for path in one.reads}
        )
        if reads:
            for index in range(declared.frame.size):
                yield _input(declared, index, reads, as_of, gathered)


def _input(declared: DeclaredFrame, index: int, reads: Sequence[str], as_of: str, gathered: Gathered) -> Json:
    frame, where = declared.frame, declared.declaration(index, gathered)
    told = _told(frame, index, reads, as_of)
    if declared.elsewhere(index):  # something that no input declares may protect it
        told["only_better"] = sorted({*told["only_better"], *(path.partition(".")[0] for path in reads)})
    instead = declared.instead
    return {
        "subject": frame.subject,
        "moment": "check",
        "address": where.address,
        "file": where.file,
        **({"line": where.line} if where.line else {}),
        "arn": frame.arn[index].as_py(),
        "account_id": frame.account_id,
        "region": frame.region,
        **_covered_by(declared, index),
        **told,
        **({} if instead is None else {"otherwise": _told(instead, index, reads, as_of)}),
    }


def _covered_by(declared: DeclaredFrame, index: int) -> Json:
    """What waivers may name beside ARN and account, where it is known: organizational units, and tags."""
    frame = declared.frame
    units = {} if frame.units is None else {"organizational_units": list(frame.units)}
    if frame.subject != "resource":
        return units
    resource = declared.inventory.nouns.resources[index]
    hidden = {"unknown_tags": sorted(resource.unknown_tags)} if resource.unknown_tags else {}
    return {**units, "tags": dict(resource.known_tags), **hidden}


def _told(frame: Frame, index: int, reads: Sequence[str], as_of: str) -> Json:
    """Facts, the paths of those that are unknown, of those of which there may be more, and how."""
    unknown, incomplete, only_better = set[str](), set[str](), set[str]()
    for path in reads:
        for name, column in frame.matching(path):
            for hole in () if isinstance(column, Lazy) else column.holes:
                if hole.gaps and (hole.where is None or hole.where[index]):
                    kind = (only_better if hole.passes else incomplete) if hole.partial else unknown
                    kind.add(name)
    groups: Mapping[str, Json] = {path.partition(".")[0]: {} for path in reads if "." in path}
    return {
        "facts": {"as_of": as_of, **groups, **frame.cite(reads, index)},
        "unknown": sorted(unknown),
        "incomplete": sorted(incomplete),
        "only_better": sorted(only_better),
    }

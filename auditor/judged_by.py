"""What a run was judged by, kept beside its document, so that `auditor explain` uses the same.

    <run>/judged_by/policies/…     the controls with their tests, tiers.yaml, parameters.yaml
    <run>/judged_by/waivers.yaml   the file of waivers, where one was given
    <run>/judged_by/attestations.yaml   the file of attestations, where one was given
    <run>/judged_by/responses.yaml the file of responses, where one was given

The folder of policies is a whole one: `--policies` and `--tiers` can name it.
"""

import os
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any, Final, get_args, get_type_hints

from auditor.catalogue.attestations import Attestations
from auditor.catalogue.frameworks import for_framework
from auditor.catalogue.load import Catalogue
from auditor.catalogue.responses import Responses
from auditor.catalogue.waivers import Waivers
from auditor.model.errors import AuditorError, UsageError
from auditor.model.settings import Settings
from auditor.model.verdicts import Attestation, Waiver
from reports.document import AuditDocument
from reports.frameworks import audited_for
from reports.whole import begin_folder, new_file

FOLDER: Final = "judged_by"
_POLICIES: Final = "policies"
_TIERS: Final = "tiers.yaml"
_WAIVERS: Final = "waivers.yaml"
_ATTESTATIONS: Final = "attestations.yaml"
_RESPONSES: Final = "responses.yaml"
_SHOWN: Final = 12  # of the digits of a digest, where two are told apart


def keep(
    run: Path, catalogue: Catalogue, waivers: Waivers, attestations: Attestations, responses: Responses
) -> None:
    """Keep what `run` is judged by in it, in the place of what it was judged by before.

    Raises:
        AuditorError: the folder cannot be written.
    """
    target = run / FOLDER
    try:
        partial, descriptor = begin_folder(target)
        try:
            _fill(
                partial,
                catalogue,
                ((_WAIVERS, waivers), (_ATTESTATIONS, attestations), (_RESPONSES, responses)),
            )
            shutil.rmtree(target, ignore_errors=True)
            partial.rename(target)
        finally:
            os.close(descriptor)
            shutil.rmtree(partial, ignore_errors=True)
    except OSError as error:
        raise AuditorError(
            f"Cannot write {target} ({error.strerror}); free some space or choose another --out."
        ) from error


def _fill(
    folder: Path, catalogue: Catalogue, files: Iterable[tuple[str, Waivers | Attestations | Responses]]
) -> None:
    policies = folder / _POLICIES
    above = {parent for name in catalogue.files for parent in PurePosixPath(name).parents}
    for parent in sorted(above, key=lambda one: len(one.parts)):
        (policies / parent).mkdir(mode=0o700)
    for name, text in catalogue.files.items():
        with new_file(policies / name) as file:
            file.write(text.encode())
    for name, given in files:
        if given.sha256:
            with new_file(folder / name) as file:
                file.write(given.data)


def recalled(
    run: Path, found: AuditDocument, policies: Path | None = None, tiers: Path | None = None
) -> Catalogue:
    """The policies that `run` was judged by: those that it keeps.

    `policies` and `tiers` stand in the place of what it keeps, and must be the same.

    Raises:
        UsageError: they are no longer there, or do not have the digest that the document names.
    """
    kept = run / FOLDER / _POLICIES
    wanted = found.run.policies_sha256
    if policies is None and not kept.is_dir():
        raise UsageError(
            f"{run} was judged by policies with the digest {wanted}, and {kept} is gone: name the same ones "
            f"with --policies and --tiers, or judge the run again with `auditor evaluate {run}`."
        )
    if tiers is None and (kept / _TIERS).is_file():
        tiers = kept / _TIERS
    catalogue = Catalogue.load(policies or kept, tiers)
    if catalogue.sha256 != wanted:
        raise UsageError(
            f"{run} was judged by policies with the digest {wanted}, and {policies or kept} with "
            f"{tiers or 'its own tiers'} has {catalogue.sha256}: name the same ones, "
            f"or judge the run again with `auditor evaluate {run}`."
        )
    return for_framework(catalogue, audited_for(found))


def as_judged(
    run: Path, found: AuditDocument, settings: Settings, given: frozenset[str] = frozenset()
) -> Settings:
    """The settings with the readings of the run's document; those in `given` must be as they were.

    Raises:
        UsageError: a reading is not known here, or is another in `settings`.
    """
    kinds = get_type_hints(Settings)
    for name, value in found.run.readings.items():
        if name not in kinds or value not in get_args(kinds[name]):
            raise UsageError(
                f"{run} was judged with {name} {value!r}, which this release does not know: "
                f"judge it again with `auditor evaluate {run}`."
            )
        if name in given and getattr(settings, name) != value:
            raise UsageError(
                f"{run} was judged with {name} {value!r}, not {getattr(settings, name)!r}: "
                f"leave the option out, or judge the run again with `auditor evaluate {run}`."
            )
    readings: dict[str, Any] = dict(found.run.readings)
    return replace(settings, **readings)


def waivers_of(found: AuditDocument) -> list[Waiver]:
    """The waivers that a run was judged with."""
    return [Waiver.of(entry) for entry in found.waivers]


def attestations_of(found: AuditDocument) -> list[Attestation]:
    """The attestations that a run was judged with."""
    return [Attestation.of(entry) for entry in found.attestations]


def changes(earlier: AuditDocument, later: AuditDocument) -> Iterator[str]:
    """Say by what else a run is judged than it was before; nothing when by the same."""
    before, after = earlier.run, later.run
    pairs = (
        ("policies or tiers", before.policies_sha256, after.policies_sha256),
        ("waivers", before.waivers_sha256, after.waivers_sha256),
        *((what, _given(earlier, what), _given(later, what)) for what in ("attestations", "responses")),
    )
    for what, old, new in pairs:
        if old != new:
            yield f"other {what} (digest {_digest(old)} before, {_digest(new)} now)"
    old, new = audited_for(earlier), audited_for(later)
    if old != new:
        yield f"framework {new or 'none'} ({old or 'none'} before)"
    for name in sorted({*before.readings, *after.readings}):
        old, new = before.readings.get(name), after.readings.get(name)
        if old != new:
            yield f"{name} {new} ({old} before)"


def _given(found: AuditDocument, what: str) -> str | None:
    digest: str | None = found.provenance.get("digests", {}).get(what)
    return digest


def _digest(sha256: str | None) -> str:
    return "none" if sha256 is None else sha256[:_SHOWN]

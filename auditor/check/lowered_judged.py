"""What a change lowers, judged by the policies of before: no change takes away what would find it."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from typing import Final

from auditor.catalogue.load import Catalogue
from auditor.check.declared_changes import LOWERED
from auditor.check.declared_frames import Circumstances, declared_frames
from auditor.check.engine import asked
from auditor.check.judgement import CheckedFrame, Judgement, judgements
from auditor.check.own_policies import Demanded
from auditor.check.own_settings import judging, server
from auditor.check.places import gather
from auditor.check.reading import Reading
from auditor.check.result import CheckEntry
from auditor.evaluate.ask import Asker
from auditor.judge.verdicts import judge
from auditor.model.policy import Control
from auditor.model.settings import Settings
from auditor.model.verdicts import Waiver
from auditor.rego.load import open_engine

_CHANGE: Final = "change"


def judged_lowered(
    readings: Sequence[Reading],
    before: Demanded | None,
    asker: Asker,
    catalogue: Catalogue,
    circumstances: Circumstances,
    waivers: Sequence[Waiver],
    settings: Settings,
) -> tuple[list[CheckedFrame], list[Judgement]]:
    """The verdicts on what policies demand no longer, by the controls of `before`.

    Where these do not apply, or there are none, it is by those of `catalogue`, which `asker` asks by the
    engine of `settings`.
    """
    if not any(one.changes for one in readings):
        return [], []
    gathered = gather(readings, catalogue.tiers)
    frames = [one for one in declared_frames(gathered, circumstances, ()) if one.frame.subject == _CHANGE]
    on = circumstances.as_of.date()
    with _earlier(before, catalogue, asker, server(judging(settings))) as earlier:
        both = [pair for pair in (earlier, (asker, _of_changes(catalogue))) if pair]
        ids = sorted({id_ for _, controls in both for id_ in controls})
        found = []
        for frame in frames:
            for id_ in ids:
                first, *more = (
                    judge(one.ask(controls[id_], frame.frame), waivers, on)
                    for one, controls in both
                    if id_ in controls
                )
                found.append(CheckedFrame(first, more[0] if more else None, frame, ()))
    return found, [*judgements([found], gathered)]


@contextmanager
def _earlier(
    before: Demanded | None, catalogue: Catalogue, asker: Asker, url: str
) -> Iterator[tuple[Asker, dict[str, Control]] | None]:
    """The controls of before with what asks them, None where they, and the server of `url`, are as now."""
    policies = before.judging if before else None
    if (
        before is None
        or policies is None
        or (policies.sha256 == catalogue.sha256 and url in ("", server(before.settings)))
    ):
        yield None
        return
    others = {one.path for one in policies.controls if one.subject != _CHANGE}
    modules = {path: rego for path, rego in policies.modules.items() if path not in others}
    with closing(open_engine("embedded", modules, policies.data)) as engine:
        yield Asker(engine, policies.schemas, asker.as_of), _of_changes(policies)


def _of_changes(catalogue: Catalogue) -> dict[str, Control]:
    return {one.id: one for one in asked(catalogue) if one.subject == _CHANGE}


def unasked(
    readings: Iterable[Reading], before: Demanded | None, catalogue: Catalogue
) -> Iterator[tuple[str, str]]:
    """The files that demand less than before, where no control judges that, then or now, each with why."""
    policies = before.judging if before else None
    if not _of_changes(catalogue) and not (policies and _of_changes(policies)):
        less = (one for one in readings if any(change.action == LOWERED for change in one.changes))
        yield from (
            (one.file, "it demands less than before, and no control of the policies asks of a change")
            for one in less
        )


def failing_before(
    entries: Collection[CheckEntry], readings: Iterable[Reading], before: Demanded | None
) -> tuple[str, list[CheckEntry]]:
    """The lowest severity that failed before, and the entries of what is demanded no longer."""
    lowered = {
        (change.declaration.file, change.declaration.address)
        for one in readings
        for change in one.changes
        if change.action == LOWERED
    }
    about = [one for one in entries if (one.declaration.file, one.declaration.address) in lowered]
    return before.settings["fail_on"] if before else "never", about

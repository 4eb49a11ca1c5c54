"""Every control over every subject of a run."""

from collections.abc import Sequence
from itertools import chain

from auditor.evaluate.ask import Asker
from auditor.evaluate.subjects import Subjects
from auditor.judge.attestation_subjects import AttestationSubjects
from auditor.judge.sink import TABLE_OF
from auditor.judge.sinks import Sinks
from auditor.judge.verdicts import Judged, judge
from auditor.judge.waiver_subjects import WaiverSubjects
from auditor.model.policy import Control
from auditor.model.settings import Progress
from auditor.model.verdicts import Attestation, Waiver


def judge_all(
    subjects: Subjects,
    controls: Sequence[Control],
    asker: Asker,
    sinks: Sinks,
    given: tuple[Sequence[Waiver], Sequence[Attestation]],
    progress: Progress,
) -> None:
    """Judge everything that the run can be asked about, place by place, and hand it to the sinks."""
    waivers, attestations = given
    total, day = len(subjects.inventories), subjects.as_of.date()
    accepting = WaiverSubjects(waivers, controls, subjects)
    attesting = AttestationSubjects(attestations, controls, subjects)
    others = chain(subjects.account_frames(), subjects.run_frames())
    parts = (*(subjects.frames_of(one) for one in subjects.inventories), others)
    for number, frames in enumerate(parts):
        progress("Judge", number, total)
        found: dict[str, Judged] = {}
        for frame in frames:
            here = {
                control.id: judge(asker.ask(control, frame), waivers, day, attestations)
                for control in controls
                if control.subject == frame.subject and (control.deleted_resources or not frame.deleted)
            }
            for judged in here.values():
                sinks.verdicts.add(judged)
                accepting.add(judged)
                attesting.add(judged)
            verdicts = {name: judged.code for name, judged in here.items()}
            sinks.tally.add(frame, [*verdicts.values()])
            sinks.population.add(frame, verdicts)
            sinks.kept.add(frame)
            found |= here if sinks.compliance is not None else {}
        if sinks.compliance is not None and number < total:
            scope = subjects.inventories[number].scope
            sinks.compliance.add((scope.account.account_id, scope.region), found)
    for control in controls:
        if control.subject in TABLE_OF and subjects.tiers.demand(control.demanded_by):
            sinks.verdicts.add_unlisted(control, subjects.unread)
    for judged in (*accepting.judged(asker), *attesting.judged(asker)):
        sinks.verdicts.add(judged)
    sinks.verdicts.unused = accepting.unused()
    if sinks.compliance is not None:
        sinks.compliance.add_unread()
    progress("Judge", total, total)

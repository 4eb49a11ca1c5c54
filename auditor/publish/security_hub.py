"""`auditor publish security-hub`, top to bottom: what Security Hub has, what is over, and what is sent.

Each account is asked and written to by its own role, each Region by itself. One that is denied, or where
Security Hub is not enabled, is said, and the others go on.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from threading import Event
from typing import Any, Final

from auditor.audit import DOCUMENT, GAPS, judged_document
from auditor.aws.base import Client
from auditor.aws.failures import MALFORMED, not_understood
from auditor.aws.reader import CallFailed
from auditor.aws.retry import RetryBudget
from auditor.aws.session import RoleNotAssumed, Sessions
from auditor.evaluate.times import parse
from auditor.evidence.metadata import check_run
from auditor.evidence.store import Evidence
from auditor.judge.verdict_file import opened
from auditor.model.errors import UsageError
from auditor.model.settings import Progress, silent
from auditor.publish.fixed import Looked
from auditor.publish.hub import (
    NOT_ENABLED,
    Known,
    archived,
    essence,
    known,
    ours,
    send,
    sentence,
    updated_at,
)
from auditor.publish.outgoing import Outgoing, Place
from auditor.publish.workflow import Setting, set_all, setting_of
from auditor.push.access import Access
from reports.formats.asff import product_arn

#: What becomes of a finding.
NEW: Final = "new"
RENEWED: Final = "renewed"
ARCHIVED: Final = "archived"
UNCHANGED: Final = "unchanged"
LATER: Final = "left to a later run"
OPEN: Final = "left open"
_ORDER: Final = (NEW, RENEWED, ARCHIVED, UNCHANGED, LATER, OPEN)


@dataclass(slots=True)
class PlacePublished:
    """What was published in one account and Region, or would be: findings by what becomes of them.

    One whose Workflow is set is counted by that too. `note` says why nothing was done there without harm.
    """

    account_id: str
    region: str
    counts: dict[str, int] = field(default_factory=dict)
    failures: tuple[str, ...] = ()
    note: str = ""


@dataclass(slots=True)
class _Plan:
    """What Security Hub has in a place: of the run's findings, and of those that the run has no more.

    The latter stand here as what archives them, with the `UpdatedAt` that they have.
    """

    place: Place
    known: dict[str, Known] = field(default_factory=dict)
    gone: list[dict[str, Any]] = field(default_factory=list)
    failure: str = ""
    note: str = ""


def publish(
    run: Path, sessions: Sessions, progress: Progress = silent, *, workers: int, dry_run: bool
) -> list[PlacePublished]:
    """Send the findings of a judged run and archive what is over, by place; with `dry_run` only say so.

    Raises:
        UsageError: the run is not judged, its document or a table is not its own, or it is of another
        partition than the credentials.
        AuditorError: the evidence is not as it was written.
    """
    document = judged_document(run)
    partition, caller = document.run.partition, sessions.caller.partition
    if partition != caller:
        raise UsageError(
            f"{run} is a run of the partition {partition} and the credentials are of {caller}; use "
            f"credentials of {partition}."
        )
    evidence = Evidence.open(run)
    check_run(evidence)
    about = (evidence.metadata[name] for name in ("run_id", "as_of", "partition"))
    if (document.run.id, document.run.as_of, partition) != tuple(about):
        raise UsageError(
            f"{DOCUMENT} in {run} is not of its evidence; write it again with `auditor evaluate {run}`."
        )
    access = Access(sessions)
    with opened(run / GAPS), Outgoing(run, document) as outgoing:
        looked = Looked(run, evidence, document, outgoing)
        places = sorted({*outgoing.places, *looked.places})

        def plan(place: Place) -> _Plan:
            return _plan(place, access, outgoing, partition)

        def carry_out(one: _Plan) -> PlacePublished:
            product = product_arn(partition, one.place[1], one.place[0])
            return _Publisher(one, parse(document.run.as_of), over, outgoing, product).publish(
                sessions, access.stop, dry_run=dry_run
            )

        plans = access.in_parallel("read", plan, places, workers=workers, progress=progress)
        over = looked.over({one.place: one.gone for one in plans if one.gone})
        return access.in_parallel("publish", carry_out, plans, workers=workers, progress=progress)


def _plan(place: Place, access: Access, outgoing: Outgoing, partition: str) -> _Plan:
    """Ask Security Hub what it has in a place."""
    found, ids = _Plan(place), outgoing.ids(place)
    try:
        access.sessions.assume(place[0])
        for finding in ours(access.reader(*place), partition):
            one = _known(finding)
            if finding["Id"] in ids:
                found.known[finding["Id"]] = one
            elif one.is_active:
                found.gone.append(archived(finding, finding["UpdatedAt"]))
    except (CallFailed, RoleNotAssumed) as error:
        is_off = isinstance(error, CallFailed) and error.failure.code == NOT_ENABLED
        if is_off and not ids:
            return _Plan(place, note="Security Hub is not enabled, and there is nothing to send.")
        return _Plan(place, failure=sentence(error))
    return found


def _known(finding: dict[str, Any]) -> Known:
    try:
        return known(finding)
    except MALFORMED as error:
        failure = not_understood(f"The finding {finding['Id']}", error)
        raise CallFailed("securityhub", "GetFindings", failure) from error


class _Publisher:
    """Publishes in one place, by what Security Hub has there of `product`.

    `over` says what is archived, place and id.
    """

    def __init__(
        self,
        plan: _Plan,
        as_of: datetime,
        over: set[tuple[Place, str]],
        outgoing: Outgoing,
        product: str,
    ) -> None:
        self._plan = plan
        self._as_of = as_of
        self._over = over
        self._outgoing = outgoing
        self._product = product
        self._becomes: dict[str, str] = {}
        self._settings: dict[str, Setting] = {}

    def publish(self, sessions: Sessions, stop: Event, *, dry_run: bool) -> PlacePublished:
        """Send what is to be sent, and count by what became of it."""
        place, plan = self._plan.place, self._plan
        if plan.failure or plan.note:
            return PlacePublished(*place, failures=(plan.failure,) if plan.failure else (), note=plan.note)
        failures: tuple[str, ...] = ()
        if dry_run:
            for _ in self._findings():
                pass
        else:
            try:
                client = sessions.client("securityhub", *place)
                RetryBudget(sessions.retry_seconds).watch(client)
                failures = self._send(client, stop)
            except RoleNotAssumed as error:
                return PlacePublished(*place, failures=(str(error),))
        counts = Counter(self._becomes.values())
        counted = {word: counts[word] for word in _ORDER if word in counts}
        settled = Counter(setting.word for setting in self._settings.values())
        return PlacePublished(*place, counted | dict(sorted(settled.items())), failures)

    def _send(self, client: Client, stop: Event) -> tuple[str, ...]:
        """Send it, then set what Security Hub takes no other way; gives in words what failed."""
        answered, sent = send(client, self._findings(), stop), (NEW, RENEWED, ARCHIVED)
        self._becomes = {
            name: what for name, what in self._becomes.items() if what not in sent or name in answered.taken
        }
        wanted = {name: one for name, one in self._settings.items() if name in self._becomes}
        self._settings, failures = set_all(client, self._product, wanted, stop)
        return (*answered.failures, *failures)

    def _findings(self) -> Iterator[dict[str, Any]]:
        """Give what is to be sent, and note what becomes of each finding."""
        for finding in self._outgoing.of(self._plan.place):
            there = self._plan.known.get(finding["Id"])
            updated = updated_at(self._as_of, None if there is None else there.updated)
            if there is None:
                self._becomes[finding["Id"]] = NEW
                yield finding
                continue
            if updated is None:
                self._becomes[finding["Id"]] = LATER
                continue
            setting = setting_of(finding, there)
            if setting is not None:
                self._settings[finding["Id"]] = setting
            if there.updated >= self._as_of and there.essence == essence(finding):
                self._becomes[finding["Id"]] = UNCHANGED
                continue
            self._becomes[finding["Id"]] = RENEWED
            for theirs in ("Workflow", "Note"):  # once it is there
                finding.pop(theirs, None)
            yield finding | {"CreatedAt": there.created, "UpdatedAt": _written(updated)}
        for finding in self._plan.gone:
            key = self._plan.place, finding["Id"]
            updated = updated_at(self._as_of, parse(finding["UpdatedAt"]))
            if updated is None:
                self._becomes[finding["Id"]] = LATER
            elif key not in self._over:
                self._becomes[finding["Id"]] = OPEN
            else:
                self._becomes[finding["Id"]] = ARCHIVED
                yield finding | {"UpdatedAt": _written(updated)}


def _written(moment: datetime) -> str:
    """A time as Security Hub takes it: UTC, to the millisecond where it has some."""
    unit = "milliseconds" if moment.microsecond else "seconds"
    return moment.isoformat(timespec=unit).replace("+00:00", "Z")

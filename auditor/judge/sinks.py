"""Where judged frames go: every verdict, the counts, and the populations."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from auditor.judge.kept import KeptTally
from auditor.judge.population import RESOURCES, SLOTS, PopulationSink
from auditor.judge.sink import VerdictSink
from auditor.judge.tally import Tally
from auditor.judge.written import written
from auditor.model.organization import Account
from auditor.model.policy import Control
from auditor.model.verdicts import Gap

VERDICTS: Final = "verdicts.parquet"


@dataclass(frozen=True, slots=True)
class Sinks:
    """One of each kind, open."""

    verdicts: VerdictSink
    tally: Tally
    population: PopulationSink
    kept: KeptTally


@contextmanager
def open_sinks(
    run: Path,
    gaps: Mapping[str, Gap],
    accounts: Mapping[str, Account],
    controls: Sequence[Control],
    owner_tag: str = "",
) -> Iterator[Sinks]:
    """The sinks of a run; each of their files appears in its folder when the block ends without an error.

    `owner_tag` is the key of the tag that names a resource's owner.

    Raises:
        AuditorError: the folder cannot be written.
    """
    with (
        written(run / VERDICTS) as verdicts,
        written(run / RESOURCES) as resources,
        written(run / SLOTS) as slots,
        VerdictSink(verdicts, gaps, accounts, owner_tag) as sink,
        PopulationSink(resources, slots, controls, accounts) as population,
    ):
        yield Sinks(sink, Tally(), population, KeptTally())

"""What protects a resource, in words: AWS Backup, and what there is apart from it."""

from collections.abc import Iterator
from typing import Final

from reports.periods import ResourcePeriod
from reports.text import clip
from reports.words import N_, Words

_BY_PLANS: Final = {
    True: N_("AWS Backup: a plan protects it"),
    False: N_("AWS Backup: no plan protects it"),
    None: N_("AWS Backup: whether a plan protects it is not known"),
}
_LONG: Final = 400


def protection(period: ResourcePeriod, words: Words) -> Iterator[str]:
    """Give one sentence with both kinds where anything is told apart from AWS Backup, else none."""
    if period.native:
        said = words.text(_BY_PLANS[period.protected])
        yield words.text(
            "{said}. Apart from it: {native}.", said=said, native=clip("; ".join(period.native), _LONG)
        )

"""The tables behind the reports: counts by control and account, the worst first."""

from collections.abc import Mapping
from typing import Final

from reports.document import VERDICTS

#: What a reader has to act on or look into, worst first.
_BAD: Final = ("NON_COMPLIANT", "ERROR", "INSUFFICIENT_DATA", "WAIVED")


def counts(by: Mapping[str, Mapping[str, int]]) -> dict[str, dict[str, int]]:
    """Return the counts of every verdict by key, none absent, the worst key first and equals by key."""
    ordered = sorted(by.items(), key=lambda item: (*(-item[1].get(verdict, 0) for verdict in _BAD), item[0]))
    return {key: {verdict: found.get(verdict, 0) for verdict in VERDICTS} for key, found in ordered}

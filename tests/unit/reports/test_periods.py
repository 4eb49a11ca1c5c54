"""The period of a resource, read from the populations of a run."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from reports import periods
from reports.periods import STATES, read, to_look_at

KEY = ("111122223333", "eu-central-1", "arn:aws:s3:::one")
TWIN = ("111122223333", "eu-west-1", "arn:aws:s3:::one")
WORD = pa.dictionary(pa.int32(), pa.string())


def resource(key: periods.Key, **more: Any) -> dict[str, Any]:
    """A row of resources.parquet; what is not given is not known."""
    counts = {f"slots_{state.lower()}": None for state in STATES}
    row = dict(zip(("account_id", "region", "arn"), key, strict=True))
    gap = dict.fromkeys(("worst_gap_hours", "worst_gap_at_most_hours", "worst_gap_from", "worst_gap_to"))
    return row | {"tier": None, "slots_expected": None} | counts | gap | more


def slot(key: periods.Key, rule: str, day: int, state: str) -> dict[str, Any]:
    """A row of slots.parquet, due at noon of a day in January."""
    row = dict(zip(("account_id", "region", "arn"), key, strict=True))
    return row | {"plan": "gold", "rule": rule, "due": datetime(2026, 1, day, 12, tzinfo=UTC), "state": state}


def write(folder: Path, resources: list[dict[str, Any]], slots: list[dict[str, Any]]) -> Path:
    """Write both files, the words of slots as dictionaries, as a run does."""
    kinds = {"due": pa.timestamp("ms", tz="UTC")}
    names = ("account_id", "region", "arn", "plan", "rule", "due", "state")
    schema = pa.schema([(name, kinds.get(name, WORD)) for name in names])
    pq.write_table(pa.Table.from_pylist(resources), folder / "resources.parquet")
    pq.write_table(pa.Table.from_pylist(slots, schema=schema), folder / "slots.parquet", row_group_size=2)
    return folder


def test_a_resource_has_its_rules_in_order_and_each_its_slots_in_time(tmp_path: Path) -> None:
    """Of that account and Region only, however the rows lie."""
    rows = [
        slot(KEY, "noon", 3, "FAILED"), slot(TWIN, "noon", 4, "LATE"), slot(KEY, "day", 2, "MET"),
        slot(("1", "x", "arn:other"), "noon", 1, "MET"), slot(KEY, "noon", 1, "PENDING"),
    ]  # fmt: skip
    gap = {"worst_gap_from": "2026-01-01T00:00:00Z", "worst_gap_to": "2026-01-03T00:00:00Z"}
    known = resource(KEY, tier="gold", slots_expected=3, slots_met=1, worst_gap_hours=48.0, **gap)
    found = read(write(tmp_path, [resource(TWIN), known], rows), [KEY])

    assert list(found) == [KEY]
    period = found[KEY]
    assert (period.tier, period.gap_hours, period.at_most) == ("gold", 48.0, None)
    assert period.gap == ("2026-01-01T00:00:00Z", "2026-01-03T00:00:00Z")
    assert period.counts == dict.fromkeys(STATES, 0) | {"MET": 1, "expected": 3}
    noon = [int(datetime(2026, 1, day, 12, tzinfo=UTC).timestamp() * 1000) for day in (1, 2, 3)]
    told = [(one.rule, one.due.tolist(), [STATES[state] for state in one.states]) for one in period.rules]
    assert told == [("day", [noon[1]], ["MET"]), ("noon", [noon[0], noon[2]], ["PENDING", "FAILED"])]


def test_what_was_due_is_unknown_where_the_population_does_not_say_it(tmp_path: Path) -> None:
    """Not that nothing was due; a run of an older release lacks the ends of the gap."""
    old = {
        name: value for name, value in resource(KEY).items() if name not in ("worst_gap_from", "worst_gap_to")
    }
    period = read(write(tmp_path, [old], []), [KEY])[KEY]
    assert (period.counts, period.gap_hours, period.gap, period.rules) == (None, None, ("", ""), ())


def test_a_run_without_populations_has_no_periods(tmp_path: Path) -> None:
    """An older release, or nothing wanted."""
    assert read(tmp_path, [KEY]) == {}
    assert to_look_at(tmp_path, ["BKP-COV-001"]) is None
    assert read(write(tmp_path, [resource(KEY)], []), []) == {}


def test_resources_to_look_at_are_counted_once_each(tmp_path: Path) -> None:
    """By any control's verdict that is neither a pass nor not applicable, nor absent."""
    verdicts = [
        ("NON_COMPLIANT", "WAIVED"), ("COMPLIANT", "ERROR"), ("COMPLIANT", "NOT_APPLICABLE"), (None, None),
    ]  # fmt: skip
    rows = [resource(KEY, A=first, B=second) for first, second in verdicts]
    write(tmp_path, rows, [])
    assert to_look_at(tmp_path, ["A", "B", "C"]) == 2
    assert to_look_at(tmp_path, ["A"]) == 1
    assert (
        np.dtype(np.int8)
        == read(write(tmp_path, rows, [slot(KEY, "r", 1, "MET")]), [KEY])[KEY].rules[0].states.dtype
    )

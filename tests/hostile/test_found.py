"""What fuzzing came upon (`make fuzz`), and that what it fuzzes reads its good files."""

from collections.abc import Callable
from pathlib import Path

import pytest

from auditor.derive.schedule import InvalidSchedule, Schedule
from tests.hostile.inputs import INPUTS
from tests.hostile.readers import READERS
from tests.hostile.test_parsers import SENTENCE


@pytest.mark.long
@pytest.mark.parametrize("name", sorted(set(INPUTS) - {"document of an audit"}))
def test_a_good_input_is_read(tmp_path: Path, name: str) -> None:
    """Else fuzzing would show little; that of an audit is only a beginning."""
    read, good = INPUTS[name]
    (tmp_path / "file.yaml").write_text(good, encoding="utf-8")

    read(tmp_path / "file.yaml")


def test_no_reader_has_the_name_of_another() -> None:
    """Each has a folder of its own."""
    assert not set(READERS) & set(INPUTS)


@pytest.mark.parametrize(
    "expression",
    [
        f"rate({'9' * 5_000} days)",
        "rate(9999999999 days)",
        f"cron({'[' * 3_000})",
        "0 5 ? * * " + "9" * 3_000,
    ],
    ids=["digits", "days", "cron", "years"],
)
@pytest.mark.parametrize("parse", [Schedule.parse, lambda text: Schedule.parse("rate(1 day)", text)])
def test_a_long_schedule_is_refused_in_a_sentence(parse: Callable[[str], object], expression: str) -> None:
    """A rate, an expression of cron, or a time zone."""
    with pytest.raises(InvalidSchedule) as refused:
        parse(expression)

    assert len(str(refused.value)) < SENTENCE / 4


def test_a_long_rate_is_one() -> None:
    """As long as it could be meant."""
    assert Schedule.parse("rate(999999999 days)").expression == "rate(999999999 days)"

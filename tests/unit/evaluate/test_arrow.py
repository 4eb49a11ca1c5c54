"""Arrow from and to numpy by their buffers."""

import subprocess
import sys

import numpy as np
import pyarrow as pa
import pytest

from auditor.evaluate.arrow import array, numbers, texts
from auditor.evaluate.columns import flags, integers


@pytest.mark.parametrize(
    "values",
    [
        np.array([3, -1, 2**62]),
        np.array([0.5, -1e300]),
        np.array([1, 2], np.int32),
        np.array([], np.int64),
        np.array([True, False] * 5 + [True]),
        np.arange(10)[::3],
    ],
    ids=["int64", "float64", "int32", "empty", "boolean", "strided"],
)
def test_numbers_are_as_pyarrow_makes_them(values: np.ndarray) -> None:
    """Type and values, also of booleans, which Arrow packs into bits."""
    assert numbers(values).equals(pa.array(values))
    if values.dtype != bool:
        assert array(numbers(values), values.dtype).tolist() == values.tolist()


def test_texts_are_as_pyarrow_makes_them() -> None:
    """Empty ones and other scripts included."""
    values = ["", "a", "备份", "x" * 300]
    assert texts(values).equals(pa.array(values))
    assert texts([]).equals(pa.array([], pa.string()))


def test_a_slice_keeps_its_own_values() -> None:
    """A column that begins in the middle of its buffer, in several chunks."""
    column = pa.chunked_array([pa.array([1, 2, None, 4])[1:], pa.array([None, 6])[1:]])
    assert integers(column).tolist() == [2, -1, 4, 6]
    marks = pa.chunked_array([pa.array([False, True, None, True])[1:], pa.array([True])])
    assert flags(marks).tolist() == [True, False, True, True]


def test_evaluation_imports_no_pandas() -> None:
    """40 MB and a fifth of a second for every audit, for nothing."""
    program = (
        "import sys, numpy as np\n"
        "from auditor.evaluate import arrow, columns, inventory, subjects\n"
        "from auditor.evidence.table_schemas import no_rows\n"
        "from auditor.judge import sink\n"
        "column = arrow.numbers(np.array([True, False]))\n"
        "columns.flags(column), columns.coded(arrow.pa.chunked_array([arrow.texts(['a'])]))\n"
        "one = inventory.Inventory.__new__(inventory.Inventory)\n"
        "one.read = lambda name, _: no_rows(name)\n"
        "one._newest_jobs\n"
        "print('pandas' in sys.modules)"
    )
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert said.stdout == "False\n"

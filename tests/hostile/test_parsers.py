"""Anything may stand in a file that somebody wrote for us: it is read, or refused in one sentence."""

import copy
import json
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.model.errors import AuditorError
from auditor.yaml_files.document import parse
from tests.check.test_hostile_inputs import VALUES, places
from tests.hostile.readers import ODD, READERS, SPLICES

#: The most characters of a sentence; a terminal shows it whole.
SENTENCE = 2_000
odd = st.sampled_from(ODD)
each_reader = pytest.mark.parametrize("name", READERS)


def refused_in_a_sentence(name: str, data: bytes) -> None:
    """Read a file of `data`; where it is refused the sentence names it, and is short."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "file.yaml")
        file.write_bytes(data)
        said = f"{file}: read"
        try:
            READERS[name][0](file)
        except AuditorError as error:
            said = str(error)
    assert folder in said
    assert len(said) < SENTENCE


@each_reader
def test_a_good_file_is_read(tmp_path: Path, name: str) -> None:
    """Else the others would show nothing."""
    read, good = READERS[name]
    (tmp_path / "file.yaml").write_text(good, encoding="utf-8")

    read(tmp_path / "file.yaml")


@each_reader
@given(data=st.data())
def test_whatever_stands_in_a_file_is_read_or_refused(name: str, data: st.DataObject) -> None:
    """Up to three values are lost, given another key, repeated, or anything."""
    document = parse(READERS[name][1], name).value
    for _ in range(data.draw(st.integers(1, 3))):
        holder, key = data.draw(st.sampled_from([*places(document)] or [({"a": 1}, "a")]))
        change = data.draw(st.sampled_from(["other", "odd", "less", "more", "renamed"]))
        if change in ("other", "odd"):
            holder[key] = data.draw(VALUES if change == "other" else odd)
        elif change == "more" and isinstance(holder, list):
            holder.append(copy.deepcopy(holder[key]))
        else:
            value = holder.pop(key)
            if change == "renamed" and isinstance(holder, dict):
                holder[data.draw(odd)] = value

    refused_in_a_sentence(name, json.dumps(document).encode())


@each_reader
@given(data=st.data())
def test_whatever_bytes_stand_in_a_file_it_is_read_or_refused(name: str, data: st.DataObject) -> None:
    """Some bytes are gone, and others are in their place."""
    good = READERS[name][1].encode()
    start = data.draw(st.integers(0, len(good)))
    gone = data.draw(st.sampled_from([0, 1, 5, 50]))

    refused_in_a_sentence(
        name,
        good[:start] + data.draw(st.sampled_from(SPLICES) | st.binary(max_size=4)) + good[start + gone :],
    )


def _pipe(path: Path) -> None:
    os.mkfifo(path)


def _device(path: Path) -> None:
    path.symlink_to("/dev/zero")


@each_reader
@pytest.mark.timeout(20)
@pytest.mark.parametrize("make", [_pipe, _device, Path.mkdir, lambda path: path.symlink_to(path)])
def test_what_is_no_file_is_refused_by_every_reader(
    tmp_path: Path, name: str, make: Callable[[Path], None]
) -> None:
    """A pipe, a device, a folder, and a symbolic link to itself."""
    make(tmp_path / "file.yaml")

    with pytest.raises(AuditorError, match=str(tmp_path)):
        READERS[name][0](tmp_path / "file.yaml")

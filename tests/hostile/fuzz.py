"""Coverage-guided fuzzing of whatever reads a file that somebody wrote for us: `make fuzz`.

    python -m tests.hostile.fuzz [--seconds SECONDS] [--corpus FOLDER] [READER…]

Each reader gets its part of the time, in a process of its own. A file that it neither reads nor refuses in
one sentence, that takes ten seconds or a GiB, is kept in the folder, which is named; the exit code is 1 then.
Needs atheris: the group `fuzz` of pyproject.toml.
"""

import argparse
import copy
import hashlib
import json
import os
import random
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import atheris

with atheris.instrument_imports(include=["auditor"], enable_loader_override=False):
    from auditor.model.errors import AuditorError
    from auditor.yaml_files.document import parse
    from tests.check.test_hostile_inputs import places
    from tests.hostile.inputs import INPUTS
    from tests.hostile.readers import ODD, READERS, SPLICES
    from tests.hostile.test_parsers import SENTENCE

EVERY = {**READERS, **INPUTS}
#: Of one file: seconds, MiB of memory, and its bytes.
MOST_SECONDS, MOST_MIB, MOST_BYTES = 10, 1024, 1 << 16
#: What is put in the place of a value, beside texts.
VALUES: tuple[Any, ...] = (
    None,
    True,
    -1,
    0,
    2**53 + 1,
    1e300,
    0.5,
    [],
    {},
    [[]],
    {"Ref": "a"},
    [{"a": 1}],
    "*",
)


def one_file(name: str, file: Path, data: bytes) -> None:
    """Let a reader have a file of `data`; raises whatever is no sentence for its writer."""
    file.write_bytes(data)
    said = ""
    with suppress(FileNotFoundError):  # of a folder that the reader of an organization renames it in
        file.with_name("organization.yaml").unlink()
    try:
        EVERY[name][0](file)
    except AuditorError as error:
        said = str(error)
    if len(said) >= SENTENCE:
        raise AssertionError(f"{len(said):,} characters are no sentence: {said[:500]!r}")


def mutated(data: bytes, most: int, seed: int) -> bytes:
    """Change values of a document, else bytes of the file."""
    chance = random.Random(seed)  # noqa: S311 -- it has to be repeatable
    if chance.random() < 0.3:
        at = chance.randrange(len(data) + 1)
        return (data[:at] + chance.choice(SPLICES) + data[at + chance.choice((0, 1, 5, 50)) :])[:most]
    if chance.random() < 0.3:
        return bytes(atheris.Mutate(data, most))
    try:
        document = parse(data.decode(), "").value
    except (AuditorError, UnicodeDecodeError):
        return bytes(atheris.Mutate(data, most))
    changed = json.dumps(spoilt(document, chance)).encode()
    return changed if len(changed) <= most else data


def spoilt(document: Any, chance: random.Random) -> Any:
    """A document of which a few values are lost, given another key, repeated, exchanged, or anything."""
    for _ in range(chance.randint(1, 4)):
        found = [*places(document)]
        if not found:
            return copy.deepcopy(chance.choice(VALUES))
        holder, key = chance.choice(found)
        kind = chance.choice(("text", "value", "less", "more", "renamed", "another"))
        if kind == "another":
            other, place = chance.choice(found)
            holder[key] = copy.deepcopy(other[place])
        elif kind in ("text", "value"):
            holder[key] = copy.deepcopy(chance.choice(ODD if kind == "text" else VALUES))
        elif kind == "more" and isinstance(holder, list):
            holder.append(copy.deepcopy(holder[key]))
        else:
            value = holder.pop(key)
            if kind == "renamed" and isinstance(holder, dict):
                holder[chance.choice(ODD)] = value
    return document


def fuzz(name: str, folder: Path, seconds: int) -> None:
    """Fuzz one reader in this process, which it ends."""
    file = folder / "file.yaml"
    corpus, found = folder / "corpus", folder / "found"
    for one in (corpus, found):
        one.mkdir(parents=True, exist_ok=True)
    good = EVERY[name][1].encode()
    (corpus / hashlib.sha256(good).hexdigest()).write_bytes(good)
    one_file(name, file, good)  # what is loaded once is no part of a file's time
    limits = [
        f"-max_total_time={seconds}", f"-timeout={MOST_SECONDS}", f"-rss_limit_mb={MOST_MIB}",
        f"-max_len={MOST_BYTES}", f"-artifact_prefix={found}/", "-verbosity=1", "-len_control=0",
    ]  # fmt: skip
    atheris.Setup(
        [sys.argv[0], *limits, str(corpus)],
        lambda data: one_file(name, file, data),
        custom_mutator=mutated,
        internal_libfuzzer=True,
    )
    atheris.Fuzz()


def main(arguments: Sequence[str]) -> int:
    """Fuzz the readers that are named, all where none is."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("readers", nargs="*", choices=[[], *EVERY], metavar="READER", help=", ".join(EVERY))
    parser.add_argument("--seconds", type=int, default=900, help="of all readers together")
    parser.add_argument("--corpus", type=Path, default=Path(".cache/fuzz"))
    parser.add_argument("--here", action="store_true", help="in this process")
    given = parser.parse_args(arguments)
    names = given.readers or [*EVERY]
    part = max(given.seconds // len(names), 1)
    if given.here:
        fuzz(names[0], given.corpus.absolute() / names[0], part)
    failed = []
    for name in names:
        sys.stderr.write(f"fuzzing {name} for {part} s\n")
        command = [sys.executable, "-m", "tests.hostile.fuzz", name, "--here"]
        options = ["--seconds", str(part), "--corpus", str(given.corpus)]
        if subprocess.run([*command, *options], check=False, env={**os.environ}).returncode:
            failed.append(name)
    for name in failed:
        sys.stderr.write(f"{name}: see the files in {given.corpus / name / 'found'}\n")
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

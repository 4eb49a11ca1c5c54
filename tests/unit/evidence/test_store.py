"""A run is whole, unchanged and the same for the same tables, or it is not opened."""

import os
import shutil
import subprocess
import sys
from hashlib import sha256
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pytest

from auditor.evidence.store import Evidence, EvidenceWriter
from auditor.evidence.table_schemas import TABLES
from auditor.evidence.write import ROW_GROUP
from auditor.model.errors import AuditorError, UsageError

ACCOUNT = "111111111111"
REGION = "eu-west-1"
PLACE = (ACCOUNT, REGION)


def rows(table: str, *given: dict[str, Any]) -> pa.Table:
    """Rows of a table with null where nothing is given."""
    return pa.Table.from_pylist(list(given), schema=TABLES[table])


def keys(count: int) -> pa.Table:
    """`count` keys."""
    return rows("keys", *({"arn": f"arn:{number}", "key_manager": "CUSTOMER"} for number in range(count)))


def write(out: Path, run_id: str = "run", pages: int = 3, page: int = 1000) -> Path:
    """A run with one table of an account-Region, one of the organization and one that is empty."""
    with EvidenceWriter(out, run_id) as writer:
        for _ in range(pages):
            writer.write("keys", keys(page), *PLACE)
        writer.write("resources", rows("resources"), ACCOUNT, "eu-west-2")
        writer.finish(*PLACE)
        writer.write("accounts", rows("accounts", {"account_id": ACCOUNT, "ou_path": ["Work"]}))
        return writer.commit({"run_id": "same"})


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    """Rows in order, chosen columns in the order asked for, and no rows where there is no file."""
    evidence = Evidence.open(write(tmp_path))
    assert evidence.metadata == {"run_id": "same"}
    assert evidence.partitions() == [PLACE, (ACCOUNT, "eu-west-2")]
    expected = pa.concat_tables([keys(1000)] * 3)
    assert evidence.read("keys", *PLACE).equals(expected)
    assert evidence.read("keys", *PLACE, columns=["key_manager", "arn"]).column_names == [
        "key_manager",
        "arn",
    ]
    assert evidence.read("accounts", columns=["account_id", "ou_path"]).to_pylist() == [
        {"account_id": ACCOUNT, "ou_path": ["Work"]}
    ]
    assert evidence.read("gaps").equals(rows("gaps"))
    assert evidence.read("resources", ACCOUNT, "eu-west-2").equals(rows("resources"))


def test_the_hash_of_the_manifest_stands_for_every_file(tmp_path: Path) -> None:
    """The manifest names each file with its SHA-256, size and rows."""
    run = write(tmp_path)
    manifest = (run / "manifest.json").read_bytes()
    files = orjson.loads(manifest)["files"]
    assert sorted(files) == ["evidence/111111111111/eu-west-1/keys.parquet", "evidence/accounts.parquet"]
    for name, said in files.items():
        data = (run / name).read_bytes()
        assert (said["sha256"], said["size"]) == (sha256(data).hexdigest(), len(data))
    assert [said["rows"] for said in files.values()] == [3000, 1]
    assert Evidence.open(run).manifest_sha256 == sha256(manifest).hexdigest()


def test_the_same_tables_give_the_same_bytes(tmp_path: Path) -> None:
    """Two runs of different names differ in nothing."""
    pages = (ROW_GROUP + 500) // 500
    one, two = write(tmp_path, "one", pages, 500), write(tmp_path, "two", pages, 500)
    assert (one / "manifest.json").read_bytes() == (two / "manifest.json").read_bytes()


def test_latest_is_the_newest_run(tmp_path: Path) -> None:
    """The link is moved with each run."""
    write(tmp_path, "one")
    second = write(tmp_path, "two")
    assert Evidence.open(tmp_path / "latest").path == second.resolve()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["latest", "one", "two"]


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError])
def test_a_run_that_is_not_committed_leaves_nothing(tmp_path: Path, error: type[BaseException]) -> None:
    """Whatever ends it; and it can be begun again."""
    writer = EvidenceWriter(tmp_path, "run")
    writer.write("keys", keys(10), *PLACE)
    with pytest.raises(error), writer:
        raise error
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(ValueError, match="ended"):
        writer.write("keys", keys(10), *PLACE)
    write(tmp_path)


def test_a_killed_run_is_hidden_and_the_next_one_replaces_it(tmp_path: Path) -> None:
    """A process that dies with its files open leaves a hidden folder, which is no run."""
    program = (
        "import os, sys; sys.path.insert(0, sys.argv[2]); from test_store import *\n"
        "writer = EvidenceWriter(Path(sys.argv[1]), 'run')\n"
        "writer.write('keys', keys(20000), *PLACE)\n"
        "os.kill(os.getpid(), 9)\n"
    )
    command = [sys.executable, "-c", program, str(tmp_path), str(Path(__file__).parent)]
    assert subprocess.run(command, check=False).returncode == -9
    (left,) = tmp_path.iterdir()
    assert left.name.startswith(".run.")
    with pytest.raises(UsageError, match=r"holds no finished run \(no manifest\.json can be read\)"):
        Evidence.open(left)
    write(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["latest", "run"]


def test_a_run_is_never_written_over(tmp_path: Path) -> None:
    """Evidence of the same name is there already."""
    run = write(tmp_path)
    with pytest.raises(AuditorError, match="already exists; remove it or choose another --out"):
        EvidenceWriter(tmp_path, run.name)


def test_a_folder_that_cannot_be_made_is_one_sentence(tmp_path: Path) -> None:
    """`--out` below a file."""
    (tmp_path / "file").write_text("")
    with pytest.raises(
        AuditorError, match=r"cannot be written to .* \(Not a directory\); make room or choose"
    ):
        EvidenceWriter(tmp_path / "file" / "runs", "run")


def change_a_byte(run: Path) -> str:
    """Change one byte of a table."""
    path = run / "evidence/accounts.parquet"
    data = bytearray(path.read_bytes())
    data[40] ^= 1
    path.write_bytes(data)
    return "evidence/accounts.parquet was changed"


def remove_a_file(run: Path) -> str:
    """Take a table away."""
    (run / "evidence/accounts.parquet").unlink()
    return "evidence/accounts.parquet is missing"


def add_a_file(run: Path) -> str:
    """Put a table in."""
    (run / "evidence/gaps.parquet").write_bytes((run / "evidence/accounts.parquet").read_bytes())
    return "evidence/gaps.parquet is not in the manifest"


def put_a_pipe(run: Path) -> str:
    """Let nobody write a table."""
    (run / "evidence/accounts.parquet").unlink()
    os.mkfifo(run / "evidence/accounts.parquet")
    return "evidence/accounts.parquet cannot be read (it is a pipe, not a file)"


def put_a_file_for_the_folder(run: Path) -> str:
    """Let the folder of the evidence be none."""
    shutil.rmtree(run / "evidence")
    (run / "evidence").touch()
    return "cannot be listed (not a directory); let it be read"


def name_another_file(run: Path) -> str:
    """Let the manifest name a file that is no evidence."""
    (run / "evidence/secret").write_bytes(b"x")
    manifest = orjson.loads((run / "manifest.json").read_bytes())
    manifest["files"]["evidence/secret"] = {"sha256": sha256(b"x").hexdigest(), "size": 1, "rows": 0}
    (run / "manifest.json").write_bytes(orjson.dumps(manifest))
    return "evidence/secret was changed"


def cut_the_manifest(run: Path) -> str:
    """Truncate the manifest."""
    data = (run / "manifest.json").read_bytes()
    (run / "manifest.json").write_bytes(data[: len(data) // 2])
    return "is not a manifest of a run"


def age_the_manifest(run: Path) -> str:
    """Let another release have written it."""
    manifest = orjson.loads((run / "manifest.json").read_bytes())
    (run / "manifest.json").write_bytes(orjson.dumps(manifest | {"version": 1}))
    return "is of version 1 and this release reads version 8"


@pytest.mark.parametrize(
    "damage",
    [
        change_a_byte,
        remove_a_file,
        add_a_file,
        put_a_pipe,
        put_a_file_for_the_folder,
        name_another_file,
        cut_the_manifest,
        age_the_manifest,
    ],
)
def test_a_run_that_is_not_as_it_was_written_is_refused(tmp_path: Path, damage: Any) -> None:
    """The sentence names the file."""
    run = write(tmp_path)
    sentence = damage(run)
    with pytest.raises(AuditorError) as caught:
        Evidence.open(run)
    assert sentence in str(caught.value)


def test_reports_beside_the_evidence_do_not_change_it(tmp_path: Path) -> None:
    """Verdicts and reports are put into the run's folder later."""
    run = write(tmp_path)
    (run / "document.json").write_text("{}")
    assert Evidence.open(run).partitions()


def test_a_table_has_its_place(tmp_path: Path) -> None:
    """A table of the organization is not written for an account, nor with other columns."""
    with EvidenceWriter(tmp_path, "run") as writer:
        with pytest.raises(ValueError, match="no table 'accounts' for account"):
            writer.write("accounts", rows("accounts"), *PLACE)
        with pytest.raises(ValueError, match="not those of its schema"):
            writer.write("keys", rows("gaps", {"gap_id": "g"}), *PLACE)

"""Writing the evidence of a run so that a crash, at any moment, never leaves a folder that looks whole.

Everything is written into a hidden folder beside the runs. A run comes into being by one rename, after every
file and folder, and the manifest last, has reached the disk (fsync). If the process ends before that, only a
hidden `.partial` folder can remain, which no reader opens and the next run of the same name removes.
Folders are 0700 and files 0600: evidence names everything that an organization has.
"""

import os
import shutil
from collections.abc import Mapping
from contextlib import suppress
from hashlib import file_digest
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Any, Final, Self

import pyarrow as pa
import pyarrow.parquet as pq

from auditor.evidence.layout import EVIDENCE, MANIFEST, File, Manifest, file_name
from auditor.evidence.table_schemas import TABLES
from auditor.model.errors import AuditorError
from reports.whole import begin_folder, new_file

#: Rows of a row group. Rows are held until there are so many: about 6 MB of recovery points.
ROW_GROUP: Final = 8192


class EvidenceWriter:
    """One run's evidence, written by many threads; each table of an account-Region by one thread at a time.

    Leaving the context without `commit` aborts. Every method raises `AuditorError` when the folder cannot be
    written (permissions, a full disk); call `abort` then. The same tables, written in the same order within
    each partition, give the same bytes.
    """

    def __init__(self, out: Path, run_id: str) -> None:
        """Begin the run `run_id` under `out`, which is created where it is missing."""
        self.run = out / run_id
        self._out = out
        self._lock = Lock()
        self._open: dict[str, _TableFile] = {}
        self._files: dict[str, File] = {}
        self._partitions: set[tuple[str, str]] = set()
        self._ended = False
        if self.run.exists():
            raise AuditorError(f"{self.run} already exists; remove it or choose another --out.")
        with _writing(out):
            out.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._partial, self._held = begin_folder(self.run)
            try:
                (self._partial / EVIDENCE).mkdir(mode=0o700)
            except BaseException:
                self.abort()
                raise

    def write(self, table: str, data: pa.Table, account_id: str = "", region: str = "") -> None:
        """Append `data` (the schema of `table`) to the file of its partition.

        A table without rows makes no file; its partition counts as read nevertheless.
        """
        name = file_name(table, account_id, region)
        with self._lock:
            self._check()
            if account_id:
                self._partitions.add((account_id, region))
            if data.num_rows and name not in self._open:
                if name in self._files:
                    raise ValueError(f"{name} is finished.")
                with _writing(self._out):
                    self._open[name] = _TableFile(self._partial / name, TABLES[table])
            file = self._open.get(name)
        if file is not None:
            with _writing(self._out):
                file.append(data)

    def finish(self, account_id: str, region: str) -> None:
        """Bring the files of a partition to disk and free their memory: nothing more will come."""
        prefix = f"{EVIDENCE}/{account_id}/{region}/"
        with self._lock:
            self._check()
            names = [name for name in self._open if name.startswith(prefix)]
            files = {name: self._open.pop(name) for name in names}
        for name, file in files.items():
            with _writing(self._out):
                self._files[name] = file.close()

    def commit(self, metadata: Mapping[str, Any]) -> Path:
        """Make the run appear under its name, whole, and point `latest` at it. Returns its folder."""
        with self._lock:
            self._check()
        for name, file in self._open.items():
            with _writing(self._out):
                self._files[name] = file.close()
        self._open.clear()
        manifest = Manifest(metadata, tuple(sorted(self._partitions)), self._files)
        with _writing(self._out):
            _write_synced(self._partial / MANIFEST, manifest.to_bytes())
            for folder, _, _ in os.walk(self._partial):
                _sync_folder(Path(folder))
            self._partial.rename(self.run)
            self._ended = True
            os.close(self._held)
            _sync_folder(self._out)
            self._point_latest()
        return self.run

    def abort(self) -> None:
        """Remove everything; nothing can be written afterwards. Does nothing after `commit` or `abort`."""
        with self._lock:
            if self._ended:
                return
            self._ended = True
            files = list(self._open.values())
            self._open.clear()
        for file in files:
            file.discard()
        shutil.rmtree(self._partial, ignore_errors=True)
        os.close(self._held)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.abort()

    def _check(self) -> None:
        if self._ended:
            raise ValueError(f"The run {self.run.name} is ended.")

    def _point_latest(self) -> None:
        link = self._out / f".latest-{self.run.name}"
        link.unlink(missing_ok=True)
        link.symlink_to(self.run.name)
        link.replace(self._out / "latest")


class _TableFile:
    """One Parquet file that grows by row groups of `ROW_GROUP` rows."""

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        path.parent.parent.mkdir(mode=0o700, exist_ok=True)
        path.parent.mkdir(mode=0o700, exist_ok=True)
        self._path = path
        self._schema = schema
        self._lock = Lock()
        self._closed = False
        self._rows = 0
        self._held: list[pa.Table] = []
        self._held_rows = 0
        self._file = new_file(path)
        self._writer = pq.ParquetWriter(self._file, schema, compression="zstd", store_schema=True)

    def append(self, data: pa.Table) -> None:
        if data.schema != self._schema:
            raise ValueError(f"The columns of {self._path.stem} are not those of its schema.")
        with self._lock:
            if self._closed:
                raise ValueError(f"{self._path.name} is closed.")
            self._held.append(data)
            self._held_rows += data.num_rows
            if self._held_rows >= ROW_GROUP:
                self._flush(self._held_rows - self._held_rows % ROW_GROUP)

    def close(self) -> File:
        with self._lock:
            self._flush(self._held_rows)
            self._writer.close()
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
            self._closed = True
        with self._path.open("rb") as file:
            digest = file_digest(file, "sha256").hexdigest()
        return File(sha256=digest, size=self._path.stat().st_size, rows=self._rows)

    def discard(self) -> None:
        """Let go of the file without an error, whatever state the disk is in."""
        with self._lock, suppress(OSError, ValueError, pa.ArrowException):
            self._closed = True
            self._held.clear()
            self._writer.close()
            self._file.close()

    def _flush(self, rows: int) -> None:
        """Write the first `rows` held rows, in row groups, and hold on to the rest."""
        if not rows:
            return
        table = pa.concat_tables(self._held)
        self._writer.write_table(table.slice(0, rows), row_group_size=ROW_GROUP)
        self._rows += rows
        rest = table.slice(rows)
        self._held = [rest] if rest.num_rows else []
        self._held_rows = rest.num_rows


class _writing:  # noqa: N801 -- reads as a statement: with _writing(out): …
    """Turn what the operating system says while writing into one sentence."""

    def __init__(self, out: Path) -> None:
        self._out = out

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, OSError):
            reason = error.strerror or str(error)
            raise AuditorError(
                f"Evidence cannot be written to {self._out} ({reason}); make room or choose another --out."
            ) from error


def _write_synced(path: Path, data: bytes) -> None:
    with new_file(path) as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(path: Path) -> None:
    """Bring a folder's entries to disk, so that a file that is there after a crash is there by its name."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

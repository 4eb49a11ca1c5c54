"""The evidence of a whole run, verified and read back; the layout is in `auditor.evidence.layout`."""

from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, Self

import pyarrow as pa
import pyarrow.parquet as pq

from auditor import files
from auditor.evidence.as_written import WrongFile, differences
from auditor.evidence.calendar import in_calendar
from auditor.evidence.column_types import TIME
from auditor.evidence.layout import MANIFEST, File, Manifest, file_name, is_evidence
from auditor.evidence.table_schemas import NEEDED, TABLES, no_rows
from auditor.evidence.write import EvidenceWriter
from auditor.model.errors import AuditorError, UsageError

__all__ = ["Evidence", "EvidenceWriter"]

#: Rows of a table that are read without further threads, whose start costs more than they save.
_AT_ONCE: Final = 100_000


class Evidence:
    """The evidence of one run, as it was committed.

    `path` is the run's folder. `metadata` is what the run was committed with; its times are RFC 3339 text in
    UTC. `manifest_sha256` (hexadecimal) stands for the whole evidence: the manifest holds the hash of every
    file.
    """

    def __init__(self, path: Path, manifest: Manifest, manifest_sha256: str) -> None:
        self.path = path
        self.metadata: Mapping[str, Any] = MappingProxyType(dict(manifest.metadata))
        self.manifest_sha256 = manifest_sha256
        self._manifest = manifest

    @classmethod
    def open(cls, run: Path) -> Self:
        """Open the run in the folder `run`.

        Raises:
            UsageError: it holds no finished run.
            AuditorError: what it holds was changed.
        """
        run = run.resolve()
        try:
            data = files.read(run / MANIFEST)
        except OSError as error:
            raise UsageError(
                f"{run} holds no finished run (no {MANIFEST} can be read); give the folder of a run, or "
                "collect again."
            ) from error
        manifest = Manifest.from_bytes(data, run / MANIFEST)
        _verify(run, manifest)
        return cls(run, manifest, sha256(data).hexdigest())

    @property
    def files(self) -> Mapping[str, File]:
        """The evidence files by name, relative to the run."""
        return self._manifest.files

    def partitions(self) -> list[tuple[str, str]]:
        """List the (account id, Region) pairs that were read, sorted, also where nothing was found."""
        return sorted(self._manifest.partitions)

    def digest(self, name: str) -> str | None:
        """SHA-256 of a file of the evidence, as the manifest has it; None where there is no such file."""
        file = self._manifest.files.get(name)
        return None if file is None else file.sha256

    def read(
        self,
        table: str,
        account_id: str = "",
        region: str = "",
        columns: Sequence[str] | None = None,
        words: Sequence[str] = (),
    ) -> pa.Table:
        """Read a table (or some of its columns, in that order); one that has no file has no rows.

        Columns named in `words`, of a few text values that are repeated, come as dictionaries: that is
        quicker and smaller.
        """
        name = file_name(table, account_id, region)
        names = list(columns) if columns is not None else TABLES[table].names
        if name not in self._manifest.files:
            return no_rows(table).select(names)
        try:
            with pq.ParquetFile(self.path / name, memory_map=True, read_dictionary=list(words)) as file:
                if _plain(file.schema_arrow) != TABLES[table]:
                    raise pa.ArrowInvalid(f"{name} has other columns")
                threads = file.metadata.num_rows > _AT_ONCE
                found = file.read(columns=names, use_threads=threads).select(names)
        except (pa.ArrowException, OSError) as error:
            raise _broken(self.path, name) from error
        if not _can_be(found, NEEDED.get(table, ())):
            raise _broken(self.path, name)
        return found


def _verify(run: Path, manifest: Manifest) -> None:
    """Hash every file; refuse a changed, missing, added or unreadable one."""
    try:
        for one in differences(run, {name: file.sha256 for name, file in manifest.files.items()}):
            raise _otherwise(run, one.name, _what(one))
    except OSError as error:
        raise AuditorError(
            f"The evidence of {run} cannot be listed ({files.reason(error)}); let it be read, and run again."
        ) from None
    for name in sorted(manifest.files):
        if not is_evidence(name):
            raise _otherwise(run, name, "was changed")


def _what(one: WrongFile) -> str:
    """What is wrong with a file, to finish a sentence that it begins."""
    if one.why:
        return f"cannot be read ({one.why})"
    if one.named is None:
        return "is not in the manifest"
    return "is missing" if one.found is None else "was changed"


def _otherwise(run: Path, name: str, what: str) -> AuditorError:
    return AuditorError(f"The run {run} is not as it was written: {name} {what}; collect the evidence again.")


def _plain(schema: pa.Schema) -> pa.Schema:
    """A schema with the values' types in the place of dictionaries."""
    kinds = [field.type.value_type if pa.types.is_dictionary(field.type) else field.type for field in schema]
    return pa.schema(list(zip(schema.names, kinds, strict=True)))


def _can_be(found: pa.Table, needed: Sequence[str]) -> bool:
    """Whether all needed values are present, and all times are within a calendar."""
    for name in found.column_names:
        column = found[name]
        if column.null_count and name in needed:
            return False
        if column.type == TIME and not in_calendar(column.cast(pa.int64())):
            return False
    return True


def _broken(run: Path, name: str) -> AuditorError:
    return AuditorError(
        f"The run {run} is not as an auditor writes it: {name} does not have the content that its name says; "
        "collect the evidence again."
    )

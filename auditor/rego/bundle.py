"""The policies as a bundle of OPA: the modules and their data, and what asks the controls like an audit does.

Source: openpolicyagent.org, "Bundles" (file format, `roots`, `revision`, `rego_version`).
"""

import gzip
import io
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import orjson

from auditor.catalogue.layers import REGO_FOLDERS
from auditor.catalogue.load import Catalogue
from auditor.catalogue.schemas import paths
from auditor.catalogue.waivers import Waivers
from auditor.model.arn import pattern_of
from auditor.model.policy import Control
from auditor.model.verdicts import Waiver
from auditor.rego.load import check_modules

#: What asks the controls: the package `auditor`.
ASKS: Final = Path(__file__).with_name("bundle.rego")
_OWN: Final = "auditor"
_PLAIN: Final = orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE


def bundle(catalogue: Catalogue, waivers: Waivers) -> bytes:
    """Make the archive (tar.gz): the same policies and waivers give the same bytes, whenever it is made.

    Its revision is the digest of the policies that reports of an audit name, and behind a hyphen that of the
    waivers, where there are some. Tests are left out.

    Raises:
        UsageError: a module is refused, as no engine may load it.
    """
    check_modules(catalogue.modules, catalogue.data)
    own = {
        "controls": {one.id: _told(one) for one in catalogue.controls},
        "facts": {subject: sorted(paths(schema)) for subject, schema in catalogue.schemas.items()},
        "waivers": [_accepted(one) for one in waivers.entries],
    }
    data = {**catalogue.data, _OWN: own}
    manifest = {
        "revision": revision(catalogue, waivers),
        "roots": sorted({*REGO_FOLDERS, *data}),
        "rego_version": 1,
    }
    files = {
        ".manifest": orjson.dumps(manifest, option=_PLAIN),
        "data.json": orjson.dumps(data, option=_PLAIN),
        f"{_OWN}/verdicts.rego": ASKS.read_bytes(),
        **{path: text.encode() for path, text in catalogue.modules.items()},
    }
    return _archive(files)


def revision(catalogue: Catalogue, waivers: Waivers) -> str:
    """What the bundle of these is called."""
    return "-".join(filter(None, (catalogue.sha256, waivers.sha256)))


def _accepted(waiver: Waiver) -> dict[str, Any]:
    """A waiver as it is told, with its pattern of ARNs as a regular expression, where it has one."""
    told = waiver.told()
    return {**told, "matches": pattern_of(waiver.subject)} if waiver.subject else told


def _told(control: Control) -> dict[str, Any]:
    """What asks a control must know of it."""
    _, family, name = control.package.split(".")
    return {
        "family": family,
        "name": name,
        "title": control.title,
        "severity": str(control.severity),
        "subject": control.subject,
        "moments": list(control.moments),
        "reads": list(control.reads),
        "reasons": dict(control.reasons),
    }


def _archive(files: Mapping[str, bytes]) -> bytes:
    """Files in the order of their names, without times and owners."""
    packed = io.BytesIO()
    with (
        gzip.GzipFile(filename="", mode="wb", fileobj=packed, mtime=0) as pressed,
        tarfile.open(fileobj=pressed, mode="w", format=tarfile.USTAR_FORMAT) as archive,
    ):
        for path in sorted(files):
            entry = tarfile.TarInfo(path)
            entry.size, entry.mode = len(files[path]), 0o644
            archive.addfile(entry, io.BytesIO(files[path]))
    return packed.getvalue()

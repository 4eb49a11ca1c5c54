"""What every SARIF 2.1.0 file of ours has in common, as GitHub code scanning takes it.

Its limits (docs.github.com, "SARIF results exceed one or more limits", and the REST reference of uploads):
one file of at most 10 MB with gzip, 25,000 results a run, of which 5,000 are shown, and 20 tags a rule. More
than that is refused. GitHub knows no `kind`: what could not be judged is there an alert of level `none`.
"""

import zlib
from collections.abc import Iterable, Mapping
from typing import Any, BinaryIO, Final

from reports.ids import nth
from reports.text import clip

#: Results of a run, and bytes of the file with gzip: more is refused.
MAX_RESULTS: Final = 25_000
MAX_PACKED: Final = 10_000_000
_SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVEL: Final = {"critical": "error", "high": "error", "medium": "warning", "low": "note"}
#: What GitHub makes critical (over 9.0), high (7.0), medium (4.0) and low of.
_SCORE: Final = {"critical": "9.5", "high": "8.0", "medium": "5.5", "low": "2.0"}
_KIND: Final = {"NON_COMPLIANT": "fail", "WAIVED": "fail", "INSUFFICIENT_DATA": "open", "ERROR": "review"}


def write_results(file: BinaryIO, driver: bytes, results: Iterable[bytes], room: int) -> int:
    """Write the beginning of the one run and the results for which there is room; return how many.

    `driver` and `results` are objects of JSON, `room` are bytes of the file with gzip. The list of results
    and the run are left open.
    """
    head = (
        b'{"$schema":"%s","version":"2.1.0","runs":[{"tool":{"driver":%s},"columnKind":"unicodeCodePoints",'
        b'"results":['
    )
    head %= _SCHEMA.encode(), driver
    file.write(head)
    packer = zlib.compressobj()
    packed, shown = len(packer.compress(head)), 0
    for result in results:
        line = (b",\n" if shown else b"\n") + result
        packed += len(packer.compress(line)) + len(packer.flush(zlib.Z_SYNC_FLUSH))
        if packed > room:
            break
        file.write(line)
        shown += 1
    return shown


def end(rest: bytes) -> bytes:
    """Return what closes the results and the run; `rest` is an object with what else the run has."""
    return b"\n]," + rest.strip()[1:] + b"]}\n"


def rule(
    control_id: str, severity: str, subject: str, title: str, description: str, remediation: str
) -> dict[str, Any]:
    """Return a control as a rule of the driver; GitHub asks for each text, so the title stands for none."""
    texts = {
        "shortDescription": clip(title, 250),
        "fullDescription": clip(description or title, 1_000),
        "help": clip(remediation or title, 2_000),
    }
    return {
        "id": control_id,
        **{name: {"text": text} for name, text in texts.items()},
        "defaultConfiguration": {"level": _LEVEL[severity]},
        "properties": {"tags": ["backup", "security", subject], "security-severity": _SCORE[severity]},
    }


def judgement(verdict: str, severity: str) -> dict[str, str]:
    """Return a result's `kind` and `level`."""
    kind = _KIND[verdict]
    return {"kind": kind, "level": _LEVEL[severity] if kind == "fail" else "none"}


def fingerprints(finding_id: str, number: int = 1) -> dict[str, str]:
    """Return a result's `partialFingerprints`; `number` counts those of one id."""
    return {
        "primaryLocationLineHash": f"{finding_id}:{number}",
        "auditorFinding/v1": nth(finding_id, number),
    }


def text(untrusted: str, limit: int) -> str:
    r"""Untrusted text that no viewer takes for a link: ``[`` begins one in a SARIF message (3.11.6)."""
    return clip(untrusted, limit).translate({ord(sign): f"\\{sign}" for sign in "\\[]"})


def suppression(waiver: Mapping[str, Any]) -> dict[str, Any]:
    """Return the suppression of a waived result; `waiver` has `reason`, `approved_by`, `expires`."""
    reason, by, until = (clip(str(waiver[key]), 300) for key in ("reason", "approved_by", "expires"))
    told = f"{reason} Approved by {by}, until {until}."
    return {"kind": "external", "status": "accepted", "justification": told}


def note(text: str, level: str = "warning") -> dict[str, Any]:
    """Return a notification of the run, whose text is harmless."""
    return {"level": level, "message": {"text": text}}

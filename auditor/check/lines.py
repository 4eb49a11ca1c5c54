"""Files as YAML, of which JSON is a part: their values, and the lines on which these stand."""

import re
from collections.abc import Iterable, Mapping
from typing import Final

from auditor.check.declared import Source
from auditor.files import WRITTEN, line_of
from auditor.yaml_files.document import Document
from auditor.yaml_files.nodes import NotYaml

#: The short forms of CloudFormation's intrinsic functions (user guide, "Intrinsic function reference").
TAGS: Final[Mapping[str, str]] = {
    "!Ref": "Ref",
    "!Condition": "Condition",
    **{
        f"!{name}": f"Fn::{name}"
        for name in (
            "And", "Base64", "Cidr", "Equals", "FindInMap", "GetAtt", "GetAZs", "If", "ImportValue", "Join",
            "Length", "Not", "Or", "Select", "Split", "Sub", "ToJsonString", "Transform",
        )
    },
}  # fmt: skip

#: What ends a line, as the reader of YAML counts them.
_END: Final = re.compile("\r\n|[\r\n\x85\u2028\u2029]")
#: Lines of an excerpt before and behind the one that is meant, and characters of each.
_BEFORE: Final = 1
_BEHIND: Final = 2
_LONGEST: Final = 400


def document_of(source: Source) -> Document:
    """The file as YAML; raises `NotYaml` where it is none, or is larger than what a person writes."""
    if len(source.data) > WRITTEN:
        raise NotYaml(1, f"it has more than {WRITTEN >> 20} MiB")
    try:
        text = source.data.decode()
    except UnicodeDecodeError as error:
        line = line_of(source.data, error.start)
        raise NotYaml(line, f"byte {error.start} is not UTF-8") from None
    return Document.of(text, source.name, tags=TAGS)


def lines_of(source: Source) -> Document | None:
    """The file with its lines, None where YAML cannot tell them."""
    try:
        return document_of(source)
    except NotYaml:
        return None


def excerpt(source: Source, numbers: Iterable[int]) -> dict[int, str]:
    """The lines of a file around those with the given numbers, by number and cut to a bearable length."""
    lines = _END.split(source.data.decode(errors="replace"))
    wanted = {
        around for number in numbers for around in range(number - _BEFORE, number + _BEHIND + 1) if number
    }
    return {
        number: lines[number - 1][:_LONGEST].rstrip()
        for number in sorted(wanted)
        if 1 <= number <= len(lines)
    }

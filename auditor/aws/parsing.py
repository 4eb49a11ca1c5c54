"""Answers of AWS as plain data, without botocore's walk over the shapes.

botocore's own parser spends ten times the CPU of everything else on a page of 1,000 recovery points, most of
it on time stamps (botocore 1.44.5). These parsers read JSON with orjson, and the long listings for which a
layout is given straight into Arrow columns, which needs no Python object of an item. That is done by native
code of which nobody has proved that it holds whatever arrives: so in a process of its own
(`auditor.aws.page_process`). In every protocol a time is what JSON carries on the wire: seconds since the
epoch, UTC, as a number. Errors are still read by botocore.

They serve answers whose members are called the same on the wire as in the model and that have no header or
payload members; a test holds that for every JSON operation that the collectors call.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

import orjson
import pyarrow as pa
from botocore.parsers import (
    JSONParser,
    ResponseParser,
    ResponseParserError,
    ResponseParserFactory,
    RestJSONParser,
)

from auditor.aws.failures import MALFORMED, not_understood
from auditor.aws.forms import FormedEc2, FormedQuery, FormedRestXml
from auditor.aws.items import is_time
from auditor.aws.page_process import PageProcesses

#: What the members of an answer are in JSON, by the type that the model gives them. Structures are looked at
#: by those who read them, and name what they are of.
_KINDS: Final = {"list": list, "map": dict, "string": str}


class RawParserFactory(ResponseParserFactory):
    """Makes the parsers of a session that reads raw pages.

    `layouts` gives, by the name of an operation's output shape, an Arrow schema of the whole answer: lists of
    structures become struct arrays, strings stay strings, and members that it does not name are not read.
    """

    def __init__(self, layouts: Mapping[str, pa.Schema]) -> None:
        super().__init__()
        self._layouts = layouts
        self._pages = PageProcesses()

    def close(self) -> None:
        """End the processes that read pages; no page with a layout is read any more."""
        self._pages.close()

    def create_parser(self, protocol_name: str) -> ResponseParser:
        """Make the parser of `protocol_name` (rest-json, json, query, ec2, rest-xml)."""
        kind: Any = _RAW[protocol_name]
        parser: ResponseParser = kind(timestamp_parser=epoch_seconds)
        if isinstance(parser, _RawRestJson):
            parser.layouts, parser.pages = self._layouts, self._pages
        parser.parse = _guarded(parser.parse)  # type: ignore[method-assign] # botocore has no hook
        return parser


def _guarded(parse: Callable[..., Any]) -> Callable[..., Any]:
    """In each protocol, make an answer without its operation's form an error of the answer."""

    def parse_or_refuse(response: Any, shape: Any) -> Any:
        try:
            return parse(response, shape)
        except MALFORMED as error:
            if isinstance(error, ResponseParserError):
                raise
            raise ResponseParserError(not_understood("The answer", error).message) from error

    return parse_or_refuse


def epoch_seconds(value: str | float) -> float:
    """Read a time of any protocol: a number of seconds, or ISO 8601 (without an offset it is UTC)."""
    if not isinstance(value, str):
        return value
    try:
        seconds = float(value)
    except ValueError:
        moment = datetime.fromisoformat(value)
        seconds = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    if not is_time(seconds):
        raise ValueError("a time in it is not valid")
    return seconds


def _load(body: bytes, shape: Any) -> dict[str, Any]:
    if not body:
        return {}
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise ResponseParserError(f"The answer is not JSON: {error}") from None
    if not isinstance(document, dict):
        raise ResponseParserError("The answer is not a JSON object.")
    for name, member in shape.members.items() if shape is not None else ():
        value = document.get(name)
        if value is not None and not isinstance(value, _KINDS.get(member.type_name, object)):
            raise ResponseParserError(f"The answer's {name} is not a {member.type_name}.")
    return document


def _columns(page: pa.RecordBatch) -> dict[str, Any]:
    """The members of a page that is one row."""
    parsed: dict[str, Any] = {}
    for field in page.schema:
        column = page.column(field.name)
        if column.null_count:  # a list that is null or missing is not an empty one
            continue
        parsed[field.name] = column.flatten() if pa.types.is_list(field.type) else column[0].as_py()
    return parsed


class _RawRestJson(RestJSONParser):
    layouts: Mapping[str, pa.Schema]
    pages: PageProcesses

    def _do_parse(self, response: Mapping[str, Any], shape: Any) -> dict[str, Any]:
        layout = self.layouts.get(shape.name) if shape is not None else None
        body = response["body"]
        parsed = _load(body, shape) if layout is None else _columns(self.pages.read(body, layout))
        parsed["ResponseMetadata"] = self._populate_response_metadata(response)  # type: ignore[attr-defined]  # the parser's own
        return parsed


class _RawJson(JSONParser):
    def _do_parse(self, response: Mapping[str, Any], shape: Any) -> dict[str, Any]:
        parsed = _load(response["body"], shape)
        self._inject_response_metadata(parsed, response["headers"])  # type: ignore[attr-defined]  # likewise
        return parsed


_RAW = {
    "rest-json": _RawRestJson,
    "json": _RawJson,
    "query": FormedQuery,
    "ec2": FormedEc2,
    "rest-xml": FormedRestXml,
}

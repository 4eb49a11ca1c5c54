"""Answers of AWS as plain data, without botocore's walk over the shapes.

botocore's own parser spends ten times the CPU of everything else on a page of 1,000 recovery points, most of
it on time stamps (engineering.md F). These parsers leave JSON as orjson reads it. In every protocol a time
is what the wire carries for JSON: seconds since the epoch, UTC, as a number. Errors are still read by
botocore.

They serve answers whose members are called the same on the wire as in the model and that have no header or
payload members; a test holds that for every JSON operation that the collectors call.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import orjson
from botocore.parsers import (
    PROTOCOL_PARSERS,
    JSONParser,
    ResponseParser,
    ResponseParserError,
    ResponseParserFactory,
    RestJSONParser,
)


class RawParserFactory(ResponseParserFactory):
    """Makes the parsers of a session that reads raw pages."""

    def create_parser(self, protocol_name: str) -> ResponseParser:
        """Make the parser of `protocol_name` (rest-json, json, query, ec2, rest-xml)."""
        parser: Any = _RAW.get(protocol_name, PROTOCOL_PARSERS[protocol_name])
        made: ResponseParser = parser(timestamp_parser=epoch_seconds)
        return made


def epoch_seconds(value: str | float) -> float:
    """Read a time of any protocol: a number of seconds, or ISO 8601 (without an offset it is UTC)."""
    if not isinstance(value, str):
        return value
    try:
        return float(value)
    except ValueError:
        moment = datetime.fromisoformat(value)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _load(body: bytes) -> dict[str, Any]:
    if not body:
        return {}
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise ResponseParserError(f"The answer is not JSON: {error}") from None
    if not isinstance(document, dict):
        raise ResponseParserError("The answer is not a JSON object.")
    return document


class _RawRestJson(RestJSONParser):
    def _do_parse(self, response: Mapping[str, Any], shape: object) -> dict[str, Any]:  # noqa: ARG002
        parsed = _load(response["body"])
        parsed["ResponseMetadata"] = self._populate_response_metadata(response)  # type: ignore[attr-defined]
        return parsed


class _RawJson(JSONParser):
    def _do_parse(self, response: Mapping[str, Any], shape: object) -> dict[str, Any]:  # noqa: ARG002
        parsed = _load(response["body"])
        self._inject_response_metadata(parsed, response["headers"])  # type: ignore[attr-defined]
        return parsed


_RAW = {"rest-json": _RawRestJson, "json": _RawJson}

"""Decoders and encoders compiled from botocore's shapes.

A decoder takes what the wire carries and a path for messages, and gives the parameter as boto3 would have
sent it; it checks type, required members, length, range, pattern and enumeration. An encoder takes a result
as boto3 would return it and gives what the wire carries.
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final, cast

from botocore.model import ListShape, MapShape, Shape, StructureShape

from auditor.executor.api.errors import invalid, missing

Decoder = Callable[[Any, str], Any]
Encoder = Callable[[Any], Any]

_TEXT_BOOLEANS: Final = {"true": True, "false": False}
#: Patterns of the model that AWS's own values do not meet: `Storage Gateway`, `SAP HANA on Amazon EC2`.
_PATTERNS: Final = {"ResourceType": r"^[a-zA-Z0-9\-\_\. ]{1,50}$"}
_FIRST_YEAR: Final = datetime(1, 1, 2, tzinfo=UTC).timestamp()
_LAST_YEAR: Final = datetime(9999, 12, 30, tzinfo=UTC).timestamp()


def decoder(shape: Shape, *, text: bool = False) -> Decoder:
    """The decoder of `shape`; `text` when the value comes from the path or the query, where all is text."""
    kinds: Mapping[str, Callable[[Any], Decoder]] = {
        "structure": _structure_decoder,
        "list": _list_decoder,
        "map": _map_decoder,
        "string": _string_decoder,
        "boolean": _text_boolean_decoder if text else _boolean_decoder,
        "integer": _text_integer_decoder if text else _integer_decoder,
        "long": _text_integer_decoder if text else _integer_decoder,
        "timestamp": lambda _: _timestamp,
    }
    return kinds[shape.type_name](shape)


def _structure_decoder(shape: StructureShape) -> Decoder:
    members = {wire_name(name, member): (name, decoder(member)) for name, member in shape.members.items()}
    required = tuple(shape.required_members)

    def decode(value: Any, path: str) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise invalid(f"{path or 'The request body'} must be an object.")
        found = {}
        for wire, entry in members.items():
            item = value.get(wire)
            if item is not None:
                name, decode_member = entry
                found[name] = decode_member(item, f"{path}.{name}" if path else name)
        require(found, required, path)
        return found

    return decode


def require(found: Mapping[str, Any], required: tuple[str, ...], path: str = "") -> None:
    """Raise MissingParameterValueException for the first of `required` that is not in `found`."""
    for name in required:
        if name not in found:
            raise missing(
                f"Missing required parameter: {path}.{name}"
                if path
                else f"Missing required parameter: {name}"
            )


def _list_decoder(shape: ListShape) -> Decoder:
    decode_item = decoder(shape.member)
    check = _size_check(shape, "member")

    def decode(value: Any, path: str) -> list[Any]:
        if not isinstance(value, list):
            raise invalid(f"{path} must be a list.")
        check(len(value), path)
        return [decode_item(item, f"{path}[{index}]") for index, item in enumerate(value)]

    return decode


def _map_decoder(shape: MapShape) -> Decoder:
    decode_key, decode_value = decoder(shape.key), decoder(shape.value)
    check = _size_check(shape, "entry")

    def decode(value: Any, path: str) -> dict[Any, Any]:
        if not isinstance(value, dict):
            raise invalid(f"{path} must be an object.")
        check(len(value), path)
        return {
            decode_key(key, f"{path} key"): decode_value(item, f"{path}.{key}") for key, item in value.items()
        }

    return decode


def _string_decoder(shape: Shape) -> Decoder:
    written = _PATTERNS.get(shape.name, shape.metadata.get("pattern"))
    pattern = None if written is None else re.compile(written)
    choices = frozenset(shape.metadata.get("enum", ()))
    check = _size_check(shape, "character")

    def decode(value: Any, path: str) -> str:
        if not isinstance(value, str):
            raise invalid(f"{path} must be a string.")
        if "\x00" in value:  # PostgreSQL's text cannot hold it
            raise invalid(f"{path} must not have a NUL character.")
        check(len(value), path)
        if pattern is not None and pattern.fullmatch(value) is None:
            raise invalid(
                f"Value {_shown(value)} at {path} failed to satisfy constraint: "
                f"Member must satisfy regular expression pattern: {pattern.pattern}"
            )
        if choices and value not in choices:
            raise invalid(
                f"Value {_shown(value)} at {path} failed to satisfy constraint: "
                f"Member must satisfy enum value set: [{', '.join(sorted(choices))}]"
            )
        return value

    return decode


def _shown(value: str, limit: int = 120) -> str:
    """`value` quoted for a message, shortened."""
    return repr(value if len(value) <= limit else value[:limit] + "…")


def _boolean_decoder(_: Shape) -> Decoder:
    def decode(value: Any, path: str) -> bool:
        if not isinstance(value, bool):
            raise invalid(f"{path} must be true or false.")
        return value

    return decode


def _text_boolean_decoder(_: Shape) -> Decoder:
    def decode(value: Any, path: str) -> bool:
        if value not in _TEXT_BOOLEANS:
            raise invalid(f"{path} must be true or false.")
        return _TEXT_BOOLEANS[value]

    return decode


def _integer_decoder(shape: Shape) -> Decoder:
    check = _size_check(shape, "")

    def decode(value: Any, path: str) -> int:
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if not isinstance(value, int) or isinstance(value, bool):
            raise invalid(f"{path} must be a whole number.")
        check(value, path)
        if not -(2**63) <= value < 2**63:
            raise invalid(f"{path} is out of range.")
        return value

    return decode


def _text_integer_decoder(shape: Shape) -> Decoder:
    decode_number = _integer_decoder(shape)

    def decode(value: Any, path: str) -> int:
        if re.fullmatch(r"-?[0-9]{1,19}", value) is None:
            raise invalid(f"{path} must be a whole number.")
        return cast("int", decode_number(int(value), path))

    return decode


def _size_check(shape: Shape, unit: str) -> Callable[[int, str], None]:
    """Check a number, or a count of `unit`s, against the shape's `min` and `max`."""
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    what = f" {unit}s" if unit else ""

    def check(size: int, path: str) -> None:
        if low is not None and size < low:
            raise invalid(
                f"{path} must have at least {low}{what}." if unit else f"{path} must be at least {low}."
            )
        if high is not None and size > high:
            raise invalid(
                f"{path} must have at most {high}{what}." if unit else f"{path} must be at most {high}."
            )

    return check


def _timestamp(value: Any, path: str) -> datetime:
    """Seconds since 1970 (body) or ISO 8601 (query); UTC, whole milliseconds."""
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            return _iso_timestamp(value, path)
    if isinstance(value, bool) or not isinstance(value, int | float) or not _FIRST_YEAR < value < _LAST_YEAR:
        raise invalid(f"{path} must be a time.")
    return datetime.fromtimestamp(value, UTC)


def _iso_timestamp(value: str, path: str) -> datetime:
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        raise invalid(f"{path} must be a time.") from None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    if not datetime(1, 1, 2, tzinfo=UTC) < moment < datetime(9999, 12, 30, tzinfo=UTC):
        raise invalid(f"{path} must be a time.")
    return moment.astimezone(UTC)


def encoder(shape: Shape) -> Encoder | None:
    """The encoder of `shape`, None when its values go out as they are."""
    if isinstance(shape, StructureShape):
        return _structure_encoder(shape)
    if isinstance(shape, MapShape):
        encode_value = encoder(shape.value)
        return encode_value and (lambda value: {key: encode_value(item) for key, item in value.items()})
    if isinstance(shape, ListShape):
        encode_item = encoder(shape.member)
        return encode_item and (lambda value: [encode_item(item) for item in value])
    if shape.type_name == "timestamp":
        return epoch_seconds
    return None


def _structure_encoder(shape: StructureShape) -> Encoder:
    """A member that the shape does not know is a bug of ours and raises `KeyError`."""
    members = {name: (wire_name(name, member), encoder(member)) for name, member in shape.members.items()}

    def encode(value: Mapping[str, Any]) -> dict[str, Any]:
        out = {}
        for name, item in value.items():
            wire, encode_member = members[name]
            if item is not None:
                out[wire] = encode_member(item) if encode_member else item
        return out

    return encode


def epoch_seconds(value: datetime | float) -> float:
    """A time as AWS Backup writes it: seconds since 1970 with milliseconds. Numbers are that already."""
    return value if isinstance(value, int | float) else round(value.timestamp(), 3)


def wire_name(name: str, shape: Shape) -> str:
    """The name that the wire carries for the member `name`."""
    return str(shape.serialization.get("name", name))

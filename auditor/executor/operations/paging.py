"""Keyset pages: deep pages cost no more than the first; next tokens stay right while rows come and go."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import orjson
from sqlalchemy import ColumnElement, Connection, Row, Select, tuple_

from auditor.executor.api.errors import ServiceError, invalid
from auditor.executor.api.protocol import Page, Reply

#: AWS's own most and default.
MAX_RESULTS: Final = 1000
#: What is between an operation's name and the rest of a token.
_MARK: Final = "."


def own_token(operation: str, params: dict[str, Any]) -> dict[str, Any]:
    """`params` with the token as `operation` has made it; one that another operation has given is refused."""
    if "NextToken" not in params:
        return params
    name, _, token = params["NextToken"].partition(_MARK)
    if name != operation:
        raise _bad_token()
    return {**params, "NextToken": token}


def with_own_token(operation: str, reply: Reply) -> Reply:
    """`reply` with a token that is the operation's own."""
    if isinstance(reply, Page):
        token = reply.next_token
        return reply if token is None else replace(reply, next_token=f"{operation}{_MARK}{token}")
    if reply is None or "NextToken" not in reply:
        return reply
    return {**reply, "NextToken": f"{operation}{_MARK}{reply['NextToken']}"}


def fetch(
    connection: Connection,
    query: Select[Any],
    keys: Sequence[ColumnElement[Any]],
    params: Mapping[str, Any],
    *,
    descending: bool = False,
) -> tuple[Sequence[Row[Any]], str | None]:
    """The page of `query` that `params` (NextToken, MaxResults) asks for, and the token of the next one.

    `keys` are columns of the query that order it wholly.
    """
    limit = limit_of(params)
    place = tuple_(*keys)
    if "NextToken" in params:
        after = _read_token(params["NextToken"], keys)
        query = query.where(place < after if descending else place > after)
    query = query.order_by(*(key.desc() if descending else key.asc() for key in keys)).limit(limit + 1)
    rows = connection.execute(query).all()
    if len(rows) <= limit:
        return rows, None
    page = rows[:limit]
    return page, token_after([page[-1]._mapping[key] for key in keys])  # noqa: SLF001 -- SQLAlchemy's public name


def fetch_sorted(
    rows: Sequence[tuple[tuple[Any, ...], Any]], params: Mapping[str, Any]
) -> tuple[Sequence[tuple[tuple[Any, ...], Any]], str | None]:
    """The page of `rows`, pairs of a key (strings and integers) and a value in the order of the keys."""
    limit = limit_of(params)
    if "NextToken" in params:
        after = _read_list(params["NextToken"])
        if rows and [type(part) for part in after] != [type(part) for part in rows[0][0]]:
            raise _bad_token()
        rows = [row for row in rows if row[0] > tuple(after)]
    return rows[:limit], token_after(list(rows[limit - 1][0])) if len(rows) > limit else None


def is_token_of(params: Mapping[str, Any], *kinds: type) -> bool:
    """Whether NextToken is one after a row whose key has values of `kinds`."""
    return "NextToken" in params and [type(value) for value in _read_list(params["NextToken"])] == list(kinds)


def limit_of(params: Mapping[str, Any]) -> int:
    """The most items of the page that is asked for."""
    limit = int(params.get("MaxResults", MAX_RESULTS))
    if not 1 <= limit <= MAX_RESULTS:
        raise invalid(f"MaxResults must be between 1 and {MAX_RESULTS}.")
    return limit


def token_after(values: list[Any]) -> str:
    """The token of what comes after the key of `values`."""
    return urlsafe_b64encode(orjson.dumps(values)).decode()


def _read_token(token: str, keys: Sequence[ColumnElement[Any]]) -> tuple[Any, ...]:
    values = _read_list(token)
    kinds = [key.type.python_type for key in keys]
    if [type(value) for value in values] != kinds or not all(map(_storable, values)):
        raise _bad_token()
    return tuple(values)


def _storable(value: Any) -> bool:
    """Whether a column can hold it: numbers of up to 64 bits, and text without NUL (PostgreSQL)."""
    return "\x00" not in value if isinstance(value, str) else -(2**63) <= value < 2**63


def _read_list(token: str) -> list[Any]:
    try:
        values = orjson.loads(urlsafe_b64decode(token.encode()))
    except ValueError:
        raise _bad_token() from None
    if not isinstance(values, list):
        raise _bad_token()
    return values


def _bad_token() -> ServiceError:
    return invalid("NextToken is not one that this operation has given.")

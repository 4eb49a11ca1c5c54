"""What an OPA server says of a policy, in the words of this program."""

from typing import Final

import orjson

#: Below this our policies stand on a server.
OURS: Final = "auditor/"


def said_by_opa(error: Exception) -> str | None:
    """What OPA's answer says went wrong in a policy; None when it is no such answer."""
    response = getattr(error, "response", None)
    if response is None:
        return None
    try:
        body = orjson.loads(response.content)
    except orjson.JSONDecodeError:
        return None
    if not isinstance(body, dict) or body.get("code") != "internal_error":
        return None
    for detail in body.get("errors", ()):
        place = detail.get("location", {})
        where = ":".join(str(place[key]) for key in ("file", "row", "col") if key in place)
        return plain(f"{where}: {detail.get('message')}")
    return plain(str(body.get("message")))


def plain(text: str) -> str:
    """One line, with the files as the user knows them."""
    return " ".join(text.split()).replace(OURS, "")

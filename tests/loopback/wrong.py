"""Answers in a wrong form: each member of a right body taken out, made null, or of another type."""

import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple
from xml.etree import ElementTree as ET

import orjson

#: A value of each type; of a member's own type none is taken.
_VALUES: tuple[Any, ...] = (None, True, 5, "x", [], ["x"], [None], {}, {"x": 1})
#: What a JSON value may be taken for.
_KINDS: dict[type, str] = {
    bool: "bool",
    int: "number",
    float: "number",
    str: "text",
    list: "list",
    dict: "object",
    type(None): "null",
}

Change = Callable[[bytes], bytes]
Path = tuple[Any, ...]


class Wrong(NamedTuple):
    """A change of a body. `lawful`: AWS itself may answer so (what is missing, null, empty, another text)."""

    name: str
    lawful: bool
    change: Change


def changes(body: bytes) -> Iterator[Wrong]:
    """Every wrong form of a body."""
    if body.lstrip().startswith(b"<"):
        yield from _changes_of_xml(body)
        return
    document = orjson.loads(body)
    for path in _paths(document):
        own = _at(document, path)
        for value in _VALUES:
            same = _KINDS[type(value)] == _KINDS[type(own)]
            if not same or (isinstance(value, list) and value and any(isinstance(one, dict) for one in own)):
                lawful = value is None and path[-1:] not in ((), (0,))
                yield Wrong(f"{_named(path)} is {value!r}", lawful, _into(path, value))
        if isinstance(own, int | float) and not isinstance(own, bool):
            for number in (-1e300, 1e300, 10**18, -1):
                yield Wrong(f"{_named(path)} is {number!r}", lawful=True, change=_into(path, number))
        if path and isinstance(path[-1], str):
            yield Wrong(f"{_named(path)} is missing", lawful=True, change=_without(path))


def _named(path: Path) -> str:
    return "/".join(map(str, path)) or "all"


def _paths(value: Any, path: Path = ()) -> Iterator[Path]:
    """Each place of a document; of a list its first item stands for all."""
    yield path
    if isinstance(value, dict):
        for name, item in value.items():
            yield from _paths(item, (*path, name))
    elif isinstance(value, list) and value:
        yield from _paths(value[0], (*path, 0))


def _at(document: Any, path: Path) -> Any:
    for step in path:
        document = document[step]
    return document


def _into(path: Path, value: Any) -> Change:
    def change(body: bytes) -> bytes:
        document = orjson.loads(body)
        if not path:
            return orjson.dumps(value)
        try:
            _at(document, path[:-1])[path[-1]] = value
        except (KeyError, IndexError, TypeError):  # this answer has no such place
            return body
        return orjson.dumps(document)

    return change


def _without(path: Path) -> Change:
    def change(body: bytes) -> bytes:
        document = orjson.loads(body)
        try:
            del _at(document, path[:-1])[path[-1]]
        except (KeyError, IndexError, TypeError):  # this answer has no such place
            return body
        return orjson.dumps(document)

    return change


def _changes_of_xml(body: bytes) -> Iterator[Wrong]:
    for path in sorted(set(_tags(_tree(body), ()))):
        where = "/".join(path) or "root"
        plain = len(_found(_tree(body), path) or ()) == 0
        yield Wrong(f"{where} has another name", bool(path), _change_xml(path, _rename))
        yield Wrong(f"{where} is empty", lawful=True, change=_change_xml(path, _empty))
        yield Wrong(f"{where} is text", plain, _change_xml(path, _say))
        yield Wrong(f"{where} is an element", lawful=False, change=_change_xml(path, _nest))


def _tree(body: bytes) -> ET.Element:
    return ET.fromstring(re.sub(rb' xmlns="[^"]*"', b"", body))  # noqa: S314 -- our own endpoint wrote it


def _tags(element: ET.Element, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    yield path
    for child in element:
        yield from _tags(child, (*path, child.tag))


def _found(root: ET.Element, path: tuple[str, ...]) -> ET.Element | None:
    found: ET.Element | None = root
    for tag in path:
        found = found.find(tag) if found is not None else None
    return found


def _change_xml(path: tuple[str, ...], spoil: Callable[[ET.Element], None]) -> Change:
    def change(body: bytes) -> bytes:
        root = _tree(body)
        found = _found(root, path)
        if found is None:
            return body
        spoil(found)
        return ET.tostring(root)

    return change


def _rename(element: ET.Element) -> None:
    element.tag = "html"


def _empty(element: ET.Element) -> None:
    element.text = None
    for child in list(element):
        element.remove(child)


def _say(element: ET.Element) -> None:
    _empty(element)
    element.text = "x"


def _nest(element: ET.Element) -> None:
    _empty(element)
    ET.SubElement(element, "x").text = "x"

"""A page of HTML as a tree that a test asks for its parts."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Final


@dataclass
class Node:
    """An element of a page."""

    tag: str
    attributes: Mapping[str, str] = field(default_factory=dict)
    children: list["Node | str"] = field(default_factory=list)

    @property
    def text(self) -> str:
        """All text in it, on one line."""
        said = (one if isinstance(one, str) else f" {one.text} " for one in self.children)
        return " ".join("".join(said).split())

    def all(self, tag: str, **attributes: str) -> Iterator["Node"]:
        """The elements below of a tag; `class_` names one of their classes."""
        for child in self.children:
            if isinstance(child, str):
                continue
            if child.tag == tag and all(
                value in child.attributes.get(name.rstrip("_"), "").split()
                for name, value in attributes.items()
            ):
                yield child
            yield from child.all(tag, **attributes)

    def one(self, tag: str, **attributes: str) -> "Node":
        """The first of them."""
        return next(self.all(tag, **attributes))

    def table(self, section: str) -> list[list[str]]:
        """The cells of a section's table, without its head and without bars; no table has no rows."""
        return [
            [
                cell.text
                for cell in row.children
                if isinstance(cell, Node) and cell.attributes.get("class") != "bar-cell"
            ]
            for place in self.all("section", id=section)
            for body in place.all("tbody")
            for row in body.all("tr")
        ]


class _Tree(HTMLParser):
    _VOID: Final = ("br", "hr", "input", "link", "meta", "rect", "use", "path", "circle")

    def __init__(self) -> None:
        super().__init__()
        self.open = [Node("page")]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        node = Node(tag, {name: value or "" for name, value in attrs})
        self.open[-1].children.append(node)
        if tag not in self._VOID:
            self.open.append(node)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open[-1].children.append(Node(tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        if tag not in self._VOID:
            assert self.open.pop().tag == tag

    def handle_data(self, data: str) -> None:
        self.open[-1].children.append(data)


def tree(page: str) -> Node:
    """A page as a tree; each of its elements is closed where it must be."""
    parser = _Tree()
    parser.feed(page)
    (root,) = parser.open
    return root

"""The one loader of YAML (and JSON, which is YAML) that a person or another program wrote.

Scalars are read as YAML 1.2's core schema does: only `true` and `false` are booleans, a date or a time of day
is text, an account id such as 012345678901 is text too (a leading zero makes no octal number). A key is
always text. Nothing in a file makes us build an object, repeat it without end, or run out of stack.
"""

import re
from collections.abc import Container, Mapping
from types import MappingProxyType
from typing import Any, Final

import yaml
from yaml.composer import Composer

#: A key, or the number of an item from 0, on the way to a part of a document.
Step = str | int

#: How deep values may lie in each other, and how many there may be, each alias counted as what it repeats.
MOST_DEEP: Final = 50
MOST_VALUES: Final = 200_000

TAG: Final = "tag:yaml.org,2002:"
_INT: Final = "(?:0|[1-9][0-9]*)"
_SCALARS: Final = (
    ("bool", re.compile("^(?:true|false)$"), "tf"),
    ("null", re.compile("^(?:null|~|)$"), "n~"),
    ("int", re.compile(f"^[-+]?{_INT}$"), "-+0123456789"),
    (
        "float",
        re.compile(rf"^[-+]?(?:{_INT}?\.[0-9]+|{_INT}\.|{_INT}(?=[eE]))(?:[eE][-+]?[0-9]+)?$"),
        "-+.0123456789",
    ),
)
#: Whole numbers that JSON keeps exactly.
_LARGEST: Final = 2**53
_DIGITS: Final = 400  # of a number; Python reads no longer ones
#: YAML 1.1, as CloudFormation reads it (aws-backup.md 4.17).
_OLD_WORDS: Final[Any] = yaml.resolver.Resolver()
_OLD_VALUES: Final = yaml.constructor.SafeConstructor()
_OLD_KINDS: Final = frozenset({"bool", "int", "null"})
#: libyaml's parser, five times as fast, where PyYAML was built with it.
_Base: Final[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class NotYaml(Exception):  # noqa: N818 -- it says what a text is
    """What is wrong, and on which line of the text (from 1)."""

    def __init__(self, line: int, problem: str) -> None:
        super().__init__(problem)
        self.line, self.problem = line, problem


class _Loader(Composer, _Base):  # type: ignore[misc]  # mypy cannot know which of the two `_Base` is
    """Nodes with limits."""

    yaml_implicit_resolvers: dict[str, list[Any]] = {}  # noqa: RUF012 -- PyYAML's own attribute, replaced whole

    def __init__(self, text: str, tags: Container[str]) -> None:
        _Base.__init__(self, text)
        Composer.__init__(self)
        self._tags = tags
        self._depth = self._values = 0
        self._sizes: dict[int, int] = {}  # of the nodes that are whole

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        """Make a node of the next events."""
        event: Any = self.peek_event()
        line, before = event.start_mark.line + 1, self._values
        self._refuse(event, line)
        self._depth += 1
        node = super().compose_node(parent, index)
        self._depth -= 1
        if isinstance(event, yaml.AliasEvent):
            if id(node) not in self._sizes:
                raise NotYaml(line, f"*{event.anchor} stands within the part that it repeats")
            self._values += self._sizes[id(node)]
        else:
            self._values += 1
            self._sizes[id(node)] = self._values - before
        if self._values > MOST_VALUES:
            raise NotYaml(line, f"more than {MOST_VALUES:,} values are not read")
        return node

    def _refuse(self, event: Any, line: int) -> None:
        if self._depth >= MOST_DEEP:
            raise NotYaml(line, f"what lies more than {MOST_DEEP} levels deep is not read")
        if getattr(event, "tag", None) is not None and event.tag not in self._tags:
            raise NotYaml(line, f"a tag such as {event.tag.replace(TAG, '!!')} is not read; leave it out")


for _name, _pattern, _first in _SCALARS:
    _Loader.add_implicit_resolver(TAG + _name, _pattern, [*_first, ""] if _name == "null" else list(_first))


def compose(text: str, tags: Container[str] = ()) -> yaml.Node | None:
    """The nodes of the one document of `text`, None where it is empty; no key is given twice.

    `tags` are those that are read, such as "!Ref"; a file that a person writes for us has none.

    Raises:
        NotYaml: it is not YAML, or more than is read of it.
    """
    loader = _Loader(text, tags)
    try:
        root: yaml.Node | None = loader.get_single_node()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        problem = error.problem or error.context or ""
        raise NotYaml(mark.line + 1 if mark else 1, f"this is not YAML: {problem}") from None
    except yaml.reader.ReaderError as error:
        line = text.encode().count(b"\n", 0, error.position) + 1
        raise NotYaml(line, f"this is not YAML: {error.reason}") from None
    finally:
        loader.dispose()
    _check_keys(root)
    return root


def value_of(
    node: yaml.Node | None, tags: Mapping[str, str] = MappingProxyType({}), *, old: bool = False
) -> Any:
    """The Python value of a node; None of none. Raises `NotYaml` for a scalar that is none.

    What has one of `tags` is an object of one key, the one that the tag stands for. What is `old` is read as
    YAML 1.1 does: `yes` without quotes is true, and 035 is 29.
    """
    if node is not None and node.tag in tags:
        inner = str(node.value) if isinstance(node, yaml.ScalarNode) else _untagged(node, tags, old=old)
        return {tags[node.tag]: inner}
    return None if node is None else _untagged(node, tags, old=old)


def _untagged(node: yaml.Node, tags: Mapping[str, str], *, old: bool) -> Any:
    if isinstance(node, yaml.MappingNode):
        return {key.value: value_of(value, tags, old=old) for key, value in node.value}
    if isinstance(node, yaml.SequenceNode):
        return [value_of(item, tags, old=old) for item in node.value]
    found = _scalar(node)
    plain = isinstance(node, yaml.ScalarNode) and not node.style
    return _old(found) if old and plain and isinstance(found, str) else found


def _old(text: str) -> Any:
    """What a text without quotes is in YAML 1.1, of truth values, whole numbers and null."""
    tag = _OLD_WORDS.resolve(yaml.ScalarNode, text, (True, False))
    if tag.removeprefix(TAG) not in _OLD_KINDS or len(text) > _DIGITS:
        return text
    found = _OLD_VALUES.construct_object(yaml.ScalarNode(tag, text))
    return text if isinstance(found, int) and abs(found) > _LARGEST else found


def _scalar(node: Any) -> Any:
    text, kind = str(node.value), node.tag.removeprefix(TAG)
    if kind == "null":
        return None
    if kind == "bool":
        return text == "true"
    if kind in ("int", "float"):
        number = (int if kind == "int" else float)(text) if len(text) < _DIGITS else float("inf")
        if abs(number) > (_LARGEST if kind == "int" else float(_LARGEST) ** 2):
            raise NotYaml(
                node.start_mark.line + 1, f"the number {text[:20]} is too large; put a text in quotes"
            )
        return number
    return text


def _check_keys(node: yaml.Node | None) -> None:
    if isinstance(node, yaml.SequenceNode):
        for item in node.value:
            _check_keys(item)
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode):
                raise NotYaml(line, "a key is a text, not a list or a mapping")
            if key.value in seen:
                raise NotYaml(line, f"'{key.value}' is given twice; keep one of them")
            seen.add(key.value)
            _check_keys(value)

"""`auditor.yaml` read with its line marks, and settings merged: option, variable, file, default."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime
from difflib import get_close_matches
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import yaml

from auditor.config.kinds import clipped
from auditor.config.table import BY_NAME, Key
from auditor.files import read
from auditor.model.settings import Origins, Settings
from auditor.yaml_files.document import Document, read_document
from auditor.yaml_files.nodes import TAG

#: Read from the current folder when no file is named.
FILE_NAME: Final = "auditor.yaml"


def load_settings(
    given: Mapping[str, Any], file: Path | None, *, now: datetime, variables: Collection[str] = ()
) -> Settings:
    """Merge what was `given` by option or variable (None: not given) over `file` over the defaults.

    `variables` are the names of those that a variable gave.

    `file` None reads `auditor.yaml` of the current folder when there is one. `now` is UTC and stands for
    `as_of` where nothing else does.

    Raises:
        UsageError: the file is missing, is not YAML, or has a key or value that is not as the table says.
    """
    if file is None and Path(FILE_NAME).exists():
        file = Path(FILE_NAME)
    values = {} if file is None else read_file(file)
    digest = None if file is None else sha256(read(file)).hexdigest()
    asked = {name: value for name, value in given.items() if value is not None}
    origins = dict.fromkeys(values, "file")
    origins |= {name: "variable" if name in variables else "option" for name in asked}
    return replace(Settings(as_of=now), **{**values, **asked, "origins": Origins(origins, file, digest)})


def read_file(file: Path) -> dict[str, Any]:
    """Read the keys of a settings file. A key without a value is left out; paths are relative to the file.

    Raises:
        UsageError: naming the file and the line.
    """
    document = read_document(file)
    root = document.root
    if root is None:
        return {}
    if not isinstance(root, yaml.MappingNode):
        raise document.error_at(root, "write the settings as lines of `key: value`")
    values: dict[str, Any] = {}
    for name_node, node in root.value:
        key = _key(document, name_node)
        if _is_null(node) and key.default is None:
            continue
        value = _value(document, key, node)
        values[key.name] = file.parent / value if isinstance(value, Path) else value
    return values


def _key(document: Document, node: yaml.Node) -> Key:
    name = str(node.value)
    if name in BY_NAME:
        return BY_NAME[name]
    near = get_close_matches(name.replace("-", "_"), BY_NAME, n=1)
    advice = f"did you mean '{near[0]}'?" if near else f"the keys are {', '.join(sorted(BY_NAME))}"
    raise document.error_at(node, f"unknown key {clipped(name)}; {advice}")


def _value(document: Document, key: Key, node: yaml.Node) -> Any:
    try:
        return _read(key, node)
    except ValueError as error:
        raise document.error_at(node, f"'{key.name}' {error}") from None


def _read(key: Key, node: yaml.Node) -> Any:
    kind = key.kind
    if isinstance(node, yaml.ScalarNode) and (not kind.many or node.value in kind.alone):
        return kind.one(_text(key, node))
    if isinstance(node, yaml.SequenceNode) and kind.many:
        return kind.several([_text(key, item) for item in node.value])
    raise ValueError(f"must be {kind.words}, not {_described(node)}")


def _text(key: Key, node: yaml.Node) -> str:
    """Take a scalar as it was written: an account id keeps its leading zero, a time its offset."""
    if not isinstance(node, yaml.ScalarNode):
        raise ValueError(f"must be {key.kind.words}, not {_described(node)}")  # noqa: TRY004 -- the user's
    tag = node.tag.removeprefix(TAG)
    if tag not in key.kind.tags:
        hint = "; put it in quotes" if "str" in key.kind.tags and tag != "null" else ""
        raise ValueError(f"must be {key.kind.words}, not {_described(node)}{hint}")
    return str(node.value)


def _described(node: yaml.Node) -> str:
    if isinstance(node, yaml.SequenceNode):
        return "a list"
    if isinstance(node, yaml.MappingNode):
        return "a mapping"
    if _is_null(node):
        return "nothing"
    words = {
        "int": "the number ",
        "float": "the number ",
        "bool": "the truth value ",
    }
    return words.get(node.tag.removeprefix(TAG), "") + clipped(node.value)


def _is_null(node: yaml.Node) -> bool:
    return bool(node.tag == TAG + "null")

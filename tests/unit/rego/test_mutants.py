"""The shipped policies spoilt at random: each is let through or refused in one sentence."""

import random
import re

import pytest

from auditor.catalogue.load import Catalogue
from auditor.model.errors import UsageError
from auditor.rego.checks import check
from auditor.rego.source import parse

_TOKEN = re.compile(r"\w+|\s+|[^\w\s]")
_MORE = [
    "http.send",
    "with",
    "as",
    "every",
    "some",
    "in",
    "default",
    "else",
    "import",
    "`",
    '"',
    "# METADATA\n",
]


def spoilt(text: str, chance: random.Random, words: list[str]) -> str:
    """The text with up to four of its parts replaced, taken away, added or exchanged."""
    parts = _TOKEN.findall(text)
    for _ in range(chance.randint(1, 4)):
        here, there = chance.randrange(len(parts)), chance.randrange(len(parts))
        kind = chance.randrange(4)
        if kind == 0:
            parts[here] = chance.choice(words)
        elif kind == 1:
            del parts[here]
        elif kind == 2:
            parts.insert(here, chance.choice(words))
        else:
            parts[here], parts[there] = parts[there], parts[here]
    return "".join(parts)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(4))
def test_no_policy_ends_the_loader(seed: int) -> None:
    """Of a thousand, nothing else comes out; a refusal names a file and is one line."""
    catalogue = Catalogue.load()
    modules = {path: parse(path, text) for path, text in catalogue.rego.items()}
    words = [*_MORE, *(part for text in catalogue.rego.values() for part in _TOKEN.findall(text))]
    chance = random.Random(seed)  # noqa: S311 -- the same cases each time
    said: list[str] = []
    for _ in range(1000):
        path = chance.choice(sorted(modules))
        try:
            module = parse(path, spoilt(catalogue.rego[path], chance, words))
            check([*(other for other in modules.values() if other.path != path), module], catalogue.data)
        except UsageError as error:
            said.append(str(error))
    assert 0 < len(said) < 1000
    assert [text for text in said if "\n" in text or not re.match(r"[a-z_/]+\.rego:", text)] == []

"""Whether subjects have a tag, for waivers that name one."""

from collections.abc import Callable, Mapping, Sequence

#: `has_tag(index, key, value)`: whether a subject has the tag; None where it is not known.
HasTag = Callable[[int, str, str], bool | None]


def tagged(tags: Sequence[Mapping[str, str] | None]) -> HasTag:
    """Tell it of the tags of each subject; None where they were not read."""

    def has_tag(index: int, key: str, value: str) -> bool | None:
        own = tags[index]
        return None if own is None else own.get(key) == value

    return has_tag

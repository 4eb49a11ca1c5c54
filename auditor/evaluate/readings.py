"""How selections are read where AWS's documents disagree, as the settings say."""

from auditor.derive.selection import (
    AbsentTag,
    ArnWildcards,
    EmptySelection,
    LikeWhitespace,
    ListOfTagsPrefix,
    SelectionSettings,
)
from auditor.model.settings import Settings


def selection_settings(settings: Settings) -> SelectionSettings:
    """The readings of a run."""
    return SelectionSettings(
        AbsentTag(settings.absent_tag),
        ArnWildcards(settings.arn_wildcards),
        EmptySelection(settings.empty_selection),
        ListOfTagsPrefix(settings.list_of_tags_prefix),
        LikeWhitespace(settings.like_whitespace),
    )

"""Selections that choose by nothing, or by tags that AWS Backup ignores (aws-backup.md 4.6)."""

from collections.abc import Iterator
from typing import Any, Final

from auditor.check.declared_subjects import DeclaredSubject, FactDoubt
from auditor.check.inventory import Nouns
from auditor.check.weighing import said_of, system_key
from auditor.derive.selection import ListOfTagsPrefix, SelectionSettings
from auditor.evaluate.opt_in import of_the_organization

Json = Any

_PREFIX: Final = "aws:ResourceTag/"
_KEYS, _CHOOSES = "selection.ignored_keys", "selection.chooses"
#: Why one that has neither, and is there all the same, is no finding.
_TAKEN: Final = (
    "AWS Backup has it, and AWS's documents disagree what a selection without resources and tags selects"
)


def selection_subjects(nouns: Nouns, settings: SelectionSettings) -> Iterator[DeclaredSubject]:
    """Each selection that chooses by nothing, or by a tag that may be ignored.

    One that is not known as a whole is left to what it selects. Those of the organization's plans are judged
    by their policies.
    """
    plans = {plan.plan_id: plan for plan in nouns.plans}
    for one, (where, stays) in zip(nouns.selections, nouns.selected_at, strict=True):
        if one.fault or of_the_organization(one.plan_id):
            continue
        chooses = bool(one.resources or one.list_of_tags)
        prefixed = [key for key, _ in one.list_of_tags if key.startswith(_PREFIX)]
        only_of_aws = system_key(one)
        if chooses and not prefixed and not only_of_aws:
            continue
        refused = settings.list_of_tags_prefix is ListOfTagsPrefix.REFUSED
        doubt = said_of(only_of_aws) if only_of_aws else ""
        if prefixed and settings.list_of_tags_prefix is ListOfTagsPrefix.INDETERMINATE:
            doubt = (
                f"AWS's documents disagree whether the key {prefixed[0]} of ListOfTags counts; the setting "
                "list_of_tags_prefix decides"
            )
        plan = plans[one.plan_id]
        facts: dict[str, Json] = {
            "selection.name": one.name or where.address,
            "selection.plan": plan.name,
            _KEYS: prefixed if refused else [],
        }
        doubts = {_KEYS: (FactDoubt.MORE, doubt)} if doubt else {}
        if chooses or not stays:
            facts[_CHOOSES] = chooses
        else:
            doubts[_CHOOSES] = (FactDoubt.MISSING, _TAKEN)
        yield DeclaredSubject(nouns.place, "selection", plan.arn, one.name, where, facts, doubts)

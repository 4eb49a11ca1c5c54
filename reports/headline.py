"""The words of page one: the result, and its sentences with resources first, then accounts, then verdicts.

All numbers come from `document.summary`; nothing is computed here.
"""

from typing import Final

from reports.document import Summary
from reports.text import clean, clip
from reports.words import N_, Words

_RESULTS: Final = {
    "non_compliant": N_("Not compliant"),
    "incomplete": N_("Evidence incomplete"),
    "nothing_in_scope": N_("Nothing in scope"),
    "nothing_but_exempt": N_("Nothing but exempt resources"),
    "nothing_judged": N_("Nothing was judged"),
    "compliant": N_("Compliant"),
}
#: What no verdict states, of a subject or of a control.
_OPEN: Final = ("ERROR", "INSUFFICIENT_DATA", "NOT_APPLICABLE")


def result(summary: Summary, words: Words) -> str:
    """Return the headline itself."""
    if summary.headline == "waived":
        return words.plural(
            "Compliant, with {n} finding waived", "Compliant, with {n} findings waived",
            summary.verdicts.get("WAIVED", 0),
        )  # fmt: skip
    return words.text(_RESULTS[summary.headline])


def sentences(summary: Summary, words: Words) -> list[str]:
    """Return what stands under the headline, most important first; the first is never left out."""
    parts = (
        _resources, _open_resources, _exempt, _deleted, _accounts, _left_out, _recovery_points, _verdicts,
        _met,
    )  # fmt: skip
    return [said for part in parts if (said := part(summary, words))]


def gaps(summary: Summary, words: Words) -> str:
    """Return the text under "Gaps in the evidence", never that all is well while a verdict is open."""
    unreached = _unreached(summary)
    if summary.gaps:
        return words.plural(
            "{n} gap: a call that failed, a place that was not read, or a fact that what was read "
            "does not settle. What it would have shown is unknown, and no verdict of compliance rests on "
            "it.",
            "{n} gaps: calls that failed, places that were not read, or facts that what was read "
            "does not settle. What they would have shown is unknown, and no verdict of compliance rests on "
            "it.",
            summary.gaps,
        )
    if unreached:
        return words.plural(
            "None: no call failed. {n} verdict could nevertheless not be reached.",
            "None: no call failed. {n} verdicts could nevertheless not be reached.",
            unreached,
        )
    return words.text("None: every call was answered in full.")


def _unreached(summary: Summary) -> int:
    return summary.verdicts.get("ERROR", 0) + summary.verdicts.get("INSUFFICIENT_DATA", 0)


def _resources(summary: Summary, words: Words) -> str:
    unknown = summary.resources_unknown
    if summary.resources_required:
        said = words.plural(
            "{n} of {total} resources that need backup has findings",
            "{n} of {total} resources that need backup have findings",
            summary.resources_with_findings,
            total=words.number(summary.resources_required),
        )
        if unknown:
            said += words.plural(
                "; it is not known whether {n} more needs backup",
                "; it is not known whether {n} more need backup",
                unknown,
            )
    elif unknown:
        said = words.plural(
            "It is not known whether {n} resource needs backup",
            "It is not known whether {n} resources need backup",
            unknown,
        )
    elif summary.gaps:
        said = words.text("No resource that needs backup was found in what could be read")
    else:
        said = words.text("No resource that needs backup was found")
    others = summary.verdicts.get("NON_COMPLIANT", 0)
    if others and not summary.resources_with_findings:
        said += words.plural(
            "; {n} finding is of something else", "; {n} findings are of something else", others
        )
    if summary.accounts_unread:
        said += words.plural(
            "; {n} account could not be read", "; {n} accounts could not be read", summary.accounts_unread
        )
    return f"{said}."


def _open_resources(summary: Summary, words: Words) -> str:
    """Return what could not be stated of resources that need backup or may need it, and what is waived."""
    undecided = sum(summary.resources_by_verdict.get(verdict, 0) for verdict in _OPEN)
    undecided += summary.resources_unknown
    waived = summary.resources_by_verdict.get("WAIVED", 0)
    said = []
    if undecided:
        said.append(
            words.plural("{n} resource could not be judged.", "{n} resources could not be judged.", undecided)
        )
    if waived:
        said.append(words.plural("{n} resource is waived.", "{n} resources are waived.", waived))
    return " ".join(said)


def _exempt(summary: Summary, words: Words) -> str:
    total = summary.resources_required + summary.resources_exempt + summary.resources_unknown
    if not total:
        return ""
    return words.plural(
        "{n} of {total} resources is exempt from backup ({share} %).",
        "{n} of {total} resources are exempt from backup ({share} %).",
        summary.resources_exempt,
        total=words.number(total),
        share=share(summary.resources_exempt, total),
    )


def _deleted(summary: Summary, words: Words) -> str:
    if not summary.deleted_resources:
        return ""
    return words.plural(
        "{n} of {total} resources that were deleted in the period has findings.",
        "{n} of {total} resources that were deleted in the period have findings.",
        summary.deleted_resources_with_findings, total=words.number(summary.deleted_resources),
    )  # fmt: skip


def share(part: int, total: int) -> str:
    """Return a share in percent: never 0 where there is one, never 100 where there is another."""
    if part in (0, total):
        return "100" if part else "0"
    return str(min(99, max(1, round(100 * part / total))))


def _accounts(summary: Summary, words: Words) -> str:
    asked = summary.accounts - sum(summary.accounts_left_out.values())
    if not asked:
        return ""
    return words.plural(
        "{n} of {total} accounts has findings.", "{n} of {total} accounts have findings.",
        summary.accounts_with_findings, total=words.number(asked),
    )  # fmt: skip


def _left_out(summary: Summary, words: Words) -> str:
    """Return how many accounts were not asked, by what the organization says of them."""
    left_out = summary.accounts_left_out
    if not left_out:
        return ""
    return words.plural(
        "{n} account of the organization was left out because of its status: {statuses}.",
        "{n} accounts of the organization were left out because of their status: {statuses}.",
        sum(left_out.values()),
        statuses=", ".join(
            f"{words.number(n)} {clean(clip(status, 40))}" for status, n in sorted(left_out.items())
        ),
    )


def _recovery_points(summary: Summary, words: Words) -> str:
    total = sum(summary.recovery_points_by_verdict.values())
    if not total:
        return ""
    return words.plural(
        "Counted apart: {n} of {total} recovery points has findings.",
        "Counted apart: {n} of {total} recovery points have findings.",
        summary.recovery_points_with_findings,
        total=words.number(total),
    )


def _verdicts(summary: Summary, words: Words) -> str:
    total = sum(summary.verdicts.values())
    if not total:
        return words.text("Nothing was judged.")
    bad = summary.verdicts.get("NON_COMPLIANT", 0)
    unreached = _unreached(summary)
    said = []
    if bad:
        said.append(
            words.plural(
                "{n} of {total} verdicts is non-compliant.", "{n} of {total} verdicts are non-compliant.",
                bad, total=words.number(total),
            )
        )  # fmt: skip
    if unreached and summary.gaps:
        said.append(
            words.plural(
                "{n} verdict could not be reached because evidence is missing; it does not count as "
                "compliant.",
                "{n} verdicts could not be reached because evidence is missing; they do not count as "
                "compliant.",
                unreached,
            )
        )
    elif unreached:
        said.append(
            words.plural(
                "{n} verdict could not be reached though no call failed; it does not count as compliant.",
                "{n} verdicts could not be reached though no call failed; they do not count as compliant.",
                unreached,
            )
        )
    return " ".join(said)


def _met(summary: Summary, words: Words) -> str:
    if summary.headline != "compliant":
        return ""
    return words.text("Every demand that applies is met, as the recorded evidence shows.")

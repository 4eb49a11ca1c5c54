"""Causes of findings in words: one sentence that names the problem, and what a page shows of the worst."""

from collections.abc import Mapping
from datetime import datetime
from itertools import islice
from shlex import quote
from typing import Any, Final

from reports.document import AuditDocument, ControlEntry
from reports.ids import finding_id
from reports.text import CONTROL_ID, clean, clean_tree, clip
from reports.words import N_, Words

#: What subjects of a kind are called, one and many; other types are "EFS resources".
_NOUNS: Final = {
    "EBS": (N_("{n} EBS volume"), N_("{n} EBS volumes")),
    "EC2": (N_("{n} EC2 instance"), N_("{n} EC2 instances")),
    "RDS": (N_("{n} RDS database"), N_("{n} RDS databases")),
    "Aurora": (N_("{n} Aurora cluster"), N_("{n} Aurora clusters")),
    "DynamoDB": (N_("{n} DynamoDB table"), N_("{n} DynamoDB tables")),
    "S3": (N_("{n} S3 bucket"), N_("{n} S3 buckets")),
    "plan": (N_("{n} backup plan"), N_("{n} backup plans")),
    "vault": (N_("{n} backup vault"), N_("{n} backup vaults")),
    "vault_policy": (N_("{n} access policy of a vault"), N_("{n} access policies of vaults")),
    "key": (N_("{n} key"), N_("{n} keys")),
    "recovery_point": (N_("{n} recovery point"), N_("{n} recovery points")),
    "deleted_resource": (N_("{n} deleted resource"), N_("{n} deleted resources")),
    "waiver": (N_("{n} waiver"), N_("{n} waivers")),
    "attestation": (N_("{n} attestation"), N_("{n} attestations")),
    "run": (N_("{n} run"), N_("{n} runs")),
    "organization": (N_("{n} organization"), N_("{n} organizations")),
    "account": (N_("{n} place"), N_("{n} places")),  # an account and Region whose subjects were not listed
}
#: How what explains the findings is said, by why; else by kind.
_BECAUSE: Final = {
    "excluded": N_("because selection {name} of plan {plan} excludes {them} by NotResources"),
    "opt_in": N_("because {name} is not opted in in that Region"),
    "near_miss": N_("because {name}"),
    "condition": N_("because a Condition of selection {name} of plan {plan} does not hold"),
    "unmatched": N_("because selection {name} of plan {plan} does not match {them}"),
    "restore_test": N_("because restore testing made {them}, which AWS Backup leaves out"),
    "undecided": N_("because selection {name} of plan {plan} is undecided"),
    "no_match": N_("because no selection there matches {them}"),
    "no_selection": N_("because no plan there has a selection"),
    "no_plan": N_("because there is no backup plan there"),
    "failed": N_("because backups of rule {name} of plan {plan} ended {detail}"),
    "missed": N_("because rule {name} of plan {plan} started no backup when it was due"),
    "late": N_("because backups of rule {name} of plan {plan} were late"),
    "schedule": N_("because plan {name} does not run often enough"),
    "selected_later": N_("because plan {name} selects {them} only since a later time"),
    "not_kept": N_("because the recovery points that plan {name} made are gone"),
    "unknown": N_("because what plan {name} says was not read or cannot be understood"),
    "copy_failed": N_("because copies into vault {name} ended {detail}"),
    "no_copy_rule": N_("because no rule of plan {name} makes copies"),
    "copy_rule": N_("because the copies of plan {name} do not come often enough or are not kept"),
    "unsettled": N_("because what was read does not settle it ({name})"),
    "not_asked": N_("because the run was not asked to read it ({name})"),
    "unread": N_("because {name} failed ({detail})"),
}
_KINDS: Final = {
    "plan": N_("because of plan {name}"),
    "vault": N_("in vault {name}"),
    "vaults": N_("in {name}"),
    "tier": N_("of tier {name}"),
    "selection": N_("by selection {name}"),
    "other": N_("for many causes, which are not told apart"),
}
#: Codes of verdicts that gaps leave open: the call mends them, and not what the control says.
OF_GAPS: Final = ("evidence_gap", "attested")
#: What is wrong where no control says it.
_PROBLEMS: Final = {
    "evidence_gap": N_("could not be judged by {control}"),
    "attested": N_("are attested by a person and could not be judged by {control}"),
    "not_stated": N_("could not be judged by {control}, which states nothing of this"),
    "control_error": N_("could not be judged by {control}, which failed"),
    "contradiction": N_("could not be judged by {control}, which contradicts itself"),
}
#: The verb of a problem, of one and of many.
_VERBS: Final = {
    "have": "has",
    "are": "is",
    "were": "was",
    "keep": "keeps",
    "back": "backs",
    "cover": "covers",
}
_TWO: Final = 2
_OWNERS: Final = 3
_PLACES: Final = 3


def sentence(cause: Mapping[str, Any], problem: str, names: Mapping[str, str], words: Words) -> str:
    """Return the problem of a cause in one sentence.

    `problem` is what the control says of many, from the verb on; `names` are those of the accounts.
    """
    count = cause["findings"]
    because = _because(cause, count, words)
    said = words.text(
        "{subjects} in {where} {problem}",
        subjects=_subjects(cause["kinds"], count, words),
        where=_where(cause, names, words),
        problem=_problem(problem or _PROBLEMS.get(cause["code"], ""), cause["control_id"], count, words),
    )
    waived = cause["verdicts"].get("WAIVED", 0) if cause["verdict"] != "WAIVED" else 0
    if waived:
        because += words.plural("; {n} of them is waived", "; {n} of them are waived", waived)
    return words.text("{said}.", said=said + because)


def problem_of(document: AuditDocument, cause: Mapping[str, Any]) -> tuple[str, str]:
    """Return what the control says is wrong, and what to do about it: for the reason, else for all of its."""
    for control in document.controls:
        if control.id == cause["control_id"]:
            problem = control.by_reason.get(cause["code"], {}).get("problem", "")
            return problem, remedy(control, cause["code"])
    return "", ""


def remedy(control: ControlEntry, code: str) -> str:
    """Return what a control says is to be done about one of its reasons, else about any."""
    return control.by_reason.get(code, {}).get("remediation") or control.remediation


def listed(
    document: AuditDocument, names: Mapping[str, str], words: Words, limit: int, run: str = "."
) -> dict[str, Any]:
    """Return the worst causes for a page, how many there are in all, and since when they are known.

    `run` is the run's folder, for the command that shows more.
    """
    if not document.causes:
        return {}
    answers = responses(document)
    shown = [
        clean_tree(_row(document, cause, answers, names, words, run))
        for cause in islice(document.causes["shown"], limit)
    ]
    count = document.causes["rows"]
    return {
        "shown": shown,
        "count": count,
        "rest": count - len(shown),
        "earlier": [clean(line) for line in earlier(document, words)],
    }


def earlier(document: AuditDocument, words: Words) -> list[str]:
    """Return which earlier run says since when causes are known, and which ones do not count."""
    said = document.causes["earlier"]
    if said["run_id"]:
        first = words.text(
            "Since when a cause is known follows from the run {run}, as of {time}, and those before it.",
            run=clip(said["run_id"], 80), time=words.time(said["as_of"]),
        )  # fmt: skip
    else:
        first = words.text("No earlier run lies beside this one that says since when a cause is known.")
    return [first, *(clip(note, 300) for note in said["notes"])]


def next_command(cause: Mapping[str, Any], run: str = ".") -> str:
    """Return the command that explains the first finding of a cause; `run` is the run's folder."""
    example = cause["example"]
    id_ = finding_id(cause["control_id"], example["arn"], example["account_id"], example["region"])
    return f"auditor explain {id_} --run {quote(run)}"


def _row(
    document: AuditDocument,
    cause: Mapping[str, Any],
    answers: Mapping[str, Mapping[str, Any]],
    names: Mapping[str, str],
    words: Words,
    run: str,
) -> dict[str, Any]:
    problem, remediation = problem_of(document, cause)
    if cause["code"] in OF_GAPS:
        remediation = words.unread()
    answered = answers.get(cause["id"], {})
    return {
        "id": cause["id"],
        "verdict": cause["verdict"],
        "verdict_word": words.verdict(cause["verdict"]),
        "severity": cause["severity"],
        "severity_word": words.severity(cause["severity"]),
        "control_id": clip(cause["control_id"], CONTROL_ID),
        "code": clip(cause["code"], 60),
        "says": clip(sentence(cause, words.text(problem), names, words), 400),
        "remediation": clip(words.text(remediation), 900),
        "findings": cause["findings"],
        "accounts": cause["accounts"],
        "places": _places(cause, names, words),
        "owners": owners(cause, words),
        "age": age(cause, document.run.as_of, words),
        "command": next_command(cause, run),
        "response": clip(answered["response"], 900) if answered else "",
        "response_owner": clip(answered["owner"], 200) if answered else "",
        "response_due": answered["due"] if answered else "",
        "overdue": bool(answered) and answered["due"] < document.run.as_of[:10],
    }


def responses(document: AuditDocument) -> Mapping[str, Mapping[str, Any]]:
    """Return what management answered, by the id of the cause."""
    return {one["cause"]: one for one in document.causes.get("responses", ())}


def age(cause: Mapping[str, Any], as_of: str, words: Words) -> str:
    """Return since when a cause is known."""
    days = age_days(cause, as_of)
    if days == 0 and cause["first_seen"] == as_of:
        return words.text("first seen in this run")
    return words.plural(
        "since {day}, {n} day", "since {day}, {n} days", days, day=words.day(cause["first_seen"])
    )


def age_days(cause: Mapping[str, Any], as_of: str) -> int:
    """Return for how many whole days a cause is known."""
    return (datetime.fromisoformat(as_of) - datetime.fromisoformat(cause["first_seen"])).days


def owners(cause: Mapping[str, Any], words: Words) -> str:
    """Return whose the findings are, most first; "" where no tag says it."""
    named = [
        f"{clip(one['owner'], 60) or words.text('no owner')} {words.number(one['findings'])}"
        for one in cause["by_owner"][:_OWNERS]
    ]
    more = cause["owners"] - sum(bool(one["owner"]) for one in cause["by_owner"][:_OWNERS])
    if more > 0:
        named.append(words.plural("and {n} more owner", "and {n} more owners", more))
    if not cause["owners_counted"]:
        named.append(words.text("and others who are not counted by owner"))
    return ", ".join(named)


def _places(cause: Mapping[str, Any], names: Mapping[str, str], words: Words) -> str:
    named = [
        f"{names.get(one['account_id']) or one['account_id']} {words.number(one['findings'])}"
        for one in cause["largest"][:_PLACES]
    ]
    more = cause["accounts"] - len(named)
    if more > 0:
        named.append(words.plural("and {n} more account", "and {n} more accounts", more))
    return ", ".join(named)


def _subjects(kinds: Mapping[str, int], count: int, words: Words) -> str:
    """Return how many of what: "12 EBS volumes", "5 resources (3 EBS, 2 RDS)"."""
    if len(kinds) == 1:
        (kind,) = kinds
        if kind in _NOUNS:
            return words.plural(*_NOUNS[kind], count)
        return words.plural("{n} {kind} resource", "{n} {kind} resources", count, kind=clip(kind, 40))
    said = ", ".join(f"{words.number(number)} {clip(kind, 40)}" for kind, number in kinds.items())
    return words.plural("{n} resource ({kinds})", "{n} resources ({kinds})", count, kinds=said)


def _where(cause: Mapping[str, Any], names: Mapping[str, str], words: Words) -> str:
    if cause["accounts"] > _TWO:
        return words.plural("{n} account", "{n} accounts", cause["accounts"])
    ids = sorted(str(one["account_id"]) for one in cause["largest"])
    return words.text(" and ").join(names.get(one) or one for one in ids)


def _problem(problem: str, control_id: str, count: int, words: Words) -> str:
    if not problem:
        return words.text(
            "do not meet {control}" if count > 1 else "does not meet {control}", control=control_id
        )
    verb, _, rest = words.text(problem).replace("{control}", control_id).partition(" ")
    return f"{_VERBS.get(verb, verb) if count == 1 else verb} {rest}"


def _because(cause: Mapping[str, Any], count: int, words: Words) -> str:
    """Return the end of the sentence: what explains it."""
    named = cause["cause"]
    name, detail = clip(named["name"], 120), clip(named["detail"], 120)
    if set(cause["kinds"]) == {named["kind"]} and not named["why"]:
        return f": {name}"
    template = _BECAUSE.get(named["why"]) or ("" if named["why"] else _KINDS.get(named["kind"], ""))
    if not template:
        return ""
    them = words.text("it") if count == 1 else words.text("them")
    return ", " + words.text(template, name=name, plan=clip(named["plan"], 120), detail=detail, them=them)

"""The words of every report, each through gettext: another language is a catalogue, not a second template."""

import gettext
from datetime import UTC, datetime
from typing import Any, Final

N_: Final = str  # marks a message for extraction; `Words` looks it up in the edition's catalogue

_VERDICTS: Final = {
    "ERROR": (
        N_("Error"),
        N_("The control could not be evaluated, or it contradicted itself. Counted as missing evidence."),
    ),
    "NON_COMPLIANT": (N_("Non-compliant"), N_("The evidence shows that the control's demand is not met.")),
    "INSUFFICIENT_DATA": (
        N_("Insufficient data"),
        N_(
            "The control applies, or may apply, and the evidence does not settle it; "
            "a call that failed or a place that was not read is named."
        ),
    ),
    "WAIVED": (N_("Waived"), N_("Non-compliant, and accepted by a named person until a date.")),
    "COMPLIANT": (
        N_("Compliant"),
        N_("The control stated, from evidence, that its demand is met. Never taken from silence."),
    ),
    "NOT_APPLICABLE": (N_("Not applicable"), N_("The control asks nothing of this subject.")),
}
_SEVERITIES: Final = {
    "critical": N_("Critical"),
    "high": N_("High"),
    "medium": N_("Medium"),
    "low": N_("Low"),
}
#: What a verdict is about, as a reader's word.
SUBJECTS: Final = {
    "resource": N_("resource"),
    "deleted_resource": N_("deleted resource"),
    "plan": N_("backup plan"),
    "vault": N_("backup vault"),
    "vault_policy": N_("access policy of a backup vault"),
    "key": N_("key"),
    "recovery_point": N_("recovery point"),
    "account": N_("account"),
    "waiver": N_("waiver"),
    "attestation": N_("attestation"),
    "run": N_("run"),
    "organization": N_("organization"),
}
_UNREAD: Final = N_(
    "Let the calls that are named succeed (permission, throttling, network) and the places that are named be "
    "read, collect again, and judge again."
)


class Words:
    """One language's words, numbers and times.

    Args:
        translations: the catalogue; `gettext.NullTranslations()` is English.
        language: the BCP 47 tag that the document declares.
    """

    def __init__(self, translations: gettext.NullTranslations, language: str) -> None:
        self.translations = translations
        self.language = language

    def text(self, message: str, **fields: Any) -> str:
        """Return the message in the edition's language, its `{fields}` filled in."""
        found = self.translations.gettext(message) if message else ""
        return found.format(**fields) if fields else found

    def plural(self, one: str, many: str, n: int, **fields: Any) -> str:
        """Return the form for `n`, which the message names as `{n}`, its `{fields}` filled in."""
        return self.translations.ngettext(one, many, n).format(n=self.number(n), **fields)

    def verdict(self, verdict: str) -> str:
        """Return a verdict as a reader's word."""
        return self.text(_VERDICTS[verdict][0])

    def meaning(self, verdict: str) -> str:
        """Return the sentence that defines a verdict."""
        return self.text(_VERDICTS[verdict][1])

    def severity(self, severity: str) -> str:
        """Return a severity as a reader's word."""
        return self.text(_SEVERITIES[severity])

    def subject(self, kind: str) -> str:
        """Return a subject's type as a reader's word."""
        return self.text(SUBJECTS[kind])

    def unread(self) -> str:
        """Return what to do about a verdict that gaps leave open."""
        return self.text(_UNREAD)

    def number(self, value: int) -> str:
        """Return a whole number with its thousands apart."""
        return f"{value:,}"

    def time(self, value: str) -> str:
        """Return an RFC 3339 time as date and minute, UTC."""
        return f"{datetime.fromisoformat(value).astimezone(UTC):%Y-%m-%d %H:%M} UTC"

    def second(self, value: str) -> str:
        """Return an RFC 3339 time as date and second, UTC."""
        return f"{datetime.fromisoformat(value).astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"

    def span(self, first: str, last: str) -> str:
        """Return two RFC 3339 times as from when to when."""
        return self.text("{first} to {last}", first=self.second(first), last=self.second(last))

    def day(self, value: str) -> str:
        """Return the day of an RFC 3339 time, UTC."""
        return f"{datetime.fromisoformat(value).astimezone(UTC):%Y-%m-%d}"

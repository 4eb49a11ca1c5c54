"""A finding is called the same in every run that finds it."""

import dataclasses

import pytest

from reports.document import AuditDocument, from_json, to_json
from reports.ids import finding_id

VOLUME = ("BKP-FRQ-001", "arn:aws:ec2:eu-central-1:111122223333:volume/vol-1", "111122223333", "eu-central-1")


def test_the_id_of_a_finding_does_not_change() -> None:
    """Tickets and waivers of years ago name it."""
    assert finding_id(*VOLUME) == "finding-a852be90effd"


@pytest.mark.parametrize("place", range(4))
def test_each_part_of_what_is_found_makes_another_id(place: int) -> None:
    """Control, subject, account and Region: a bucket's ARN names no account."""
    other = [*VOLUME]
    other[place] += "0"

    assert finding_id(*other) != finding_id(*VOLUME)


def test_parts_do_not_run_together() -> None:
    """What one part loses the next one cannot win."""
    assert finding_id("BKP-FRQ-001", "arn:a", "1", "") != finding_id("BKP-FRQ-001", "arn:", "a1", "")


def test_the_document_has_the_id_of_each_finding(sample: AuditDocument) -> None:
    """It follows from the finding, also after a change of it and in a document that is read."""
    found = sample.findings[0]
    subject = found.subject
    wanted = finding_id(found.control_id, subject.arn, subject.account_id, subject.region)

    assert found.id == wanted
    assert dataclasses.replace(found, severity="low").id == wanted
    assert from_json(to_json(sample)).findings[0].id == wanted
    assert len({finding.id for finding in sample.findings}) == len(sample.findings)

"""Page one of the PDF stays whole, whatever the headline has to say."""

import gettext
import io
from dataclasses import replace

import pytest
from pypdf import PdfReader

from reports.document import AuditDocument
from reports.pdf_job import job
from reports.pdf_process import PdfProcess
from reports.words import Words

ENGLISH = Words(gettext.NullTranslations(), "en")


@pytest.mark.long
def test_page_one_is_whole_with_all_sentences_gaps_and_long_causes(sample: AuditDocument) -> None:
    """Every sentence of the headline, forty gaps and three causes of two lines: page two is the scope."""
    summary = replace(
        sample.summary,
        gaps=40,
        deleted_resources=12,
        deleted_resources_with_findings=2,
        accounts=sample.summary.accounts + 3,
        accounts_left_out={"SUSPENDED": 2, "PENDING_CLOSURE": 1},
        resources_by_verdict={**sample.summary.resources_by_verdict, "WAIVED": 7, "INSUFFICIENT_DATA": 30},
    )
    provides = ("recovery_points", "backup_jobs", "copy_jobs", "restore_jobs", "backup_selections", "plans")
    gaps = tuple(replace(gap, provides=provides) for gap in (list(sample.gaps) * 20)[:40])
    worst = sample.causes["shown"][0]
    named = {**worst["cause"], "name": "production-nightly-databases", "plan": "production-gold-eu-central-1"}
    kinds = {"EBS": 30, "RDS": 20, "DynamoDB": 5}
    causes = {
        **sample.causes,
        "rows": 30,
        "shown": [{**worst, "accounts": 2, "cause": named, "kinds": kinds}] * 3,
    }
    reconciliation = tuple({**one, "differing": 5, "explained": 1} for one in sample.reconciliation)
    scope = {
        **sample.scope,
        "accounts": {**sample.scope["accounts"], "LEFT_OUT": 9},
        "regions_left_out": ["a", "b"],
    }
    document = replace(
        sample, summary=summary, gaps=gaps, causes=causes, reconciliation=reconciliation, scope=scope
    )
    pdf = PdfReader(io.BytesIO(PdfProcess(job(document, ENGLISH)).finish()[0]))
    first, second = (" ".join(pdf.pages[number].extract_text().split()) for number in (0, 1))

    assert "39 more follow in the section on gaps and in gaps.csv." in first
    assert second.startswith("Scope and completeness")

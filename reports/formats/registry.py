"""The one list of report formats.

From it follow the setting `formats` with its default, the help of `auditor report`, docs/configuration.md,
docs/reports.md, what is rendered, and which files a run may hold.
"""

from typing import Final

from reports.formats.asff import AsffReport
from reports.formats.audit_manager import AuditManagerReport
from reports.formats.base import ReportFormat
from reports.formats.csv import CsvReport
from reports.formats.html import HtmlReport
from reports.formats.json import JsonReport
from reports.formats.junit import JunitReport
from reports.formats.markdown import MarkdownReport
from reports.formats.ocsf import OcsfReport
from reports.formats.oscal import OscalReport
from reports.formats.parquet import ParquetReport
from reports.formats.pdf import PdfReport
from reports.formats.sarif import SarifReport

#: In the order in which they are named, and in which their files are listed.
FORMATS: Final[tuple[type[ReportFormat], ...]] = (
    HtmlReport,
    PdfReport,
    CsvReport,
    JsonReport,
    MarkdownReport,
    JunitReport,
    SarifReport,
    OcsfReport,
    AsffReport,
    OscalReport,
    ParquetReport,
    AuditManagerReport,
)

#: Every file that a run may hold of them.
FILES: Final = tuple(file for one in FORMATS for file in one.files)
NAMES: Final = tuple(one.name for one in FORMATS)
DEFAULT: Final = tuple(one.name for one in FORMATS if one.by_default)

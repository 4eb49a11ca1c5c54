"""What reads a pull request: each kind of input of a check with a good one, and what lies beside inputs.

As the readers of `readers.py`; an input is judged, and what is said of it is written in every format.
"""

import json
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

from auditor.check.baseline import Baseline
from auditor.check.declared import Assumed, Source
from auditor.check.formats.base import CheckSource
from auditor.check.formats.registry import FORMATS
from auditor.check.inputs import read_inputs
from auditor.check.run import CheckOptions, judge_inputs
from auditor.check.terraform.blocks import headers
from auditor.derive.schedule import Schedule
from auditor.files import read
from auditor.model.errors import AuditorError
from auditor.model.settings import Settings
from auditor.rego.engine import Engine
from auditor.rego.load import open_engine
from auditor.rego.source import parse
from auditor.yaml_files.document import read_text
from reports.document import DocumentError, from_json
from tests.check.conftest import AS_OF
from tests.check.test_cloudformation import TEMPLATE
from tests.check.test_hostile_inputs import DOCUMENTS
from tests.hostile.readers import shipped, text_of

#: What the documents of `test_hostile_inputs` are, in their order.
KINDS = (
    "plan of Terraform", "template", "request of AWS Backup", "backup policy", "change set", "tree",
    "nested stack", "template with policies",
)  # fmt: skip
CODE = (
    'locals {\n  a = <<-END\n  "${ join("}", [{ a = 1 }]) }\n  END\n}\n'
    'resource "aws_ebs_volume" "data" { tags = { a = "$${b}" } } # {\n/* } */ module "m" { source = "./m" }\n'
)


#: Two years after the checks.
LATER = AS_OF.replace(year=AS_OF.year + 2)


@cache
def _engine() -> Engine:
    return open_engine("embedded", shipped().modules, shipped().data)


def judged(file: Path) -> object:
    """Judge one input, and write what is said of it; what a control fails on is a fault of ours."""
    result = judge_inputs(
        read_inputs((file,), Assumed()), _engine(), shipped(), Settings(as_of=AS_OF), CheckOptions(unit="")
    )
    assert result.counts.get("ERROR", 0) == 0
    assert result.exit_code in (0, 3, 4)
    source = CheckSource(result, lambda _: None, str(file.parent), 80)
    return [one().render(source) for one in FORMATS]


def _code(file: Path) -> object:
    return headers(Source("main.tf", read(file)))


def _audit_document(file: Path) -> object:
    try:
        return from_json(read(file))
    except DocumentError as error:
        raise AuditorError(str(error)) from None


def _schedules(file: Path) -> object:
    """Each line is an expression, which is due within two years."""
    lines = read_text(file).splitlines()[:20]
    return [Schedule.parse(line, "Europe/Berlin").due_ms(AS_OF, LATER).size for line in lines]


INPUTS: Mapping[str, tuple[Callable[[Path], object], str]] = {
    **{name: (judged, json.dumps(one)) for name, one in zip(KINDS, DOCUMENTS, strict=True)},
    "template in YAML": (judged, TEMPLATE),
    "baseline": (Baseline.of, '{"schema_version": "1.0", "as_of": "", "policies_sha256": "", "entries": []}'),
    "code of Terraform": (_code, CODE),
    "module of Rego": (
        lambda file: parse(str(file), read_text(file)),
        text_of("policies/controls/coverage/selected/selected.rego"),
    ),
    "document of an audit": (_audit_document, '{"schema_version": "1.0", "run": {}, "summary": {}}'),
    "schedules": (_schedules, "cron(0 5 ? * MON-FRI *)\ncron(30 1,12/4 L * ? 2026-2030)\nrate(12 hours)\n"),
}

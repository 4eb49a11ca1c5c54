"""The stacks of CloudFormation that a plan of Terraform makes, as far as it has their templates.

Source: the provider's page of `aws_cloudformation_stack`.
"""

from collections.abc import Iterable, Iterator
from typing import Any, Final

from auditor.check.declared import Declaration
from auditor.check.declared_stacks import DeclaredStack
from auditor.check.shapes import as_object
from auditor.check.terraform.configuration import expressions
from auditor.check.terraform.instances import UNKNOWN, Instance
from auditor.check.terraform.subjects import TerraformSubjects
from auditor.check.terraform.tags import tags_of

STACK: Final = "aws_cloudformation_stack"
_BODY, _URL, _PARAMETERS = "template_body", "template_url", "parameters"
_AFTER: Final = "it is known only after the apply"


def stacks(read: TerraformSubjects) -> Iterator[DeclaredStack]:
    """Those that are there after the apply, and whose template is known."""
    for one in _there(read.instances):
        body = template_of(one, read)
        if body:
            known, hidden = given_parameters(one.value(_PARAMETERS))
            tags, unknown = tags_of(one, read.configuration)
            where = Declaration(read.file, one.address)
            yield DeclaredStack(read.located.of(one), where, body, known, hidden, tags, unknown)


def unread(read: TerraformSubjects) -> str:
    """What a stack whose template is not known may make, in a clause; "" where there is none."""
    found = (one.address for one in _there(read.instances) if not template_of(one, read))
    said = next(found, "")
    return f"the stack {said}, whose template is not known here, may make what protects it" if said else ""


def given_parameters(given: Any) -> tuple[dict[str, str], dict[str, str]]:
    """The parameters that are known, and what hides the others, by name; "" stands for all."""
    pairs = as_object(given).items()
    known = {key: text for key, text in pairs if isinstance(text, str)}
    hidden = {key: f"Ref {key} ({_AFTER})" for key, text in pairs if text is UNKNOWN}
    return known, {**hidden, **({"": f"parameters ({_AFTER})"} if given is UNKNOWN else {})}


def template_of(one: Instance, read: TerraformSubjects) -> str:
    """The text of a template, "" where it is not known; what is computed is that of the address of before."""
    body = one.value(_BODY)
    moves = one.before.get(_URL) not in (None, one.value(_URL))
    computed = _BODY not in expressions(read.configuration.resource(one))
    return body if isinstance(body, str) and body.strip() and not (moves and computed) else ""


def _there(instances: Iterable[Instance]) -> Iterator[Instance]:
    return (one for one in instances if one.type == STACK and not one.gone)

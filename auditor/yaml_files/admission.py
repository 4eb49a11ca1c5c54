"""Whether a JSON schema admits a value: quickly, and without a word about what is wrong."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import jsonschema_rs
import orjson


def admits(value: object, schema: Mapping[str, Any]) -> bool:
    """Whether `schema` surely admits a value; where it may not, `faults.first_fault` says what is wrong.

    No value is admitted here by a schema with formats, of which the two libraries have different ideas.
    """
    validator = _validator(orjson.dumps(schema, default=dict))
    try:
        return validator is not None and bool(validator.is_valid(value))
    except (TypeError, ValueError):  # it is no JSON, such as a mapping with a number as its key
        return False


@lru_cache(maxsize=64)
def _validator(schema: bytes) -> jsonschema_rs.Draft202012Validator | None:
    return None if b'"format":' in schema else jsonschema_rs.Draft202012Validator(orjson.loads(schema))

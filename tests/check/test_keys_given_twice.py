"""A key that is given twice in JSON: one reader sees the first value, and another one the last."""

import json
from pathlib import Path

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.check.shapes import given_twice, surely_once
from tests.check.conftest import Said
from tests.check.terraform import protected

TEXTS = st.text(alphabet='ab"\\: \n{', max_size=6)


def test_a_plan_of_terraform_with_a_key_twice_is_refused(command: Said, tmp_path: Path) -> None:
    """Wherever it is; the same plan without it is judged."""
    text = json.dumps(protected().first(), separators=(",", ":"))
    file = tmp_path / "plan.json"
    for old, new, code in (
        ("", "", 0),
        ('"actions":["create"]', '"actions":["no-op"],"actions":["create"]', 1),
        ('"backup-tier":"gold"', '"backup-tier":"none","backup-tier" :"gold"', 1),
    ):
        file.write_text(text.replace(old, new, 1) if old else text, encoding="utf-8")
        found, _, err = command("check", file, "--unit", "/")
        assert found == code
        assert ("is given twice; keep one of them." in err) is bool(code)


@pytest.mark.parametrize(
    "text",
    [
        '{"a":1,"a":2}',
        '{"a":1,"a" :2}',
        '{"a":1,"a"\n:2}',
        '{"\\\\":1,"\\\\":2}',
        '[{"a":{"b":1}},{"b":{"a":1,"c":2,"\\u0061":3}}]',
        '{"x":"\\":","a":1,"a":2}',
        '{"a\\\\":1,"b":2,"b":3}',
    ],
)
def test_no_key_that_is_given_twice_is_passed_over(text: str) -> None:
    """However it is written: where counting leaves it open, it is looked for."""
    assert given_twice(text)
    assert not surely_once(text.encode(), orjson.loads(text))


@given(st.lists(st.tuples(TEXTS, TEXTS, st.sampled_from([":", " :", "\n:"])), max_size=4))
def test_counting_never_takes_two_for_one(pairs: list[tuple[str, str, str]]) -> None:
    """Whatever keys and values are, and however they are written."""
    written = ",".join(f"{json.dumps(key)}{colon}{json.dumps(value)}" for key, value, colon in pairs)
    data = f'[{{{written}}},{{"a":":b"}}]'.encode()

    assert not (surely_once(data, orjson.loads(data)) and given_twice(data))


def test_a_plan_as_terraform_writes_it_is_only_counted() -> None:
    """Its policies are JSON in texts."""
    plan = protected().add("aws_backup_vault_policy.p", policy=json.dumps({"Version": "1", "Statement": []}))
    data = orjson.dumps(plan.first())

    assert surely_once(data, orjson.loads(data))

"""Each function that a policy may call gives the same value in both engines."""

from typing import Any

from auditor.rego.builtins import ALLOWED

#: A usual call of each, as Rego, and its value.
CALLS: dict[str, Any] = {
    "abs(-2.5)": 2.5,
    'array.concat([1], ["a"])': [1, "a"],
    "array.reverse([1, 2, 3])": [3, 2, 1],
    "array.slice([1, 2, 3], 1, 5)": [2, 3],
    'base64.decode("w6k=")': "é",
    'base64.encode("é")': "w6k=",
    'base64.is_valid("w6k")': False,
    'base64url.decode("w6k_")': "é?",
    'base64url.encode("é?")': "w6k_",
    'base64url.encode_no_pad("é")': "w6k",
    "bits.and(6, 3)": 2,
    "bits.negate(6)": -7,
    "bits.or(6, 3)": 7,
    "bits.xor(6, 3)": 5,
    "ceil(1.2)": 2,
    'concat("-", {"b", "a"})': "a-b",
    'contains("backup", "cku")': True,
    'count("é€")': 2,
    'endswith("backup", "up")': True,
    "floor(-1.2)": -2,
    "format_int(255, 16)": "ff",
    'glob.match("*.eu-*", ["."], "a.eu-west-1")': True,
    'graph.reachable({"a": ["b"], "b": [], "c": []}, ["a"])': ["a", "b"],
    'graph.reachable_paths({"a": ["b"], "b": []}, ["a"])': [["a", "b"]],
    'hex.decode("c3a9")': "é",
    'hex.encode("é")': "c3a9",
    'indexof("é€x", "x")': 2,
    'indexof_n("axbx", "x")': [1, 3],
    "intersection({{1, 2}, {2, 3}})": [2],
    "is_array([])": True,
    "is_boolean(1)": False,
    "is_null(null)": True,
    'is_number("1")': False,
    "is_object({})": True,
    "is_set({1})": True,
    'is_string("")': True,
    'json.filter({"a": {"b": 1, "c": 2}}, ["a/b"])': {"a": {"b": 1}},
    'json.is_valid("{}}")': False,
    'json.patch({"a": 1}, [{"op": "add", "path": "/b", "value": 2}])': {"a": 1, "b": 2},
    'json.remove({"a": {"b": 1, "c": 2}}, ["a/b"])': {"a": {"c": 2}},
    'json.unmarshal("[1.50, true]")': [1.5, True],
    'lower("ÉA")': "éa",
    "max([3, 1.5])": 3,
    "min({3, 1.5})": 1.5,
    'net.cidr_contains("10.0.0.0/8", "10.1.2.0/24")': True,
    'net.cidr_expand("10.0.0.0/30")': ["10.0.0.0", "10.0.0.1", "10.0.0.2", "10.0.0.3"],
    'net.cidr_is_valid("10.0.0.0/33")': False,
    "numbers.range(3, 1)": [3, 2, 1],
    "numbers.range_step(1, 8, 3)": [1, 4, 7],
    'object.filter({"a": 1, "b": 2}, ["a"])': {"a": 1},
    'object.get({"a": {"b": 1}}, ["a", "c"], "none")': "none",
    'object.keys({"a": 1, "b": 2})': ["a", "b"],
    'object.remove({"a": 1, "b": 2}, {"a"})': {"b": 2},
    'object.subset({"a": {"b": 1, "c": 2}}, {"a": {"b": 1}})': True,
    'object.union({"a": {"b": 1}}, {"a": {"c": 2}})': {"a": {"b": 1, "c": 2}},
    'object.union_n([{"a": 1}, {"a": 2, "b": 3}])': {"a": 2, "b": 3},
    "product([2, 3.5])": 7,
    'regex.find_n("[a-c]+", "abxcb", -1)': ["ab", "cb"],
    'regex.is_valid("(")': False,
    'regex.match("^b.*p$", "backup")': True,
    'regex.replace("a-b", "(a)-(b)", "$2-$1")': "b-a",
    'regex.split("-+", "a--b-c")': ["a", "b", "c"],
    'replace("aXbX", "X", "-")': "a-b-",
    "round(2.5)": 3,
    'semver.compare("1.10.0", "1.9.0-rc.1")': 1,
    'semver.is_valid("1.2")': False,
    'sort([3, "a", null, 1, [2], {"x": 1}])': [None, 1, 3, "a", [2], {"x": 1}],
    'split("a/b//c", "/")': ["a", "b", "", "c"],
    'sprintf("%d %s %v %x", [26, "h", {"a": [1, "x"]}, 255])': '26 h {"a": [1, "x"]} ff',
    'startswith("backup", "ba")': True,
    'strings.any_prefix_match(["ab", "cd"], ["x", "c"])': True,
    'strings.any_suffix_match("ab", ["a"])': False,
    'strings.reverse("aé€")': "€éa",
    'substring("aé€b", 1, 2)': "é€",
    "sum([1, 2.5, -1])": 2.5,
    "time.add_date(1772236800000000000, 0, 1, 3)": 1774915200000000000,
    'time.clock([1772323199500000000, "Europe/Berlin"])': [0, 59, 59],
    'time.date([1772323199500000000, "Asia/Shanghai"])': [2026, 3, 1],
    "time.diff(1772323199500000000, 1767225600000000000)": [0, 1, 27, 23, 59, 59],
    'time.format([1772323199500000000, "UTC", "2006-01-02T15:04:05Z07:00"])': "2026-02-28T23:59:59Z",
    'time.parse_duration_ns("1h30m")': 5400000000000,
    'time.parse_ns("2006-01-02", "2026-03-01")': 1772323200000000000,
    'time.parse_rfc3339_ns("2026-02-28T23:59:59.5+02:00")': 1772315999500000000,
    "time.weekday(1772323199500000000)": "Saturday",
    'to_number("1.50")': 1.5,
    'trim("--a-b--", "-")': "a-b",
    'trim_left("--a--", "-")': "a--",
    'trim_prefix("backup", "ba")': "ckup",
    'trim_right("--a--", "-")': "--a",
    'trim_space(" \\t a b \\n")': "a b",
    'trim_suffix("backup", "up")': "back",
    "type_name({1})": "set",
    "union({{1}, {2}})": [1, 2],
    'upper("éa")': "ÉA",
    'urlquery.encode("a b/é&")': "a+b%2F%C3%A9%26",
    'urlquery.encode_object({"a": "b c", "d": ["e", "f"]})': "a=b+c&d=e&d=f",
    '[found | some path, value; walk({"a": [1]}, [path, value]); found := [path, value]]': [
        [[], {"a": [1]}],
        [["a"], [1]],
        [["a", 0], 1],
    ],
    'yaml.is_valid("a: [")': False,
    "yaml.unmarshal(\"a: [1, 2.5, true, null, 'x']\")": {"a": [1, 2.5, True, None, "x"]},
}


def test_every_function_is_called_here() -> None:
    """One that is allowed has a line above."""
    called = {name for call in CALLS for name in ALLOWED if f"{name}(" in call}

    assert called >= ALLOWED


def test_both_engines_give_the_same_values(open_rego: Any) -> None:
    """Texts with letters of several bytes, fractions, sets, times with zones."""
    rules = "".join(f"x{number} := {call}\n\n" for number, call in enumerate(CALLS))
    engine = open_rego({"lib/calls.rego": f"package lib.calls\n\n{rules}"}, {"tiers": {}, "parameters": {}})

    found = engine.query("data.lib.calls", {})

    assert {call: found[f"x{number}"] for number, call in enumerate(CALLS)} == CALLS

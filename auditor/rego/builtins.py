"""The functions of Rego that a policy may call: one list for both engines.

Both engines have each of them, and each answers from its arguments alone: it uses no clock, chance, network,
machine or output. Functions that fetch what a schema refers to are left out, and so are those that work on
keys and certificates, and shifts of bits, which no time limit stops. So are those that the engines answer
otherwise: `glob.quote_meta`, `json.marshal`, `json.marshal_with_options`, `strings.count`,
`strings.replace_n`, `units.parse_bytes` and `yaml.marshal` give other values, and where one engine fails over
an odd text, the other takes it, or takes it for undefined (`regex.template_match`, `units.parse`,
`urlquery.decode`, `urlquery.decode_object`, `uuid.parse`).

Source: OPA 1.22.2, `opa capabilities`; regorus 0.13, its table of builtins.
"""

from typing import Final

_FAMILIES: Final = {
    "": (
        "abs ceil concat contains count endswith floor format_int indexof indexof_n intersection is_array "
        "is_boolean is_null is_number is_object is_set is_string lower max min product replace round sort "
        "split sprintf startswith substring sum to_number trim trim_left trim_prefix trim_right trim_space "
        "trim_suffix type_name union upper walk"
    ),
    "array.": "concat reverse slice",
    "base64.": "decode encode is_valid",
    "base64url.": "decode encode encode_no_pad",
    "bits.": "and negate or xor",
    "glob.": "match",
    "graph.": "reachable reachable_paths",
    "hex.": "decode encode",
    "json.": "filter is_valid patch remove unmarshal",
    "net.": "cidr_contains cidr_expand cidr_is_valid",
    "numbers.": "range range_step",
    "object.": "filter get keys remove subset union union_n",
    "regex.": "find_n is_valid match replace split",
    "semver.": "compare is_valid",
    "strings.": "any_prefix_match any_suffix_match reverse",
    "time.": "add_date clock date diff format parse_duration_ns parse_ns parse_rfc3339_ns weekday",
    "urlquery.": "encode encode_object",
    "yaml.": "is_valid unmarshal",
}

ALLOWED: Final = frozenset(family + name for family, names in _FAMILIES.items() for name in names.split())

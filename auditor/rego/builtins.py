"""The functions of Rego that a policy may call: one list for both engines.

Both engines have each of them, and each answers from its arguments alone: it uses no clock, chance, network,
machine or output. Functions that fetch what a schema refers to are left out, and so are those that work on
keys and certificates, and shifts of bits, which no time limit stops.

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
    "glob.": "match quote_meta",
    "graph.": "reachable reachable_paths",
    "hex.": "decode encode",
    "json.": "filter is_valid marshal marshal_with_options patch remove unmarshal",
    "net.": "cidr_contains cidr_expand cidr_is_valid",
    "numbers.": "range range_step",
    "object.": "filter get keys remove subset union union_n",
    "regex.": "find_n is_valid match replace split template_match",
    "semver.": "compare is_valid",
    "strings.": "any_prefix_match any_suffix_match count replace_n reverse",
    "time.": "add_date clock date diff format parse_duration_ns parse_ns parse_rfc3339_ns weekday",
    "units.": "parse parse_bytes",
    "urlquery.": "decode decode_object encode encode_object",
    "uuid.": "parse",
    "yaml.": "is_valid marshal unmarshal",
}

ALLOWED: Final = frozenset(family + name for family, names in _FAMILIES.items() for name in names.split())

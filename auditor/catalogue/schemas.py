"""Make the schemas of `policies/schemas` whole: put what a schema takes from another file in its place.

`{"$ref": "tier.json", "properties": {…}, "unevaluatedProperties": false}` is the shape in `tier.json` with
the given properties added and no others; `tier.json#/properties/lock` is a part of it. OPA and jsonschema do
not follow references to files here, so they get schemas without any.

A fact is a property of its subject's schema. Beside its type and meaning, `made_of` says which tables of the
evidence it needs; a fact without `made_of` needs the tables of the fact that holds it. `settled_by` names
those of them that only settle what declarations leave open, or add to it (`auditor.catalogue.moments`).
"""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any, Final

Json = Mapping[str, Any]

_REFERENCE: Final = "$ref"
_NEAR: Final = 3
_LIKE: Final = 0.6
#: Keywords that are of the file and not of the shape in it.
_OF_THE_FILE: Final = ("$schema", "$id")


def whole(schemas: Mapping[str, Json]) -> dict[str, Json]:
    """The schemas by name, without references from one to another. A `$ref` to `#/…` stays."""
    return {name: _whole(schema, schemas) for name, schema in schemas.items()}


def _whole(part: Any, schemas: Mapping[str, Json]) -> Any:
    if isinstance(part, list):
        return [_whole(item, schemas) for item in part]
    if not isinstance(part, Mapping):
        return part
    reference = part.get(_REFERENCE)
    if not isinstance(reference, str) or reference.startswith("#"):
        return {key: _whole(value, schemas) for key, value in part.items()}
    own = {key: _whole(value, schemas) for key, value in part.items() if key != _REFERENCE}
    return _added(_whole(_at(reference, schemas), schemas), own)


def _at(reference: str, schemas: Mapping[str, Json]) -> Json:
    """The part of a schema that `name.json` or `name.json#/path/to/it` names."""
    file, _, pointer = reference.partition("#")
    found = schemas[file.removesuffix(".json")]
    for key in pointer.split("/")[1:]:
        found = found[key]
    return {key: value for key, value in found.items() if key not in _OF_THE_FILE}


def _added(there: Json, own: Json) -> dict[str, Any]:
    """The shape `there`, with the referring schema's own entries added and first."""
    made = {**there, **own}
    if "properties" in there:
        made["properties"] = {**own.get("properties", {}), **there["properties"]}
        made["required"] = [*own.get("required", ()), *there.get("required", ())]
        made["additionalProperties"] = made.pop("unevaluatedProperties", True)
    return made


def paths(schema: Json, prefix: str = "") -> Iterator[str]:
    """The dotted path of every fact that a subject's whole schema declares."""
    for name, inner in schema.get("properties", {}).items():
        yield prefix + name
        yield from paths(inner, f"{prefix}{name}.")


def unknown(path: str, schema: Json) -> str:
    """Say that `path` is no fact of the schema's subject, which ones are near, and how to make one."""
    near = get_close_matches(path, list(paths(schema)), n=_NEAR, cutoff=_LIKE)
    hint = f"near are {', '.join(near)}" if near else "none is near"
    page = "tier-key" if path.startswith("tier.") else "fact"
    return (
        f"{path} is not a fact of a {schema['title']}: {hint}; docs/facts.md lists all, and "
        f"docs/contributing/{page}.md says how to make one."
    )

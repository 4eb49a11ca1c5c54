"""The format `json`: the whole result, for programs, for a baseline and for whoever wants to keep it."""

from auditor.check.formats.base import CheckFormat, CheckSource


class JsonFormat(CheckFormat):
    """The document of `auditor/check/check.schema.json`."""

    name = "json"
    help = "Everything, for programs; a later check takes it as `--baseline`."
    shows_simulations = True

    def render(self, source: CheckSource) -> bytes:
        """Make the document."""
        import orjson

        from auditor.check.document import to_document
        from auditor.check.formats.words import harmless_json

        options = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
        return harmless_json(orjson.dumps(to_document(source.result), option=options, default=dict))

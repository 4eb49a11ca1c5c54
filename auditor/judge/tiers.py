"""Check that a document can hold the tiers, before anything is collected rather than after all is judged."""

from auditor.model.errors import UsageError
from auditor.model.policy import Tiers
from reports import tiers as shown
from reports.document import DocumentError


def check_tiers(tiers: Tiers) -> None:
    """Raise `UsageError` when the document's schema lacks something that the policies admit in a tier."""
    try:
        shown.check([{"name": name, **demands} for name, demands in tiers.tiers.items()])
    except DocumentError as error:
        raise UsageError(
            f"The report's schema does not admit {error}; run `make docs`, which writes "
            "reports/document.schema.json from policies/schemas/tier.json."
        ) from None

"""Whether a document can hold the tiers: known before anything is collected, not after all is judged."""

from auditor.model.errors import UsageError
from auditor.model.policy import Tiers
from reports import tiers as shown
from reports.document import DocumentError


def check_tiers(tiers: Tiers) -> None:
    """Raise `UsageError` when what the policies admit of a tier has not come to the document's schema yet."""
    try:
        shown.check([{"name": name, **demands} for name, demands in tiers.tiers.items()])
    except DocumentError as error:
        raise UsageError(
            f"The report's schema does not admit {error}; run `make docs`, which writes "
            "reports/document.schema.json from policies/schemas/tier.json."
        ) from None

"""Keep a published table of clinical trials in step with ClinicalTrials.gov."""

__version__ = "0.1.0"

# Sent to the registry with every request, so that its operators can see who asks.
HOMEPAGE = "https://example.org/enrich"

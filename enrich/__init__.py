"""Keep a published table of clinical trials in step with ClinicalTrials.gov."""

__version__ = "0.1.0"

# The public address of the project, also for the registry's operators; empty as long as there is
# none.
HOMEPAGE = ""

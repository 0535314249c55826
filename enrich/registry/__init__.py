"""ClinicalTrials.gov over HTTP: what is asked, how patiently, and what of the answers is believed."""

"""ClinicalTrials.gov over HTTP: what is asked, how patiently, and which answers are believed."""

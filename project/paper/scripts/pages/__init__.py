"""The parts of the report: each makes a section, or nothing where its data are missing."""

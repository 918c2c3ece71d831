"""The stages, run in the order of their file names; a later addon adds one file."""

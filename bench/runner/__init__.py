"""Runs cases in turn, compares their results and prints one table."""

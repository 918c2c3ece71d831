"""Measurements: a seeded data generator, a runner, and one small file for each case."""

"""Seeded data in the shape of a real company's history, written by SQL.

Nothing is imported here, so that the plain parts (sizes, curves, words) need no Odoo.
"""

"""Set-up and commands of the project: Odoo, Python packages, PostgreSQL, browser, databases.

Standard library only: it runs on the machine's own Python before anything is installed.
Start with `python3 -m tools help`, or through the Makefile.
"""

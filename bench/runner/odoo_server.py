"""Odoo's own command, under a name by which its processes can start each other."""

import odoo.cli

if __name__ == "__main__":
    odoo.cli.main()

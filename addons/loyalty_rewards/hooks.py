from odoo.tools import SQL


def post_init_hook(env):
    """Open the ledger of the cards that are there already, with points of four decimals."""
    env.cr.execute(SQL("UPDATE loyalty_card SET points = round(points, 4)"))
    env["loyalty.card"].invalidate_model(["points"])
    env["loyalty.program"].with_context(active_test=False).search([])._open_ledger()

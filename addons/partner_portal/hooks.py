from odoo.tools import SQL


def uninstall_hook(env):
    """Drop the foreign key that Odoo's uninstall passes over.

    It leans on a unique constraint, which could not be dropped before it.
    """
    env.cr.execute(
        SQL("ALTER TABLE prm_deal_claim DROP CONSTRAINT IF EXISTS prm_deal_claim_holder_fk")
    )

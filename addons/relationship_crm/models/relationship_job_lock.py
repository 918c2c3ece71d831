from odoo import models
from odoo.tools import SQL


class RelationshipJob(models.AbstractModel):
    _inherit = "relationship.job"

    def _lock_in_turn(self):
        """Wait until nobody else changes these records, and keep others waiting until the commit.

        Unlike core's ``lock_for_update``, which gives up when somebody is faster: two people who
        press at the same time both get an answer. Whoever waited for a change is refused by the
        database (serialization failure), begins anew, and sees that change.
        """
        if self.ids:
            self.flush_recordset()
            self.env.execute_query(
                SQL(
                    "SELECT id FROM %s WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE",
                    SQL.identifier(self._table),
                    self.ids,
                )
            )
            self.invalidate_recordset()

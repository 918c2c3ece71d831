from odoo import models
from odoo.tools import SQL


class FeedbackWave(models.Model):
    """How many people of its group an answer stands for."""

    _inherit = "feedback.wave"

    def write(self, vals):
        """Weigh the answers of waves that are closed."""
        done = super().write(vals)
        if vals.get("state") == "closed":
            self._weigh()
        return done

    def _weigh(self):
        """Set the weight of the answers and scores of these waves: population ÷ answers of the
        group. Anonymous answers keep the weight 1: nothing joins them to a group."""
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """
                WITH heard AS (
                    SELECT mine.stratum_id, stratum.population::float / count(*) AS weight
                      FROM feedback_invitation mine
                      JOIN feedback_stratum stratum ON stratum.id = mine.stratum_id
                     WHERE mine.wave_id = ANY(%s) AND mine.state = 'done'
                     GROUP BY mine.stratum_id, stratum.population
                ), weighed AS (
                    UPDATE feedback_invitation mine SET weight = heard.weight
                      FROM heard
                     WHERE mine.stratum_id = heard.stratum_id AND mine.state = 'done'
                       AND mine.weight IS DISTINCT FROM heard.weight
                 RETURNING mine.user_input_id, mine.weight
                )
                UPDATE feedback_score score SET weight = weighed.weight
                  FROM weighed WHERE score.user_input_id = weighed.user_input_id
                """,
                list(self.ids),
            )
        )
        self.env.invalidate_all(flush=False)

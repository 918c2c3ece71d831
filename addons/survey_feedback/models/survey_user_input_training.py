from odoo import fields, models


class SurveyUserInput(models.Model):
    _inherit = "survey.user_input"

    def _mark_done(self):
        """Tell the history of certifications that were passed."""
        fresh = self.filtered(lambda answer: answer.state != "done")
        done = super()._mark_done()
        passed = fresh.sudo().filtered(
            lambda answer: (
                answer.partner_id
                and answer.survey_id.certification
                and answer.scoring_success
                and not answer.test_entry
            )
        )
        self.env["relationship.interaction"].sudo()._record(
            [answer._prepare_training_interaction() for answer in passed]
        )
        return done

    def _prepare_training_interaction(self):
        """Return the interaction that tells of a training that was passed, once a year.

        Neither the score nor the answer is part of it.
        """
        self.ensure_one()
        year = fields.Date.today().year
        return {
            "kind": "training_passed",
            "company_id": self.env.company.id,
            "contact_id": self.partner_id.id,
            "external_ref": f"survey.survey,{self.survey_id.id},passed,{self.partner_id.id},{year}",
            "summary": self.survey_id.title,
        }

from odoo import models
from odoo.exceptions import UserError

#: enrollments of one call or one pack
MOST = 500


class PrmEnrollment(models.Model):
    """The scorecard of a partner: as plain values, on the form, as a document."""

    _inherit = "prm.enrollment"

    def scorecard(self):
        """Scorecards of these partners as of today, over the last 12 months.

        :return: one dict an enrollment, in their order: ``enrollment_id``, ``partner``,
            ``program``, ``tier``, ``period``, ``lines`` (metrics: ``code``, ``name``, ``value``
            None for too little data, ``text``, ``former_text`` a year earlier, ``trend`` better,
            worse, same or None, ``quartile`` 1 to 4 among at least five peers, else None),
            ``targets``, ``months``, ``products``, ``plan`` and its ``steps``; ``targets_left``
            and ``steps_left`` (how many of them are not shown)
        :raise AccessError: the caller may not read one of them
        :raise UserError: more than 500 at once
        """
        self.check_access("read")
        if len(self) > MOST:
            raise UserError(self.env._("Ask for at most %s scorecards in one call.", MOST))
        cards = self.env["prm.scorecard"]._cards(self)
        return [cards[one.id] for one in self]

    def scorecard_html(self):
        """The scorecard of one partner as it is shown on the form.

        :return: HTML, str
        """
        self.ensure_one()
        [card] = self.scorecard()
        return self.env["ir.qweb"]._render("relationship_crm.prm_scorecard", {"card": card})

    def action_print_scorecard(self):
        """Print the scorecards of these partners.

        :return: report action
        """
        self.check_access("read")
        return self.env.ref("relationship_crm.prm_scorecard_report").report_action(self)

    def action_scorecard_pack(self):
        """Print the scorecards of these partners as one document, in the background.

        :return: window action on the ``prm.scorecard.pack`` made for it
        :raise UserError: none, more than 500, or of several companies
        """
        self.check_access("read")
        pack = self.env["prm.scorecard.pack"]._start(self)
        return {
            "type": "ir.actions.act_window",
            "res_model": pack._name,
            "res_id": pack.id,
            "views": [(False, "form")],
        }

    def action_view_targets(self):
        """Open the targets of this partner.

        :return: window action on ``prm.target``
        """
        self.ensure_one()
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id("relationship_crm.prm_target_action")
        return action | {
            "domain": [("partner_id", "=", self.partner_id.id)],
            "context": {"default_partner_id": self.partner_id.id},
        }

    def action_view_plans(self):
        """Open the plans with this partner.

        :return: window action on ``prm.plan``
        """
        self.ensure_one()
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id("relationship_crm.prm_plan_action")
        return action | {
            "domain": [("enrollment_id", "=", self.id)],
            "context": {"default_enrollment_id": self.id},
        }

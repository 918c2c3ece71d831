from collections import defaultdict

from odoo import api, models

from .prm_tier_move import DETAILS, MoveDetails
from .res_partner_tier import SHOWING, SHOWN

#: of two enrollments that become one, this state stays first
STRONGEST = ("active", "suspended", "onboarding", "applied")


class PrmEnrollment(models.Model):
    """Show the tier of a partner on its contact, where core and its other apps look for it."""

    _inherit = "prm.enrollment"

    def _shown_grades(self, partners=None):
        """Tier that each partner has from its programs.

        It is that of the active enrollment with a tier whose program comes first.

        :return: dict of partner → tier, for those that have one
        """
        givers = self._shown_enrollments(partners)
        return {partner: giver.grade_id for partner, giver in givers.items()}

    def _shown_enrollments(self, partners=None):
        """Enrollment that gives each partner the tier that it shows: dict of partner → it."""
        partners = self.partner_id if partners is None else partners
        found = self.sudo().search(
            [
                ("partner_id", "in", partners.ids),
                ("state", "=", "active"),
                ("grade_id", "!=", False),
            ]
        )
        shown = {}
        for one in found.sorted(lambda one: (one.program_id.sequence, one.program_id.id, one.id)):
            shown.setdefault(one.partner_id, one)
        return shown

    def _show_grades(self, former, partners=None):
        """Write the tiers that changed on the commercial partners, one write for each tier.

        A tier that no enrollment gave is left alone.

        :param dict former: what :meth:`_shown_grades` gave before the change
        """
        partners = self.partner_id if partners is None else partners
        shown = self._shown_enrollments(partners)
        changed = defaultdict(lambda: self.env["res.partner"].sudo())
        for partner in partners.sudo():
            giver = shown.get(partner, self.browse())
            grade, gave = giver.sudo().grade_id, former.get(partner)
            if partner.grade_id != grade and (grade or (gave and gave == partner.grade_id)):
                # core gives the pricelist of the tier in the company at work: the enrollment's
                changed[grade, giver.sudo().company_id or self.env.company] |= partner
        for (grade, company), those in changed.items():
            those = those.with_company(company).with_context(**{SHOWING: SHOWN})
            self._show_grade(those, grade, company)

    @api.model
    def _show_grade(self, partners, grade, company):
        """Write a tier on partners.

        Core gives them its pricelist, be it that of another company: then what was set stays.
        """
        foreign = grade.default_pricelist_id != self._pricelist_of(grade, company)
        former = partners.grouped("specific_property_product_pricelist") if foreign else {}
        partners.write({"grade_id": grade.id})
        for pricelist, some in former.items():
            some.write({"specific_property_product_pricelist": pricelist.id})

    @api.model
    def _merge_partners(self, src, dst):
        """Two partners become one: of two live enrollments the one with the higher tier stays.

        :param src: partners that end; :param dst: the partner that stays
        """
        dst = dst.commercial_partner_id
        prices = self._tier_prices(dst)
        every = self.search([("partner_id", "in", (src | dst).ids)])
        for key in {(one.program_id, one.company_id) for one in every}:
            live = every.filtered(
                lambda one, key=key: (
                    one.state != "ended" and (one.program_id, one.company_id) == key
                )
            )
            live = live.sorted(lambda one: one._rank_for_merge(dst))
            merge = MoveDetails("merge", asked_by_id=self.env.uid)
            live.with_context(**{DETAILS: merge})._keep_first()
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE prm_enrollment SET partner_id = %s WHERE partner_id = ANY(%s)",
            [dst.id, src.ids],
        )
        self.invalidate_model()
        self._show_grades({}, dst)
        self._apply_prices(prices, dst)

    def _rank_for_merge(self, dst):
        """The lowest stays: best tier, strongest state, that of the partner that stays, oldest."""
        self.ensure_one()
        grade = self.grade_id
        return (
            (0, grade.sequence, grade.id) if grade else (1, 0, 0),
            STRONGEST.index(self.state),
            self.partner_id != dst,
            self.id,
        )

    def _keep_first(self):
        """End all but the first of these enrollments; their resellers follow the first."""
        first, others = self[:1], self[1:]
        if not others:
            return
        if first.parent_id in others:
            first.parent_id = False
        (others.child_ids - self).write({"parent_id": first.id})
        others.write({"parent_id": False})
        others.write(
            {
                "state": "ended",
                "reason": self.env._(
                    "Merged with the enrollment of %s, which has the higher tier or came first.",
                    first.partner_id.display_name,
                ),
            }
        )

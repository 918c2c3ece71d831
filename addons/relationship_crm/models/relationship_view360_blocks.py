from odoo import api, fields, models
from odoo.fields import Domain

# A relationship without any contact for this long is worth a look.
QUIET_DAYS = 90

STATE_TONES = {"active": "good", "suspended": "bad"}


class RelationshipView360(models.AbstractModel):
    """The blocks of the summary about the customer: stage, value, contact, invoices, consent."""

    _inherit = "relationship.view360"

    @api.model
    def _summary_blocks(self, partner):
        profile = self._view360_profile(partner)
        return [
            *super()._summary_blocks(partner),
            self._block_stage(profile),
            self._block_tier(partner),
            self._block_value(partner, profile),
            self._block_last_purchase(profile),
            self._block_last_contact(partner),
            self._block_needs(partner),
            self._block_opportunities(partner),
            self._block_invoices(partner),
            self._block_segments(partner),
            self._block_consent(partner),
            self._block_team(partner, profile),
        ]

    @api.model
    def _view360_profile(self, partner):
        """Return the profile in ``env.company`` that the caller may read, or an empty recordset."""
        profiles = self.env["relationship.profile"]
        if not profiles.has_access("read"):
            return profiles
        return profiles.search(self._view360_domain(partner), limit=1)

    @api.model
    def _view360_domain(self, partner):
        """Return the domain of what belongs to this customer and the current company."""
        return Domain("partner_id", "=", partner.id) & Domain(
            "company_id", "=", self.env.company.id
        )

    # ------------------------------------------------------------ how they stand

    @api.model
    def _block_stage(self, profile):
        if not profile:
            return None
        return self._block(
            "stage",
            sequence=10,
            label=self.env._("Stage"),
            icon="fa-line-chart",
            type="text",
            value=profile.stage_id.name or False,
            note_date=fields.Date.to_string(profile.stage_since) or False,
        )

    @api.model
    def _block_tier(self, partner):
        """Programs and tiers; nothing for a customer who does not sell for us."""
        enrollments = self._view360_enrollments(partner)
        if not enrollments:
            return None
        states = dict(enrollments._fields["state"]._description_selection(self.env))
        tags = [
            {
                "name": f"{row.program_id.name}: {row.grade_id.name or states[row.state]}",
                "tone": STATE_TONES.get(row.state, "warning"),
            }
            for row in enrollments
        ]
        return self._block(
            "tier",
            sequence=20,
            label=self.env._("Partner Tier"),
            icon="fa-trophy",
            type="tags",
            value=tags,
            action=self._window(
                self.env._("Enrollments"),
                "prm.enrollment",
                self._view360_domain(partner),
            ),
        )

    @api.model
    def _view360_enrollments(self, partner):
        """Return the enrollments that have not ended and that the caller may read."""
        enrollments = self.env["prm.enrollment"]
        if not enrollments.has_access("read"):
            return enrollments
        domain = self._view360_domain(partner) & Domain("state", "!=", "ended")
        # the first by the sequence of its program gives the contact its tier
        return enrollments.search(domain, order="program_id, id", limit=10)

    @api.model
    def _summary_tabs(self, partner):
        tabs = super()._summary_tabs(partner)
        if self._view360_enrollments(partner):
            tabs.append("partner")
        return tabs

    # ------------------------------------------------------------ value

    @api.model
    def _block_value(self, partner, profile):
        if not profile:
            return None
        note = self.env._("%s purchases", profile.frequency)
        if profile.frequency == 1:
            note = self.env._("1 purchase")
        return self._block(
            "value",
            sequence=30,
            label=self.env._("Bought in 24 Months"),
            icon="fa-money",
            type="money",
            value=profile.monetary,
            currency_id=profile.currency_id.id,
            note=note if profile.frequency else False,
            action=self._action_orders(partner),
        )

    @api.model
    def _action_orders(self, partner):
        """Return the action that lists the confirmed orders, if the caller may read orders."""
        if not self.env["sale.order"].has_access("read"):
            return False
        return self._window(
            self.env._("Orders"),
            "sale.order",
            Domain("partner_id.commercial_partner_id", "=", partner.id)
            & Domain("state", "=", "sale"),
        )

    @api.model
    def _block_last_purchase(self, profile):
        if not profile:
            return None
        return self._block(
            "last_purchase",
            sequence=40,
            label=self.env._("Last Purchase"),
            icon="fa-shopping-cart",
            type="date",
            value=fields.Date.to_string(profile.last_purchase_on) or False,
        )

    # ------------------------------------------------------------ contact

    @api.model
    def _block_last_contact(self, partner):
        """When we last spoke with one another, whoever began; from the timeline's index."""
        interactions = self.env["relationship.interaction"]
        if not interactions.has_access("read"):
            return None
        page = self._timeline_page(
            self._view360_domain(partner) & self._timeline_kinds(None, ["contact"]), None, 1
        )
        if not page:
            at, kind, tone = False, False, "neutral"
        else:
            at = page[0]["occurred_at"]
            kind = self.env["relationship.interaction.kind"].sudo().browse(page[0]["kind_id"]).name
            tone = "warning" if (fields.Datetime.now() - at).days > QUIET_DAYS else "neutral"
        return self._block(
            "last_contact",
            sequence=50,
            label=self.env._("Last Contact"),
            icon="fa-comments-o",
            type="datetime",
            value=fields.Datetime.to_string(at) if at else False,
            note=kind,
            tone=tone,
        )

    @api.model
    def _block_needs(self, partner):
        needs = self.env["relationship.need"]
        if not needs.has_access("read"):
            return None
        domain = self._view360_domain(partner) & Domain("state", "=", "open")
        return self._block(
            "needs",
            sequence=60,
            label=self.env._("Open Needs"),
            icon="fa-lightbulb-o",
            type="number",
            value=needs.search_count(domain),
            action=self._window(
                self.env._("Needs"),
                "relationship.need",
                self._view360_domain(partner),
                context={
                    "search_default_open": 1,
                    "default_partner_id": partner.id,
                },
            ),
        )

    # ------------------------------------------------------------ sales

    @api.model
    def _opportunity_domain(self, partner):
        """Return the domain of the open opportunities of this customer in the current company."""
        return (
            Domain("partner_id.commercial_partner_id", "=", partner.id)
            & Domain("type", "=", "opportunity")
            & Domain("won_status", "=", "pending")
            & Domain("company_id", "in", (self.env.company.id, False))
        )

    @api.model
    def _block_opportunities(self, partner):
        leads = self.env["crm.lead"]
        if not leads.has_access("read"):
            return None
        domain = self._opportunity_domain(partner)
        [(count, pipeline)] = leads._read_group(domain, [], ["__count", "expected_revenue:sum"])
        return self._block(
            "opportunities",
            sequence=70,
            label=self.env._("Pipeline"),
            icon="fa-filter",
            type="money",
            value=(pipeline or 0.0) if count else False,
            currency_id=self.env.company.currency_id.id,
            note=self._opportunity_note(count),
            action=self._window(self.env._("Opportunities"), "crm.lead", domain),
        )

    @api.model
    def _opportunity_note(self, count):
        if count == 1:
            return self.env._("1 open opportunity")
        return self.env._("%s open opportunities", count) if count else False

    @api.model
    def _block_invoices(self, partner):
        moves = self.env["account.move"]
        if not moves.has_access("read"):
            return None
        # by its contacts, as metrics do: core has no index by the company an invoice belongs to
        domain = (
            Domain("partner_id.commercial_partner_id", "=", partner.id)
            & Domain("company_id", "=", self.env.company.id)
            & Domain("move_type", "in", ("out_invoice", "out_refund"))
            & Domain("state", "=", "posted")
            & Domain("payment_state", "in", ("not_paid", "partial"))
        )
        today = fields.Date.context_today(self)
        sums = dict(
            moves._read_group(domain, ["invoice_date_due:day"], ["amount_residual_signed:sum"])
        )
        overdue = sum(amount for day, amount in sums.items() if day and day < today)
        currency = self.env.company.currency_id
        late = currency.compare_amounts(overdue, 0) > 0
        return self._block(
            "invoices",
            sequence=80,
            label=self.env._("Open Invoices"),
            icon="fa-file-text-o",
            type="money",
            value=sum(sums.values()) if sums else False,
            currency_id=currency.id,
            note=self.env._("%s overdue", currency.format(overdue)) if late else False,
            tone="bad" if late else "neutral",
            action=self._window(self.env._("Open Invoices"), "account.move", domain),
        )

    # ------------------------------------------------------------ groups, wishes, people

    @api.model
    def _block_segments(self, partner):
        members = self.env["relationship.segment.member"]
        if not members.has_access("read"):
            return None
        found = members.search(
            self._view360_domain(partner) & Domain("left_on", "=", False), limit=20
        )
        names = found.segment_id.sorted().mapped("name")
        return self._block(
            "segments",
            sequence=90,
            label=self.env._("Segments"),
            icon="fa-users",
            type="tags",
            value=[{"name": name, "tone": "neutral"} for name in names] or False,
        )

    @api.model
    def _block_consent(self, partner):
        consents = self.env["relationship.consent"]
        # worked out as superuser: shown of the customers whose consents the caller may read
        mine = self.env["relationship.metric"]._own_customers(partner)
        if not mine or not consents.has_access("read"):
            return None
        purposes = dict(consents._fields["purpose"]._description_selection(self.env))
        said = partner._relationship_consents(list(purposes), "email")
        tags = [
            {"name": name, "tone": "good" if said[purpose][partner][0] == "granted" else "bad"}
            for purpose, name in purposes.items()
        ]
        return self._block(
            "consent",
            sequence=100,
            label=self.env._("Consent"),
            icon="fa-check-square-o",
            type="tags",
            value=tags,
        )

    @api.model
    def _block_team(self, partner, profile):
        roles = [
            (self.env._("Sales"), profile.sales_user_id or partner.user_id),
            (self.env._("Marketing"), profile.marketing_user_id),
            (self.env._("Service"), profile.service_user_id),
            (self.env._("Finance"), profile.finance_user_id),
        ]
        people = [
            {"id": user.id, "name": user.sudo().name, "role": role} for role, user in roles if user
        ]
        return self._block(
            "team",
            sequence=110,
            label=self.env._("Account Team"),
            icon="fa-user-circle-o",
            type="people",
            value=people or False,
        )

from datetime import timedelta
from typing import NamedTuple

from odoo import api, fields, models
from odoo.tools import SQL

from odoo.addons.relationship_crm.lib import demo_year

#: days from the registration to the end of a deal
CLOSED = 21


class Deal(NamedTuple):
    """A deal registration of the story."""

    partner: str
    customer: str
    #: web domain without ``.example``
    domain: str
    country: str
    #: days since it was submitted
    days_ago: int
    #: what became of it: submitted, approved, won, lost, rejected
    outcome: str
    #: what was bought, or would be
    lines: tuple[tuple[str, int], ...]
    description: str


DEALS = (
    Deal("rhein", "Stadtwerke Eschenau", "stadtwerke-eschenau", "de", 300, "won",
         (("licence", 40), ("onboarding", 1), ("training", 3)), "Field service for the network."),
    Deal("rhein", "Zoo Lahnberg gGmbH", "zoo-lahnberg", "de", 210, "won",
         (("till", 9), ("terminal", 9), ("scanner", 12)), "Tills for tickets and the shop."),
    Deal("rhein", "Messe Rurtal GmbH", "messe-rurtal", "de", 160, "lost",
         (("licence", 60),), "Visitor management for the spring fair."),
    Deal("rhein", "Kanzlei Aehrenfeld", "kanzlei-aehrenfeld", "de", 95, "won",
         (("licence", 14), ("analytics", 14)), "Files and invoices in one place."),
    Deal("delta", "Pearl Dhow Cruises", "pearl-dhow", "ae", 240, "won",
         (("till", 6), ("terminal", 6), ("support", 2)), "Sales on board."),
    Deal("delta", "Oryx Date Farms", "oryx-dates", "sa", 120, "won",
         (("licence", 22), ("printer", 6)), "Packing and labels."),
    Deal("delta", "Falcon Ridge Motors", "falcon-ridge", "ae", 80, "lost",
         (("licence", 18),), "Workshop planning."),
    Deal("saigon", "Cà phê Gió Núi", "ca-phe-gio-nui", "vn", 130, "won",
         (("till", 5), ("terminal", 5), ("reader", 5)), "Five new shops."),
    Deal("nordlicht", "Werft Steinbeck KG", "werft-steinbeck", "de", 270, "won",
         (("licence", 35), ("plus", 1)), "Projects and spare parts."),
    Deal("nordlicht", "Inselbahn Nordoog", "inselbahn-nordoog", "de", 18, "approved",
         (("till", 8), ("terminal", 8)), "Tickets on the island."),
    Deal("lagoon", "Vetreria Canal Grando", "vetreria-grando", "it", 190, "won",
         (("licence", 16), ("scanner", 20)), "Stock of the glass works."),
    Deal("lagoon", "Terme di Monselva", "terme-monselva", "it", 45, "approved",
         (("licence", 25), ("onboarding", 1)), "Booking and treatment plans."),
    Deal("highland", "Glen Tarrow Distillery", "glen-tarrow", "uk", 150, "won",
         (("licence", 12), ("printer", 8), ("training", 2)), "Casks, labels, visitors."),
    Deal("highland", "Skerry Ferries", "skerry-ferries", "uk", 60, "rejected",
         (("till", 10),), "Tills on six ships."),
    Deal("atlas", "Sahab Logistics", "sahab-logistics", "ae", 100, "won",
         (("licence", 30), ("scanner", 40)), "Two warehouses."),
    Deal("rif", "Riad Lumière", "riad-lumiere", "ma", 35, "approved",
         (("till", 3), ("licence", 6)), "Hotel and restaurant."),
    Deal("lotus", "Dệt may Sông Thương", "det-may-song-thuong", "vn", 9, "submitted",
         (("licence", 28),), "Production planning for two halls."),
    Deal("sierra", "Bodega Sierra Alta", "bodega-sierra-alta", "es", 4, "submitted",
         (("till", 4), ("printer", 2)), "Cellar door and web shop."),
)  # fmt: skip


class RelationshipDemo(models.AbstractModel):
    """What partners registered in the year of the story, and what they sold of it."""

    _inherit = "relationship.demo"

    @api.model
    def _demo_modules(self):
        return [*super()._demo_modules(), "partner_portal"]

    @api.model
    def _build_portal(self):
        """Make the deal registrations of the year and the sales that came of them."""
        quiet = self.with_context(
            tracking_disable=True, mail_create_nosubscribe=True, mail_activity_quick_update=True
        )
        pairs = quiet._make_deals()
        moments = quiet._sell_deals([(deal, row) for deal, row in pairs if row.outcome == "won"])
        self._date_deals(pairs)
        self._date_interactions(moments | self._deal_moments(pairs))
        self._bring_up_to_date()

    @api.model
    def _make_deals(self):
        """Register, decide, win and lose them, in sets; list of (deal, row)."""
        deals = self.env["prm.deal"].create([self._prepare_deal(row) for row in DEALS])
        pairs = list(zip(deals, DEALS, strict=True))

        def among(*outcomes):
            return deals.browse(deal.id for deal, row in pairs if row.outcome in outcomes)

        deals.action_submit()
        among("approved", "won", "lost").action_approve()
        among("rejected").action_reject(
            self.env._("Another project of this customer is under way. Please ask us in spring.")
        )
        among("won").lead_id.action_set_won()
        among("lost").lead_id.action_set_lost()
        return pairs

    @api.model
    def _prepare_deal(self, row):
        partner = self._partner(row.partner)
        return {
            "partner_id": partner.id,
            "contact_id": partner.child_ids[:1].id,
            "customer_name": row.customer,
            "customer_domain": f"{row.domain}.example",
            "customer_country_id": self.env.ref(f"base.{row.country}").id,
            "amount": demo_year.Sale("", 0, row.lines, None, "").amount,
            "expected_close": self._day(row.days_ago - 75),
            "description": row.description,
            "source": "portal",
        }

    @api.model
    def _sell_deals(self, pairs):
        """Sell what was won, three weeks after it was registered; {(model, id): when}."""
        sales = [
            demo_year.Sale(row.customer, row.days_ago - CLOSED - 1, row.lines, row.partner, "paid")
            for _deal, row in pairs
        ]
        known = {
            row.customer: {
                "partner_id": deal.customer_id.id,
                "user_id": deal.partner_id.user_id.id,
                "opportunity_id": deal.lead_id.id,
            }
            for deal, row in pairs
        }
        return self._make_sales(sales, known)

    # ------------------------------------------------------------ dates

    @api.model
    def _date_deals(self, pairs):
        """Let the deals have been submitted, decided and closed in the past."""
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """
                UPDATE prm_deal deal
                   SET create_date = past.moment, submitted_on = past.moment,
                       decided_on = CASE WHEN decided_on IS NOT NULL
                           THEN past.moment + interval '26 hours' END,
                       closed_on = CASE WHEN closed_on IS NOT NULL
                           THEN past.moment + make_interval(days => %s) END
                  FROM unnest(%s::int[], %s::timestamp[]) AS past(id, moment)
                 WHERE deal.id = past.id
                """,
                CLOSED,
                [deal.id for deal, _row in pairs],
                [self._moment(row.days_ago) for _deal, row in pairs],
            )
        )
        self.env.cr.execute(
            """
            UPDATE prm_deal_protection protection
               SET date_from = date_from - past.days, date_until = date_until - past.days
              FROM unnest(%s::int[], %s::int[]) AS past(deal, days)
             WHERE protection.deal_id = past.deal
            """,
            [
                [deal.id for deal, _row in pairs],
                [
                    row.days_ago - (CLOSED if row.outcome in ("won", "lost") else 1)
                    for _, row in pairs
                ],
            ],
        )
        self.env.invalidate_all(flush=False)
        self._date_created(
            "crm_lead", {deal.lead_id.id: row.days_ago - 1 for deal, row in pairs if deal.lead_id}
        )
        for deal, row in pairs:
            if row.outcome in ("won", "lost"):
                deal.lead_id.date_closed = self._moment(row.days_ago - CLOSED)

    @api.model
    def _deal_moments(self, pairs):
        """Return {(model, id, kind): when} of what deals and their opportunities record."""
        moments = {}
        for deal, row in pairs:
            begun = self._moment(row.days_ago)
            closed = min(begun + timedelta(days=CLOSED), fields.Datetime.now())
            moments["prm.deal", deal.id, "deal_submitted"] = begun
            moments["prm.deal", deal.id, "deal_approved"] = begun + timedelta(hours=26)
            for state in ("won", "lost"):
                moments["prm.deal", deal.id, f"deal_{state}"] = closed
            moments["crm.lead", deal.lead_id.id] = closed
        return moments

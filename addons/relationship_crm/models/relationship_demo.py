from datetime import datetime, time, timedelta

from odoo import api, fields, models

from ..lib import demo_story as story
from .relationship_interaction import BUFFER


class RelationshipDemo(models.AbstractModel):
    """Builds the part of the demo data that has dates: orders, invoices, contacts, consents.

    Called once, when the demo data is loaded; the story itself lies in ``lib/demo_story.py``.
    """

    _name = "relationship.demo"
    _description = "Relationship Demo Data"

    @api.model
    def _build(self):
        """Make everything of the story, then bring profiles and segments up to date."""
        quiet = self.with_context(tracking_disable=True, mail_create_nosubscribe=True)
        quiet._build_enrollments()
        moments = quiet._build_sales() | quiet._build_opportunities()
        self._date_interactions(moments)
        self._build_contacts()
        quiet._build_needs()
        self._build_consents()
        self._build_members()
        self._bring_up_to_date()

    # ------------------------------------------------------------ names and dates

    @api.model
    def _ref(self, kind, name):
        return self.env.ref(f"relationship_crm.{kind}_{name}_demo")

    @api.model
    def _partner(self, name):
        return self._ref("res_partner", name)

    @api.model
    def _user(self, name):
        return self._ref("res_users", name)

    @api.model
    def _day(self, days_ago):
        return fields.Date.today() - timedelta(days=days_ago)

    @api.model
    def _moment(self, days_ago, hour=9):
        return min(
            datetime.combine(self._day(days_ago), time(hour, 15)),
            fields.Datetime.now() - timedelta(minutes=5),
        )

    # ------------------------------------------------------------ partners

    @api.model
    def _build_enrollments(self):
        """Put the partners in their programs."""
        made = {}
        for name, program, tier, state, days_ago, parent in story.ENROLLMENTS:
            made[name] = self.env["prm.enrollment"].create(
                {
                    "partner_id": self._partner(name).id,
                    "program_id": self._ref("prm_program", program).id,
                    "state": state,
                    "grade_id": self._tier(tier).id,
                    "grade_since": tier and self._day(days_ago - 10),
                    "applied_on": self._day(days_ago),
                    "active_on": state == "active" and self._day(days_ago - 10),
                    "parent_id": made[parent].id if parent else False,
                    "manager_id": self._user("channel").id,
                }
            )

    @api.model
    def _tier(self, name):
        grades = self.env["res.partner.grade"]
        if not name:
            return grades
        return self.env.ref(f"partnership.res_partner_grade_data_{name}", False) or grades

    @api.model
    def _build_members(self):
        segment = self._ref("relationship_segment", "key")
        self.env["relationship.segment.member"].create(
            [
                {"segment_id": segment.id, "partner_id": self._partner(name).id}
                for name in story.KEY_ACCOUNTS
            ]
        )

    # ------------------------------------------------------------ sales

    @api.model
    def _build_sales(self):
        """Make orders with their invoices and payments; {(model, id): when it happened}."""
        orders = self.env["sale.order"]
        rows = []
        for customer, days_ago, product, quantity, through, outcome in story.SALES:
            order = orders.create(self._prepare_order(customer, product, quantity, through))
            rows.append((order, days_ago, outcome))
            orders += order
        orders.action_confirm()
        moments = {}
        for order, days_ago, _outcome in rows:
            order.date_order = moments["sale.order", order.id] = self._moment(days_ago)
        moments.update(self._build_invoices(rows))
        return moments

    @api.model
    def _prepare_order(self, customer, product, quantity, through):
        partner = self._partner(customer)
        return {
            "partner_id": partner.id,
            "user_id": partner.user_id.id,
            "prm_partner_id": through and self._partner(through).id,
            "order_line": [
                fields.Command.create(
                    {
                        "product_id": self._ref("product_product", product).id,
                        "product_uom_qty": quantity,
                    }
                )
            ],
        }

    @api.model
    def _build_invoices(self, rows):
        """Invoice the orders ten days later, pay and refund what the story says."""
        journals = self.env["account.journal"]
        company = self.env.company
        if not all(
            journals.search_count([("type", "=", kind), ("company_id", "=", company.id)], limit=1)
            for kind in ("sale", "bank")
        ):
            return {}  # no chart of accounts: the orders tell enough
        due = {
            order: (max(days_ago - 10, 0), outcome)
            for order, days_ago, outcome in rows
            if outcome != "ordered"
        }
        invoices = self.env["sale.order"].union(*due)._create_invoices(grouped=True)
        due = {move: due[move.line_ids.sale_line_ids.order_id] for move in invoices}
        for invoice, (days_ago, _outcome) in due.items():
            invoice.write(
                {"invoice_date": self._day(days_ago), "invoice_date_due": self._day(days_ago - 30)}
            )
        invoices.action_post()
        moments = self._pay_invoices({m: day for m, (day, end) in due.items() if end != "invoiced"})
        return moments | self._refund_invoices(
            {move: day for move, (day, outcome) in due.items() if outcome == "refunded"}
        )

    @api.model
    def _pay_invoices(self, due):
        """Pay invoices twenty days after their date; {(model, id): when}."""
        moments = {}
        for invoice, days_ago in due.items():
            paid = max(days_ago - 20, 0)
            self._pay(invoice, paid)
            moments["account.move", invoice.id] = self._moment(paid, hour=11)
        return moments

    @api.model
    def _refund_invoices(self, due):
        """Credit invoices in full 25 days after their date and pay back; {(model, id): when}."""
        moments = {}
        for invoice, days_ago in due.items():
            credited = max(days_ago - 25, 0)
            refund = invoice._reverse_moves(
                [{"invoice_date": self._day(credited), "ref": "Licences not needed"}]
            )
            refund.action_post()
            moments["account.move", refund.id] = self._moment(credited, hour=15)
            self._pay(refund, credited)
        return moments

    @api.model
    def _pay(self, invoice, days_ago):
        self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=invoice.ids
        ).create({"payment_date": self._day(days_ago)})._create_payments()

    @api.model
    def _build_opportunities(self):
        """Make open, won and lost opportunities; {(model, id): when decided}."""
        moments = {}
        for name, customer, title, amount, state, days in story.OPPORTUNITIES:
            partner = self._partner(customer)
            lead = self.env["crm.lead"].create(
                {
                    "name": title,
                    "type": "opportunity",
                    "partner_id": partner.id,
                    "user_id": self._user(name).id,
                    "expected_revenue": amount,
                    "date_deadline": state == "open" and self._day(-days),
                }
            )
            if state == "won":
                lead.action_set_won()
            elif state == "lost":
                lead.action_set_lost()
            moments["crm.lead", lead.id] = self._moment(abs(days), hour=14)
        return moments

    @api.model
    def _date_interactions(self, moments):
        """Let what the documents recorded lie in the past, like the documents."""
        for event in self.env.cr.precommit.data.get(BUFFER, []):
            moment = moments.get((event.get("res_model"), event.get("res_id")))
            if moment:
                event["occurred_at"] = moment
        self.env["relationship.interaction"].sudo()._flush_buffer()

    # ------------------------------------------------------------ contact

    @api.model
    def _build_contacts(self):
        self.env["relationship.interaction"].sudo()._insert(
            [
                {
                    "kind": kind,
                    "contact_id": self._partner(contact).id,
                    "channel": story.CHANNELS[kind],
                    "occurred_at": self._moment(days_ago, hour=8 + number % 9),
                    "external_ref": f"demo,{number}",
                    "summary": summary,
                }
                for number, (contact, days_ago, kind, summary) in enumerate(story.CONTACTS)
            ]
        )

    @api.model
    def _build_needs(self):
        self.env["relationship.need"].create(
            [
                {
                    "partner_id": self._partner(customer).id,
                    "user_id": (self._partner(customer).user_id or self._user("manager")).id,
                    "contact_id": contact and self._partner(contact).id,
                    "topic": topic,
                    "kind": kind,
                    "importance": importance,
                    "state": state,
                    "closed_on": state != "open" and self._day(days_ago),
                    "confirmed_on": self._day(days_ago),
                    "source": source,
                }
                for (
                    customer,
                    contact,
                    topic,
                    kind,
                    importance,
                    state,
                    days_ago,
                    source,
                ) in story.NEEDS
            ]
        )

    @api.model
    def _build_consents(self):
        self.env["relationship.consent"].create(
            [
                {
                    "contact_id": self._partner(contact).id,
                    "purpose": purpose,
                    "channel": channel,
                    "state": state,
                    "date": self._moment(days_ago),
                    "source": source,
                }
                for contact, purpose, channel, state, days_ago, source in story.CONSENTS
            ]
        )

    @api.model
    def _bring_up_to_date(self):
        """Refresh what background work would, so that every page shows something at once."""
        self.env.flush_all()
        partners = self.env["res.partner"].browse(
            self._partner(name).id for name in story.CUSTOMERS
        )
        self.env["relationship.profile"]._refresh(
            [(partner.id, self.env.company.id) for partner in partners]
        )
        self._build_stages()
        for name in ("frequent", "vietnam"):
            self._ref("relationship_segment", name).action_refresh()

    @api.model
    def _build_stages(self):
        """Put the customers in the stages that their history has earned."""
        for name, stage, days_ago in story.STAGES:
            self.env["relationship.profile"].search(
                [
                    ("partner_id", "=", self._partner(name).id),
                    ("company_id", "=", self.env.company.id),
                ]
            ).write(
                {
                    "stage_id": self.env.ref(f"relationship_crm.relationship_stage_{stage}").id,
                    "stage_since": self._day(days_ago),
                }
            )

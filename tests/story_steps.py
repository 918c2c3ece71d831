"""What happens behind the pages of the story; runs in `odoo shell` on the served clone.

Each step commits, and may leave facts for the test in a JSON file.
"""

import json
import re

from odoo import Command, fields

CUSTOMER = "Story Works"
PROGRAM = "Story Club"


def run(env, step, facts):
    """Do one step and write what it found to the file named by ``facts``."""
    found = {"prepare": prepare, "sell": sell, "redeem": redeem, "ask": ask, "after": after}[step](
        env
    )
    env.cr.commit()
    with open(facts, "w") as file:
        json.dump(found, file)


def work(env):
    """Let everything that waits in the background happen, as the crons would.

    Other tests use the same clone, so that thousands of interactions may wait before ours.
    """
    for model, job in (
        ("relationship.interaction.todo", "consume"),
        ("relationship.identity", "refresh"),
        ("relationship.profile", "refresh"),
        ("loyalty.ledger", "release"),
    ):
        env.cr.flush()
        while getattr(env[model], f"_job_{job}")(2000):
            env.cr.commit()
    env.cr.commit()


def partner(env):
    """The company of the person who logs in as partner1."""
    return env["res.users"].search([("login", "=", "partner1")]).partner_id.commercial_partner_id


def prepare(env):
    """A partner program with two tiers, points for what is sold and paid, a survey."""
    reseller = partner(env)
    program = env["prm.program"].create({"name": "Story Program"})
    gold = reseller.grade_id
    silver = env["res.partner.grade"].create(
        {"name": "Story Silver", "sequence": gold.sequence + 5, "prm_program_id": program.id}
    )
    gold = env["res.partner.grade"].create(
        {"name": "Story Gold", "sequence": gold.sequence + 4, "prm_program_id": program.id}
    )
    metric = env["relationship.metric"].search([("code", "=", "sold_revenue_ordered")])
    env["relationship.criterion"].create(
        {"grade_id": gold.id, "metric_id": metric.id, "threshold": 2000}
    )
    days = env.ref("relationship_crm.prm_benefit_kind_protection_days")
    env["prm.benefit"].create({"grade_id": silver.id, "kind_id": days.id, "value": 60})
    env["prm.enrollment"].create(
        {
            "partner_id": reseller.id,
            "program_id": program.id,
            "grade_id": silver.id,
            "state": "active",
        }
    )
    club = env["loyalty.program"].create(
        {
            "name": PROGRAM,
            "program_type": "loyalty",
            "applies_on": "both",
            "trigger": "auto",
            "portal_visible": True,
            "loyalty_earn_by": "event",
            "reward_ids": [
                Command.create(
                    {
                        "reward_type": "discount",
                        "discount": 10,
                        "discount_mode": "per_order",
                        "required_points": 50,
                    }
                )
            ],
        }
    )
    kinds = env["relationship.interaction.kind"]
    env["loyalty.earning.rule"].create(
        {
            "name": "Sold and paid",
            "program_id": club.id,
            "kind_id": kinds.search([("code", "=", "order_confirmed")]).id,
            "earner": "partner",
            "mode": "amount",
            "points": 1,
            "per_amount": 10,
            "pending_until": "paid",
        }
    )
    survey = env["survey.survey"].create(
        {
            "title": "How are we doing?",
            "access_mode": "public",
            "question_and_page_ids": [
                Command.create(
                    {
                        "title": "How likely is it that you recommend us?",
                        "question_type": "scale",
                        "scale_min": 0,
                        "scale_max": 10,
                        "feedback_metric": "nps",
                    }
                ),
                Command.create({"title": "Why?", "question_type": "text_box"}),
            ],
        }
    )
    env["feedback.program"].create(
        {
            "name": "Story Survey",
            "survey_id": survey.id,
            "rhythm": "once",
            "domain": f"[('id', '=', {reseller.id})]",
        }
    )
    person = env["res.users"].search([("login", "=", "partner1")]).partner_id
    person.email = "seller@story.example"
    env["relationship.consent"].create(
        {"contact_id": person.id, "purpose": "survey", "state": "granted", "source": "agreement"}
    )
    work(env)
    return {"partner": reseller.id}


def sell(env):
    """The won deal becomes an order, an invoice and a payment, as the office does it."""
    deal = env["prm.deal"].search([("customer_name", "=", CUSTOMER)])
    product = env["product.product"].create(
        {"name": "Story Thing", "type": "service", "invoice_policy": "order", "taxes_id": False}
    )
    order = env["sale.order"].create(
        {
            "partner_id": deal.customer_id.id,
            "opportunity_id": deal.lead_id.id,
            "order_line": [
                Command.create({"product_id": product.id, "price_unit": 1000, "tax_ids": False})
            ],
        }
    )
    order.action_confirm()
    # what is of today counts for tiers from tomorrow on
    order.date_order = fields.Datetime.subtract(order.date_order, days=2)
    work(env)
    waiting = env["loyalty.ledger.entry"].search([("card_id.program_id.name", "=", PROGRAM)])
    invoice = order._create_invoices()
    invoice.action_post()
    register = env["account.payment.register"]
    context = {"active_model": "account.move", "active_ids": invoice.ids}
    register.with_context(**context).create({})._create_payments()
    before = waiting.mapped("state")
    work(env)
    env.invalidate_all()
    card = env["loyalty.card"].search([("program_id.name", "=", PROGRAM)])
    return {
        "deal_state": deal.state,
        "sold_through": [order.prm_partner_id.id, invoice.prm_partner_id.id],
        "pending": before,
        "points": card.points,
        "holder": card.partner_id.id,
        "lines": [order.name, invoice.name],
    }


def redeem(env):
    """The partner buys for itself and spends points in an ordinary order."""
    reseller = partner(env)
    card = env["loyalty.card"].search([("program_id.name", "=", PROGRAM)])
    product = env["product.product"].search([("name", "=", "Story Thing")])
    order = env["sale.order"].create(
        {
            "partner_id": reseller.id,
            "order_line": [
                Command.create({"product_id": product.id, "price_unit": 100, "tax_ids": False})
            ],
        }
    )
    order._update_programs_and_rewards()
    [reward] = card.program_id.reward_ids
    order._apply_program_reward(reward, card)
    order.action_confirm()
    work(env)
    env.invalidate_all()
    entries = env["loyalty.ledger.entry"].search([("card_id", "=", card.id)], order="id")
    return {
        "points": card.points,
        "sum": sum(entries.filtered(lambda entry: entry.state == "posted").mapped("points")),
        "kinds": [entry.kind for entry in entries],
        "card": card.id,
    }


def ask(env):
    """The survey goes out; the link is read from the e-mail."""
    program = env["feedback.program"].search([("name", "=", "Story Survey")])
    wave = env["feedback.wave"].create({"program_id": program.id})
    wave.action_draw()
    wave.action_send()
    env.cr.flush()
    env["feedback.invitation"]._job_send(100)
    env.cr.flush()
    [mail] = env["mail.mail"].search(
        [("model", "=", "feedback.invitation"), ("res_id", "in", wave.invitation_ids.ids)]
    )
    links = re.findall(r"/feedback/[\w-]+(?:\?[^\"']*)?", mail.body_html)
    return {
        "to": mail.email_to or mail.recipient_ids.mapped("email"),
        "links": links,
        "skipped": wave.invitation_ids.mapped("state"),
    }


def after(env):
    """What the answer left behind."""
    work(env)
    reseller = partner(env)
    cases = env["relationship.case"].search([("partner_id", "=", reseller.id)])
    scores = env["feedback.score"].search([("partner_id", "=", reseller.id)])
    kinds = env["relationship.interaction"].search([("partner_id", "=", reseller.id)]).kind_id
    return {
        "cases": cases.mapped("state"),
        "scores": scores.mapped("value"),
        "kinds": sorted(kinds.mapped("code")),
        "today": str(fields.Date.today()),
    }

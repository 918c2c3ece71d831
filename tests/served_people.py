"""People for the served clone: every role, rival partners, an API key each."""

import json

ALL_LEADS = "sales_team.group_sale_salesman_all_leads"
STAFF = {
    "channel": ["relationship_crm.group_channel_manager", ALL_LEADS],
    "channel2": ["relationship_crm.group_channel_manager", ALL_LEADS],
    "manager": ["relationship_crm.group_manager", "sales_team.group_sale_manager"],
    "user": ["relationship_crm.group_user", "sales_team.group_sale_salesman"],
    "auditor": ["relationship_crm.group_auditor"],
    "integration": ["relationship_crm.group_integration"],
    "sales": ["sales_team.group_sale_salesman"],
}
PORTAL = ["base.group_portal"]
#: a manager of another company only
ABROAD = STAFF["manager"]


def make_people(env, path):
    """Make the people, and write their keys and the ids of all that was made to a JSON file.

    Runs in `odoo shell`. The password is the login.
    """
    env["ir.cron"].search([]).active = False  # nobody sends mail from here
    partners = _partners(env)
    users = {login: _user(env, login, groups) for login, groups in STAFF.items()}
    env["relationship.interaction.source"].create(
        {"name": "shop", "user_ids": [(6, 0, users["integration"].ids)]}
    )
    users["stranger"] = _user(env, "stranger", PORTAL)
    abroad = env["res.company"].create({"name": "Abroad Ltd"})
    users["abroad"] = _user(
        env, "abroad", ABROAD, company_id=abroad.id, company_ids=[(6, 0, abroad.ids)]
    )
    for login, partner in partners.items():
        person = env["res.partner"].create({"name": f"Seller {login}", "parent_id": partner.id})
        users[login] = _user(env, login, PORTAL, partner_id=person.id)
        env["prm.member"]._make_members(users[login])
    keys = {
        login: env(user=user)["res.users.apikeys"].sudo()._generate("rpc", "tests", None)
        for login, user in users.items()
    }
    ids = {login: partner.id for login, partner in partners.items()}
    ids |= {f"user_{login}": user.id for login, user in users.items()}
    ids |= {name: record.id for name, record in _spine(env).items()}
    ids |= {name: record.id for name, record in _in_time(env, users).items()}
    env.cr.commit()
    with open(path, "w") as file:
        json.dump({"keys": keys, "ids": ids}, file)


def _partners(env):
    """Rival partner companies, by the login of their person; the third never has a deal."""
    grade = env["res.partner.grade"].create({"name": "Gold"})
    return {
        f"partner{number}": env["res.partner"].create(
            {
                "name": f"Reseller {number}",
                "is_company": True,
                "grade_id": grade.id,
                "email": f"office{number}@example.com",
            }
        )
        for number in (1, 2, 3)
    }


def _spine(env):
    """One record of every kind about a customer that only the first company knows."""
    own = {"company_id": env.company.id}
    customer = env["res.partner"].create(
        {
            "name": "Customer Zero",
            "is_company": True,
            "email": "office@customer-zero.example",
            "vat": "BE0477472701",
            **own,
        }
    )
    contact = env["res.partner"].create(
        {
            "name": "Ann Zero",
            "parent_id": customer.id,
            "email": "ann@customer-zero.example",
            **own,
        }
    )
    webhook = env["relationship.webhook"].create(
        {"name": "Receiver", "url": "https://receiver.example/", **own}
    )
    made = {
        "lead": env["crm.lead"].create({"name": "Deal Zero", "partner_id": customer.id, **own}),
        "order": _order(env, customer),
        "need": env["relationship.need"].create({"topic": "Parts", "partner_id": customer.id}),
        "program": env["prm.program"].create({"name": "Resellers"}),
        "segment": env["relationship.segment"].create({"name": "By hand", "kind": "manual"}),
        "rule": env["relationship.segment"].create({"name": "By rule"}),
        "key": env["relationship.identity"].create(
            {"partner_id": contact.id, "type": "card", "value": "CARD-1"}
        ),
        "customer": customer,
        "contact": contact,
        "webhook": webhook,
    }
    made["enrollment"] = env["prm.enrollment"].create(
        {"partner_id": customer.id, "program_id": made["program"].id}
    )
    made["enrollment"].action_activate()
    made |= _happened(env, contact, webhook)
    made["profile"] = env["relationship.profile"].search([("partner_id", "=", customer.id)])
    return made


def _in_time(env, users):
    """What only time or background work brings about: a grace that is over, a printed pack."""
    program = env["prm.program"].create({"name": "Over", "user_id": users["channel"].id})
    tier = env["res.partner.grade"].create({"name": "Lost", "prm_program_id": program.id})
    metric = env["relationship.metric"].search([("code", "=", "sold_revenue_ordered")])
    env["relationship.criterion"].create(
        {"grade_id": tier.id, "metric_id": metric.id, "threshold": 1000}
    )
    partner = {"name": "Losing", "is_company": True, "company_id": env.company.id}
    env["prm.enrollment"].create(
        {
            "partner_id": env["res.partner"].create(partner).id,
            "program_id": program.id,
            "grade_id": tier.id,
            "state": "active",
        }
    )
    review = env["prm.review"].create({"program_id": program.id})
    review.with_user(users["channel"]).action_compute()
    review.with_user(users["manager"]).action_approve()
    due = review.line_ids
    due._become_due(due.grace_until)
    pack = env["prm.scorecard.pack"].create({"user_id": users["manager"].id})
    document = {
        "name": "Scorecards.pdf",
        "raw": b"%PDF",
        "res_model": pack._name,
        "res_id": pack.id,
    }
    pack.attachment_id = env["ir.attachment"].create(document)
    return {"due": due, "pack": pack}


def _order(env, customer):
    """A confirmed order: what the reports and the interactions tell of."""
    product = env["product.product"].create(
        {"name": "Part", "list_price": 10, "invoice_policy": "order"}
    )
    order = env["sale.order"].create(
        {"partner_id": customer.id, "order_line": [(0, 0, {"product_id": product.id})]}
    )
    order.action_confirm()
    order._create_invoices().action_post()
    return order


def _happened(env, contact, webhook):
    """An interaction, a message about it, and profiles and keys as background work makes them."""
    env.cr.flush()
    env["relationship.identity"]._job_refresh(1000)
    interaction = env["relationship.interaction"].search([("kind_id.code", "=", "order_confirmed")])
    env["relationship.profile"]._refresh([(contact.commercial_partner_id.id, None)])
    env["relationship.queue"]._enqueue("identity", [(contact.id, None)])
    env.cr.flush()
    webhook._consume_interactions(interaction)
    return {
        "interaction": interaction,
        "delivery": env["relationship.webhook.delivery"].search([], limit=1),
        "home": env.company,
    }


def _user(env, login, groups, **values):
    quiet = {"no_reset_password": True, "mail_create_nosubscribe": True}
    values |= {
        "name": f"Person {login}",
        "login": login,
        "password": login,
        "email": f"{login}@example.com",
        "group_ids": [(6, 0, [env.ref(group).id for group in groups])],
    }
    return env["res.users"].with_context(**quiet).create(values)

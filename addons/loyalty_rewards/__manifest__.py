{
    "name": "Relationships: Loyalty",
    "version": "19.0.1.0.0",
    "category": "Sales/CRM",
    "summary": "Points and rewards for the customers and partners you keep",
    "author": "Relationship Suite contributors",
    "license": "LGPL-3",
    "application": True,
    "depends": ["relationship_crm", "sale_loyalty"],
    "data": [
        "security/loyalty_security.xml",
        "security/ir.model.access.csv",
        "data/relationship_interaction_kind_data.xml",
        "views/loyalty_ledger_entry_views.xml",
        "views/loyalty_card_views.xml",
        "views/loyalty_rewards_menus.xml",
    ],
    "post_init_hook": "post_init_hook",
}

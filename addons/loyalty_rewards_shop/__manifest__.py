{
    "name": "Relationships: Loyalty in the Shop",
    "version": "19.0.1.0.0",
    "category": "Sales/CRM",
    "summary": "Points of a cart stay reserved while it is being paid",
    "author": "Relationship Suite contributors",
    "license": "LGPL-3",
    "depends": ["loyalty_rewards", "website_sale_loyalty"],
    "auto_install": True,
}

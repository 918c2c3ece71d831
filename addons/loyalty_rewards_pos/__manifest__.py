{
    "name": "Relationships: Loyalty at the Till",
    "version": "19.0.1.0.0",
    "category": "Sales/CRM",
    "summary": "The ledger of points follows the point of sale",
    "author": "Relationship Suite contributors",
    "license": "LGPL-3",
    "depends": ["loyalty_rewards", "pos_loyalty"],
    "auto_install": True,
}

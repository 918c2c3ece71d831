{
    "name": "Relationships: Customers and Partners",
    "version": "19.0.1.0.0",
    "category": "Sales/CRM",
    "summary": "The relationships with customers and with the partners who sell for you",
    "author": "Relationship Suite contributors",
    "license": "LGPL-3",
    "depends": ["partnership"],
    "data": [
        "security/relationship_groups.xml",
        "security/ir.model.access.csv",
        "views/relationship_overview_views.xml",
        "views/res_partner_views.xml",
        "views/relationship_menus.xml",
    ],
    "demo": ["demo/res_users_demo.xml"],
    "assets": {
        "web.assets_backend": ["relationship_crm/static/src/**/*"],
        "web.assets_tests": ["relationship_crm/static/tests/tours/**/*"],
    },
    "application": True,
}

{
    "name": "Relationships: Feedback",
    "version": "19.0.1.0.0",
    "category": "Sales/CRM",
    "summary": "What customers and partners think of the relationship, asked and acted on",
    "author": "Relationship Suite contributors",
    "license": "LGPL-3",
    "application": True,
    "depends": ["relationship_crm", "survey"],
    "data": ["views/survey_feedback_menus.xml"],
    "demo": ["demo/res_users_demo.xml"],
}

from odoo import fields, models

#: outcomes of the AAPOR Standard Definitions; see lib/aapor.py
OUTCOMES = [
    ("I", "Complete Interview"),
    ("P", "Partial Interview"),
    ("R", "Refusal or Break-Off"),
    ("NC", "Not Reached"),
    ("O", "Other"),
    ("UH", "Unknown Whether Anybody Is There"),
    ("UO", "Unknown Whether the Right Person"),
    ("NE", "Not Eligible"),
]


class FeedbackDisposition(models.Model):
    """What may come of a call: the code table of survey research, as data."""

    _name = "feedback.disposition"
    _description = "Call Outcome"
    _order = "sequence, code, id"
    _rec_names_search = ["code", "name"]

    name = fields.Char(required=True, translate=True)
    code = fields.Char(
        string="AAPOR Code", required=True, help="Code of the AAPOR Standard Definitions."
    )
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    outcome = fields.Selection(
        OUTCOMES, string="Counts As", required=True, help="Group in the published outcome rates."
    )
    final = fields.Boolean(help="Nobody calls again after it.")
    callback = fields.Boolean(string="Call Back", help="Somebody calls again at an agreed time.")
    stop = fields.Boolean(
        string="Stops All Surveys", help="The person wants no survey any more: kept as consent."
    )

    _code_unique = models.Constraint("UNIQUE (code)", "This code names another outcome already.")
    _final_check = models.Constraint(
        "CHECK (NOT (final AND callback))", "Nobody is called back after a final outcome."
    )

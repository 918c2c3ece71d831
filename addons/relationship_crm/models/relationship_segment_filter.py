from odoo import models
from odoo.fields import Domain

#: fields of other records that filters of contacts may look at and that never change
FIXED = {"country_id.code", "state_id.code"}
#: fields that core changes by SQL, without the date of the change
UNDATED = {"customer_rank", "supplier_rank", "message_bounce"}
PLAIN = {"char", "text", "selection", "boolean", "integer", "float", "monetary"}


class RelationshipSegment(models.Model):
    """Whether who fits the filters of a segment can only change with the customer's own records."""

    _inherit = "relationship.segment"

    def _has_own_filters(self):
        """Whether the filters look at the contact's and the profile's own fields only.

        Then whoever fits otherwise than before was written to since. A filter that looks further,
        at other records or at today's date, is asked about everybody each night.
        """
        return self._is_own("res.partner", self.partner_domain) and self._is_own(
            "relationship.profile", self.profile_domain
        )

    def _is_own(self, model, text):
        conditions = Domain(self._parse_domain(text)).iter_conditions()
        return all(self._is_own_condition(self.env[model], one) for one in conditions)

    def _is_own_condition(self, model, condition):
        name, value = condition.field_expr, condition.value
        if name in FIXED and model._name == "res.partner":
            return True
        field = model._fields.get(name)
        if not field or not field.store or field.company_dependent or field.translate:
            return False
        if field.type == "many2one":
            # a text would be looked for in the names of other records
            values = value if isinstance(value, (list, tuple, set, frozenset)) else [value]
            ids = all(isinstance(id_, int) for id_ in values)
            return ids and condition.operator in ("=", "!=", "in", "not in")
        return field.type in PLAIN and name not in UNDATED

from odoo import api, models
from odoo.exceptions import AccessError


class RelationshipWorkedOut(models.AbstractModel):
    """Fields that the system works out: no form, import, default or API call writes them.

    A model names them in ``_worked_out``; its own methods write them as superuser.
    """

    _name = "relationship.worked.out"
    _description = "Fields Written by the System"

    #: names of the fields that only the system writes
    _worked_out = frozenset()

    @api.model_create_multi
    def create(self, vals_list):
        if self.env.su:
            return super().create(vals_list)
        for vals in vals_list:
            self._check_worked_out(vals)
        clean = self._without_worked_out_defaults()
        return super(RelationshipWorkedOut, clean).create(vals_list)

    def write(self, vals):
        if self and not self.env.su:
            self._check_worked_out(vals)
        return super().write(vals)

    @api.model
    def _check_worked_out(self, vals):
        """Refuse values of fields that only the system writes."""
        refused = self._worked_out & vals.keys()
        if refused:
            raise AccessError(
                self.env._("The system works this out, nobody writes it: %s", _listed(refused))
            )

    def _without_worked_out_defaults(self):
        """The same without defaults for such fields, which a caller may have put in the context."""
        context = self.env.context
        kept = {
            key: value
            for key, value in context.items()
            if not (key.startswith("default_") and key[8:] in self._worked_out)
        }
        return self.with_env(self.env(context=kept)) if len(kept) < len(context) else self


def _listed(names):
    return ", ".join(sorted(names))

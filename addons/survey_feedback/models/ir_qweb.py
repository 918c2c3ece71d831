from lxml import etree

from odoo import models

#: what else the code of a template depends on
COMPILED_FOR = ("lang", "raise_on_forbidden_code_for_model")


class IrQweb(models.AbstractModel):
    _inherit = "ir.qweb"

    def _generate_code_uncached(self, template):
        """Translate the text of an e-mail into code once for all people of a batch.

        Core does so for each of them, which takes longer than all the rest of an e-mail. Only
        within the context key ``feedback_compiled``, a dict that lives as long as the batch.
        """
        compiled = self.env.context.get("feedback_compiled")
        if compiled is None or not isinstance(template, etree._Element):
            return super()._generate_code_uncached(template)
        keys = (*self._get_template_cache_keys(), *COMPILED_FOR)
        key = (etree.tostring(template), *(self.env.context.get(name) for name in keys))
        if key not in compiled:
            compiled[key] = super()._generate_code_uncached(template)
        return compiled[key]

from odoo import api, models
from odoo.exceptions import AccessError

# A figure is counted up to here and then shown as "1,000+": the page never scans a whole table.
COUNT_LIMIT = 1000


class RelationshipOverview(models.AbstractModel):
    """What to do next, as a list of steps that every addon of the suite adds to."""

    _name = "relationship.overview"
    _description = "Relationship Overview"

    @api.model
    @api.readonly
    def get_overview(self):
        """Return the steps that the caller may work on, in the order to do them.

        Costs one count per step, whatever the size of the tables.

        :return: list of dicts with the keys ``code`` (str, unique), ``area``, ``title``, ``text``
            and ``count_label`` (str in the caller's language), ``count`` (int, at most
            ``COUNT_LIMIT``), ``count_capped`` (bool, there may be more), ``done`` (bool),
            ``action`` (external id of an action, or False) and ``url`` (str, or False)
        :raise AccessError: the caller has no role that opens the app (user or auditor)
        """
        self._check_overview_access()
        steps = sorted(self._overview_steps(), key=lambda step: (step["sequence"], step["code"]))
        return [self._overview_evaluate(step) for step in steps if self._overview_may_do(step)]

    @api.model
    def _overview_steps(self):
        """Hook: list of steps, each made by :meth:`_overview_step`; extend with ``super()``."""
        _ = self.env._
        area = _("Customers and partners")
        return [
            self._overview_step(
                "customers",
                sequence=10,
                area=area,
                title=_("Bring in your customers"),
                text=_("Add the companies and persons you serve, or import them from a file."),
                model="res.partner",
                domain=[("parent_id", "=", False), ("partner_share", "=", True)],
                count_label=_("Customers"),
                action="relationship_crm.res_partner_action_customer",
            ),
            self._overview_step(
                "tiers",
                sequence=20,
                area=area,
                title=_("Set your partner tiers"),
                text=_("Name the tiers of your partners, best first, and give each its price list."),
                model="res.partner.grade",
                domain=[],
                count_label=_("Tiers"),
                action="partnership.res_partner_grade_action",
            ),
            self._overview_step(
                "partners",
                sequence=30,
                area=area,
                title=_("Give a first company its tier"),
                text=_("Open a company that sells for you and choose its tier."),
                model="res.partner",
                domain=[("parent_id", "=", False), ("grade_id", "!=", False)],
                access="write",
                count_label=_("Companies with a tier"),
                action="relationship_crm.res_partner_action_tier",
            ),
            self._overview_step(
                "team",
                sequence=40,
                area=area,
                title=_("Add your colleagues"),
                text=_("Give each colleague a role under Relationships on the user form."),
                model="res.users",
                domain=[("all_group_ids", "in", self._overview_group_ids())],
                goal=2,
                count_label=_("People with a role"),
                action="base.action_res_users",
            ),
        ]

    @api.model
    def _overview_step(
        self,
        code,
        *,
        sequence,
        area,
        title,
        text,
        model,
        domain,
        count_label,
        access="create",
        goal=1,
        action=False,
        url=False,
    ):
        """Return one step of the overview.

        :param str code: unique name of the step
        :param int sequence: place in the list; relationship_crm 10–90, partner_portal 110–190,
            loyalty_rewards 210–290, survey_feedback 310–390
        :param str area: heading under which steps stand together, translated
        :param str title: what to do, translated
        :param str text: how and why in one sentence, translated
        :param str model: model whose records are counted
        :param domain: domain of the records that show the step was done
        :param str count_label: what is counted, translated, as "Tiers" in "Tiers: 3"
        :param str access: operation on ``model`` that the step needs
        :param int goal: number of records from which the step is done
        :param str action: external id of the action to open; for a window action the caller must
            also be able to read its model
        :param str url: address to open instead of an action
        """
        return {
            "code": code,
            "sequence": sequence,
            "area": area,
            "title": title,
            "text": text,
            "model": model,
            "domain": domain,
            "count_label": count_label,
            "access": access,
            "goal": goal,
            "action": action,
            "url": url,
        }

    @api.model
    def _overview_group_ids(self):
        """Ids of the groups of people who work in the app."""
        return [
            self.env["ir.model.data"]._xmlid_to_res_id(f"relationship_crm.{name}")
            for name in ("group_user", "group_auditor")
        ]

    def _check_overview_access(self):
        """Refuse everybody without a role that opens the app."""
        groups = "relationship_crm.group_user,relationship_crm.group_auditor"
        if not self.env.su and not self.env.user.has_groups(groups):
            raise AccessError(self.env._("Only a relationship user or auditor sees the overview."))

    def _overview_may_do(self, step):
        """Whether the caller may do the step and open its action."""
        model = self.env[step["model"]]
        if not (model.has_access("read") and model.has_access(step["access"])):
            return False
        if not step["action"]:
            return True
        action = self.env.ref(step["action"], raise_if_not_found=False)
        return bool(action) and self._overview_may_open(action.sudo())

    def _overview_may_open(self, action):
        """Whether the caller may open this action (given as superuser)."""
        groups = action.group_ids if "group_ids" in action else action.env["res.groups"]
        if groups and not groups & self.env.user.all_group_ids:
            return False
        res_model = action._name == "ir.actions.act_window" and action.res_model
        return not res_model or self.env[res_model].has_access("read")

    def _overview_evaluate(self, step):
        """Count what the step asks for, and keep what the page needs."""
        count = self.env[step["model"]].search_count(step["domain"], limit=COUNT_LIMIT)
        keys = ("code", "area", "title", "text", "count_label", "action", "url")
        return {
            **{key: step[key] for key in keys},
            "count": count,
            "count_capped": count >= COUNT_LIMIT,
            "done": count >= step["goal"],
        }

from odoo import api, models
from odoo.exceptions import AccessError

# A figure is counted up to here and then shown as "or more": the page never scans a whole table.
COUNT_LIMIT = 1000

# Who opens the app. The integration role only sends events and sees no page.
READER_GROUPS = ("relationship_crm.group_user", "relationship_crm.group_auditor")


class RelationshipOverview(models.AbstractModel):
    """What to do next, as a list of steps that every addon of the suite adds to."""

    _name = "relationship.overview"
    _description = "Relationship Overview"

    @api.model
    @api.readonly
    def get_overview(self):
        """Return the steps that the caller may work on, in the order to do them.

        Costs one bounded count per step, whatever the size of the tables.

        :return: list of dicts with the keys ``code`` (str, unique), ``area``, ``title``, ``text``
            and ``count_label`` (str in the caller's language), ``count`` (int, what the caller may
            read, at most ``COUNT_LIMIT``), ``count_capped`` (bool, there may be more), ``done``
            (bool), ``action`` (external id of an action, or False) and ``url`` (str, or False)
        :raise AccessError: the caller has no role that opens the app (user or auditor)
        """
        self._check_overview_access()
        steps = [step for step in self._overview_steps() if self._overview_may_do(step)]
        openable = self._overview_openable({step["action"] for step in steps if step["action"]})
        return [
            self._overview_evaluate(step)
            for step in sorted(steps, key=lambda step: (step["sequence"], step["code"]))
            if not step["action"] or step["action"] in openable
        ]

    def _check_overview_access(self):
        """Refuse everybody without a role that opens the app."""
        if not self.env.su and not self.env.user.has_groups(",".join(READER_GROUPS)):
            raise AccessError(
                self.env._("The overview is for users with a role under Relationships.")
            )

    @api.model
    def _overview_steps(self):
        """Hook: list of steps, each made by :meth:`_overview_step`; extend with ``super()``."""
        return [
            self._overview_step_customers(),
            self._overview_step_tiers(),
            self._overview_step_partners(),
            self._overview_step_team(),
        ]

    @api.model
    def _overview_step(
        self,
        code,
        *,
        sequence,
        title,
        text,
        model,
        count_label,
        area=None,
        domain=(),
        access="create",
        access_model=None,
        goal=1,
        action=False,
        url=False,
    ):
        """Return one step of the overview.

        :param str code: unique name of the step
        :param int sequence: place in the list; relationship_crm 10–90, partner_portal 110–190,
            loyalty_rewards 210–290, survey_feedback 310–390
        :param str area: heading under which steps stand together, translated; "Customers and
            partners" where none is given
        :param str title: what to do, translated
        :param str text: how and why in one sentence, translated
        :param str model: model whose records are counted
        :param domain: domain of the records that show that the step was done; empty: any record
        :param str count_label: what is counted, translated, as "Tiers" in "Tiers: 3"
        :param str access: operation that the step needs, beside reading ``model``
        :param str access_model: model of that operation, if it is another one
        :param int goal: number of records from which the step is done
        :param str action: external id of the action to open; the step is hidden from whoever may
            not open it
        :param str url: address to open where there is no action
        """
        return {
            "code": code,
            "sequence": sequence,
            "area": area or self.env._("Customers and partners"),
            "title": title,
            "text": text,
            "model": model,
            "domain": list(domain),
            "count_label": count_label,
            "access": access,
            "access_model": access_model or model,
            "goal": goal,
            "action": action,
            "url": url,
        }

    def _overview_may_do(self, step):
        """Whether the caller may read what is counted, and do what the step asks for."""
        counted, changed = self.env[step["model"]], self.env[step["access_model"]]
        return counted.has_access("read") and changed.has_access(step["access"])

    def _overview_openable(self, xmlids):
        """Return those of the actions, named by external id, that the caller may open.

        A window action asks for one of its groups, if it has any, and for read access to its
        model. Actions of other kinds check for themselves when they run.
        """
        resolve = self.env["ir.model.data"]._xmlid_to_res_model_res_id
        found = {xmlid: resolve(xmlid) for xmlid in xmlids}
        windows = self.env["ir.actions.act_window"].sudo()
        windows = windows.browse(id_ for model, id_ in found.values() if model == windows._name)
        refused = {
            action.id
            for action in windows
            if not self.env[action.res_model].has_access("read")
            or (action.group_ids and not action.group_ids & self.env.user.all_group_ids)
        }
        return {
            xmlid
            for xmlid, (model, id_) in found.items()
            if id_ and not (model == windows._name and id_ in refused)
        }

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

    def _overview_step_customers(self):
        return self._overview_step(
            "customers",
            sequence=10,
            title=self.env._("Bring in your customers"),
            text=self.env._("Add the companies and persons you serve, or import them from a file."),
            model="res.partner",
            domain=[
                ("parent_id", "=", False),
                ("partner_share", "=", True),
                ("ref_company_ids", "=", False),
            ],
            count_label=self.env._("Customers"),
            action="relationship_crm.res_partner_action_customer",
        )

    def _overview_step_tiers(self):
        return self._overview_step(
            "tiers",
            sequence=20,
            title=self.env._("Set your partner tiers"),
            text=self.env._("Name the tiers that a partner can reach, the best one first."),
            model="res.partner.grade",
            count_label=self.env._("Tiers"),
            action="relationship_crm.res_partner_grade_action",
        )

    def _overview_step_partners(self):
        return self._overview_step(
            "partners",
            sequence=30,
            title=self.env._("Give a first partner its tier"),
            text=self.env._("Open a company that sells for you and choose its tier."),
            model="res.partner",
            domain=[("parent_id", "=", False), ("grade_id", "!=", False)],
            access="write",
            count_label=self.env._("Partners with a tier"),
            action="relationship_crm.res_partner_action_tier",
        )

    def _overview_step_team(self):
        resolve = self.env["ir.model.data"]._xmlid_to_res_id
        return self._overview_step(
            "team",
            sequence=40,
            title=self.env._("Bring your colleagues in"),
            text=self.env._("On the user form, give each colleague a role under Relationships."),
            model="res.users",
            domain=[("all_group_ids", "in", [resolve(group) for group in READER_GROUPS])],
            goal=2,
            count_label=self.env._("People with a role"),
            action="base.action_res_users",
        )

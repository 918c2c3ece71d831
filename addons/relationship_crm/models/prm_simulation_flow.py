from odoo import api, fields, models

from ..lib import tier_flows


class PrmSimulation(models.Model):
    """The flows between tiers as a picture, and two drafts side by side."""

    _inherit = "prm.simulation"

    flows = fields.Json(compute="_compute_flows")
    other_id = fields.Many2one(
        "prm.simulation",
        string="Compare With",
        copy=False,
        ondelete="set null",
        index="btree_not_null",
        domain="[('program_id', '=', program_id), ('company_id', '=', company_id),"
        " ('id', '!=', id), ('state', '!=', 'draft')]",
    )
    other_flows = fields.Json(related="other_id.flows", string="Flows of the Other")
    comparison = fields.Html(compute="_compute_comparison", sanitize=False)

    # ------------------------------------------------------------ flows

    def _moves(self):
        """{simulation: {(tier id before, tier id after): (partners, margin effect)}}; 0: none."""
        moves = {one: {} for one in self}
        groups = self.env["prm.simulation.line"]._read_group(
            [("simulation_id", "in", self.ids)],
            ["simulation_id", "from_grade_id", "to_grade_id"],
            ["__count", "margin_effect:sum"],
        )
        for one, before, after, count, effect in groups:
            moves[one][before.id or 0, after.id or 0] = (count, effect)
        return moves

    @api.depends("computed_at")
    @api.depends_context("lang")
    def _compute_flows(self):
        moves = self._origin._moves()
        for one in self:
            one.flows = one._origin._flows(moves[one._origin]) if one._origin in moves else False

    def _flows(self, moves):
        """The picture as plain values: ``left``, ``right``, ``bands``; False without partners."""
        if not moves:
            return False
        names = self._tier_names(moves)
        counts = {pair: count for pair, (count, _effect) in moves.items()}
        left, right, bands = tier_flows.bands(list(names), counts)
        rank = {key: place for place, key in enumerate(names)}
        return {
            "left": [bar._asdict() | {"name": names[bar.key]} for bar in left],
            "right": [bar._asdict() | {"name": names[bar.key]} for bar in right],
            "bands": [
                {
                    "source": band.source,
                    "target": band.target,
                    "from": names[band.source],
                    "to": names[band.target],
                    "count": band.partners,
                    "effect": moves[band.source, band.target][1],
                    "way": _way(rank[band.source], rank[band.target]),
                    "path": tier_flows.path(band),
                }
                for band in bands
            ],
            "currency_id": self.currency_id.id,
            "simulation_id": self.id,
        }

    def _tier_names(self, moves):
        """{tier id: name}, the best first, partners without a tier last."""
        ids = {key for pair in moves for key in pair if key}
        tiers = self.env["res.partner.grade"].with_context(active_test=False).browse(ids)
        tiers |= self.tier_ids.grade_id
        tiers = tiers.sorted(lambda tier: (tier.sequence, tier.id))
        return {**{tier.id: tier.name for tier in tiers}, 0: self.env._("No Tier")}

    # ------------------------------------------------------------ side by side

    @api.depends("other_id", "computed_at")
    @api.depends_context("lang")
    def _compute_comparison(self):
        for one in self:
            pair = one._origin | one.other_id._origin
            one.comparison = len(pair) == 2 and self.env["ir.qweb"]._render(
                "relationship_crm.prm_simulation_comparison", pair._comparison()
            )

    def _comparison(self):
        """Two simulations as values to show: figures, partners by tier, rules that differ."""
        first, second = self
        moves = self._moves()
        after = {
            one: {
                key: sum(count for (_from, to), (count, _e) in moves[one].items() if to == key)
                for key in one._tier_names(moves[one])
            }
            for one in self
        }
        names = first._tier_names(moves[first] | moves[second])
        return {
            "first": first,
            "second": second,
            "tiers": [
                (name, after[first].get(key, 0), after[second].get(key, 0))
                for key, name in names.items()
                if after[first].get(key) or after[second].get(key) or key
            ],
            "rules": first._rules_beside(second),
            "differing": len(self._differing()),
            "same_period": (first.date_from, first.date_to) == (second.date_from, second.date_to),
        }

    def _rules_beside(self, other):
        """Rows (tier, rule here, rule there) of what differs; an empty text: not asked for."""
        rows = []
        tiers = (self.tier_ids | other.tier_ids).grade_id.sorted(lambda t: (t.sequence, t.id))
        for tier in tiers:
            here, there = self._rule_texts(tier), other._rule_texts(tier)
            rows += [
                (tier.name, here.get(key, ""), there.get(key, ""))
                for key in {**here, **there}
                if here.get(key) != there.get(key)
            ]
        labels = dict(self._fields["demotion_policy"]._description_selection(self.env))
        if self.demotion_policy != other.demotion_policy:
            policies = [labels[one.demotion_policy] for one in (self, other)]
            rows.append((self.env._("Every tier"), *policies))
        return rows

    def _rule_texts(self, tier):
        """{what a rule is about: the rule in words} of one tier."""
        texts = {}
        for one in self.tier_ids.filtered(lambda one: one.grade_id == tier):
            mark = self.env["ir.qweb.field.float"].value_to_html(one.pass_mark, {"precision": 0})
            texts["mark"] = self.env._("Pass mark %s", mark)
            if one.pricelist_id:
                texts["list"] = self.env._("Pricelist %s", one.pricelist_id.name)
        for one in self.criterion_ids.filtered(lambda one: one.simulated_grade_id == tier):
            text = one.display_name
            if one.must:
                text = self.env._("%s (must)", text)
            weight = self.env["ir.qweb.field.float"].value_to_html(one.weight, {"precision": 1})
            texts["criterion", one.metric_id.id, one.term_key] = self.env._(
                "%(criterion)s, weight %(weight)s", criterion=text, weight=weight
            )
        for one in self.benefit_ids.filtered(lambda one: one.grade_id == tier):
            texts["benefit", one.kind_id.id] = f"{one.kind_id.name}: {one.value:g}"
        return texts

    def _differing(self):
        """Ids of the enrollments that two simulations put into different tiers."""
        first, second = self
        found = [
            {line.enrollment_id.id: line.to_grade_id.id for line in one.line_ids}
            for one in (first, second)
        ]
        return [one for one in {**found[0], **found[1]} if found[0].get(one) != found[1].get(one)]

    def action_view_differing(self):
        """Open the partners that this simulation and the other one put into different tiers.

        :return: window action on ``prm.simulation.line``
        """
        self.ensure_one()
        self.check_access("read")
        pair = self | self.other_id
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "relationship_crm.prm_simulation_line_action"
        )
        differing = pair._differing() if len(pair) == 2 else []
        list_view = self.env.ref("relationship_crm.prm_simulation_line_view_list_differing")
        return action | {
            "name": self.env._("Partners That Differ"),
            "domain": [("simulation_id", "in", pair.ids), ("enrollment_id", "in", differing)],
            "views": [(list_view.id, "list"), (False, "kanban"), (False, "form")],
        }


def _way(before, after):
    """up, same or down, from two places in the order of the tiers (0 is the best)."""
    if before == after:
        return "same"
    return "up" if after < before else "down"

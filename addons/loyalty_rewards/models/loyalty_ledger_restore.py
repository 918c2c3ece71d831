from itertools import pairwise

from odoo import api, models

#: what the keys of reversals begin with that no document explains: other systems and staff, and
#: undone payments, which come again in their own way
OWN_WAY = ("api,", "in,api,", "unpaid,")


class LoyaltyLedger(models.AbstractModel):
    """A refund that is undone gives back what it took, and takes again what it returned.

    An order that holds again what it was lowered by gets back what that took.
    """

    _inherit = "loyalty.ledger"

    @api.model
    def _restore(self, orders, invoices):
        """Bring earnings and redemptions on documents to what they deserve, after fewer refunds.

        Never more than their refunds have moved before. Doing it again changes nothing.

        :param orders, invoices: recordsets, as superuser
        """
        self._flush_buffer()
        deserved = self._deserved(orders)
        entries = self.env["loyalty.ledger.entry"]
        causes = {cause: self._entries_of(cause) for cause in deserved}
        rules = self._rule_entries(orders, invoices, all_states=True)
        entries = entries.union(rules, *causes.values())
        entries.card_id._bump()
        left, moved = entries._points_left(), entries._points_moved_back()
        reason = self.env._("Refund undone")
        postings, replaced = self._prepare_restored_rules(rules, left, moved, reason)
        for cause, own in causes.items():
            missing = abs(deserved[cause]) - abs(sum(float(left.get(row, 0)) for row in own))
            postings += self._prepare_restored(own, round(missing, 2), moved, reason)
        self._post(postings, move=True)
        if replaced:
            self._cancel_entries(replaced.ids)
        if rules:
            orders |= invoices.line_ids.sale_line_ids.order_id
            self.env["loyalty.earning.rule"]._set_available(orders)

    @api.model
    def _follow_orders(self, orders):
        """Bring what rules gave for confirmed orders to what those deserve as they are now.

        Lowered ones lose points, those raised again get them back, never more than they earned.
        Doing it again changes nothing. Core's own rules give points at the confirmation for good,
        as in Odoo.

        :param orders: recordset, as superuser
        """
        entries = self._rule_entries(orders, orders.env["account.move"], all_states=True)
        if not entries:
            return
        rules = self.env["loyalty.earning.rule"]
        entries.card_id._bump()
        rules._take_back_documents({(orders._name, id_) for id_ in orders.ids})
        entries = self._rule_entries(orders, orders.env["account.move"], all_states=True)
        postings, replaced = self._prepare_restored_rules(
            entries,
            entries._points_left(),
            entries._points_moved_back(),
            self.env._("Order changed"),
        )
        self._post(postings, move=True)
        if replaced:
            self._cancel_entries(replaced.ids)
        rules._set_available(orders)

    @api.model
    def _entries_of(self, cause):
        """Return the posted entries of a cause that no rule has made, the newest first."""
        card, model, res_id, kind = cause
        return self.env["loyalty.ledger.entry"].search(
            [
                ("card_id", "=", card),
                ("origin_model", "=", model),
                ("origin_id", "=", res_id),
                ("kind", "=", kind),
                ("state", "=", "posted"),
                ("rule_id", "=", False),
            ],
            order="id desc",
        )

    @api.model
    def _prepare_restored_rules(self, entries, left, moved, reason):
        """Return what brings earnings by rules to what their documents deserve.

        :param entries: of all states
        :param str reason: why points are given back
        :return: (postings, pending entries that some of them come instead of)
        """
        kept, postings, replaced = entries._points_deserved(), [], entries.browse()
        for own in entries.grouped(
            lambda row: (row.rule_id, row.origin_model, row.origin_id)
        ).values():
            chain = own._newest_chain()
            last = chain[-1:]
            missing = max(kept[row] for row in chain) - sum(float(left.get(row, 0)) for row in own)
            taken = chain._points_taken_waiting()
            if last.state == "posted":  # what came meanwhile is given back as posted points are
                moved[last] = moved.get(last, 0.0) - taken
            elif (points := round(min(missing, taken), 4)) > 0:
                missing -= points
                waits = last.filtered(lambda row: row.state == "pending")
                postings.append(chain._prepare_waiting_again(points + waits.points))
                replaced |= waits
            posted = own.filtered(lambda row: row.state == "posted")
            postings += self._prepare_restored(posted, round(missing, 4), moved, reason)
        return postings, replaced

    @api.model
    def _prepare_restored(self, entries, missing, moved, reason):
        """Return the postings that bring posted entries of one cause to what it deserves.

        :param float missing: how much that is, above zero
        :param dict moved: entry → what refunds have taken back of it, signed against it
        """
        postings = []
        for entry in entries.sorted("id", reverse=True):
            sign = 1 if entry.points > 0 else -1
            points = min(missing, round(-sign * moved.get(entry, 0.0), 4))
            if points > 0:
                missing = round(missing - points, 4)
                signed = sign * points
                postings.append(
                    {
                        "card_id": entry.card_id.id,
                        "kind": "reverse",
                        "points": signed,
                        "status_points": entry._status_of(signed),
                        "reverses_id": entry.id,
                        "origin_model": entry.origin_model,
                        "origin_id": entry.origin_id,
                        "rule_id": entry.rule_id.id,
                        "expires_on": entry.expires_on if signed > 0 else None,
                        "reason": reason,
                    }
                )
        return postings


class LoyaltyLedgerEntry(models.Model):
    _inherit = "loyalty.ledger.entry"

    def _points_moved_back(self):
        """Return {entry: points of it that documents took back}, signed against the entry."""
        result = {}
        for back in self.search([("reverses_id", "in", self.ids), ("state", "=", "posted")]):
            if not back.key.startswith(OWN_WAY):
                entry = back.reverses_id
                result[entry] = result.get(entry, 0.0) + back.points
        return result

    def _newest_chain(self):
        """Return those of these entries of one cause that follow the newest first one, in order."""
        newest = max(self, key=lambda row: row.id).key.partition(";")[0]
        return self.filtered(lambda row: row.key.partition(";")[0] == newest).sorted("id")

    def _points_taken_waiting(self):
        """Return the points that documents took of a chain of entries while they were pending.

        Less those that were given back; what somebody cancelled by hand no document took.
        """
        taken = [
            (0.0 if former.cancelled_by_id else former.points) - later.points
            for former, later in pairwise(self)
        ]
        return round(sum(taken), 4)

    def _prepare_waiting_again(self, points):
        """Return the posting of so many points that comes instead of the last of a chain."""
        first, last = self[:1], self[-1:]
        points = round(points, 4)
        return {
            **last._prepare_cause(),
            "card_id": last.card_id._stays().id,
            **last._prepare_instead(points, first._status_of(points)),
        }

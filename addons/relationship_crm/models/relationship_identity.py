from collections import defaultdict
from functools import lru_cache

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tools import SQL

from odoo.addons.phone_validation.tools import phone_validation

from ..lib import keys as forms
from ..lib.resolve import Holder, choose, keys_mistake, read_keys
from ..sql_rows import array

TYPES = [
    ("email", "E-mail"),
    ("phone", "Phone"),
    ("vat", "Tax ID"),
    ("domain", "Internet Domain"),
    ("device", "Device"),
    ("card", "Card"),
    ("external", "Other System"),
]
#: sets of keys in one call
MOST = 10_000
#: who may ask whom keys name
RESOLVERS = (
    "relationship_crm.group_user,relationship_crm.group_auditor,relationship_crm.group_integration"
)
#: source of the keys that are values of the contact's own fields
OWN = "contact"


@lru_cache(65536)
def normal_phone(number, country):
    """Return a phone number in E.164; '' when it can't be one in this country.

    :param str number: as typed
    :param str country: ISO code of the country in which a number without prefix is meant
    """
    try:
        number = phone_validation.phone_format(
            forms.clean_line(number), country or None, None, force_format="E164"
        )
    except UserError:
        return ""
    return number if number.startswith("+") and number[1:].isdigit() else ""


class RelationshipIdentity(models.Model):
    """A key by which a person or company is recognised: one row per key and contact who holds it.

    Values are kept in the one form that is compared (`lib/keys.py`). Keys that are values of the
    contact's own fields follow these fields (`relationship_identity_refresh.py`); all others stay.
    """

    _name = "relationship.identity"
    _description = "Identity Key"
    _inherit = "relationship.job"
    _order = "type, value, id"
    _log_access = False
    _rec_name = "value"

    partner_id = fields.Many2one(
        "res.partner", string="Contact", required=True, index=True, ondelete="cascade"
    )
    type = fields.Selection(TYPES, required=True)
    value = fields.Char(required=True)
    source = fields.Char(
        required=True,
        default="manual",
        readonly=True,
        help="Where the key was learned; 'contact' for the contact's own fields.",
    )
    first_seen = fields.Datetime(readonly=True, default=fields.Datetime.now)
    last_seen = fields.Datetime(
        readonly=True, default=fields.Datetime.now, help="Kept to within a day."
    )
    verified_on = fields.Datetime(
        string="Confirmed On", help="When the contact last confirmed that this is theirs."
    )
    shared = fields.Boolean(
        help="Many use it, such as the number of a switchboard: it names nobody by itself."
    )

    _key_unique = models.Constraint(
        "UNIQUE (type, value, partner_id)", "The contact holds this key already."
    )
    _shared_idx = models.Index("(type, value) WHERE shared")

    # ------------------------------------------------------------ by hand

    @api.model_create_multi
    def create(self, vals_list):
        """Bring values typed by a person into the form that is compared."""
        partners = self.env["res.partner"].browse(vals.get("partner_id") for vals in vals_list)
        for vals, partner in zip(vals_list, partners, strict=True):
            vals["value"] = self._normal_value(vals.get("type"), vals.get("value"), partner)
        found = super().create(vals_list)
        found._retry_pending(found.mapped(lambda key: (key.type, key.value)))
        return found

    def write(self, vals):
        """A key that many share is shared for everybody who holds it."""
        if {"type", "value", "partner_id"} & vals.keys():
            raise UserError(self.env._("A key is not edited. Delete it and add the right one."))
        keys = self
        if "shared" in vals:
            keys |= self._others_with_the_key()
        return super(RelationshipIdentity, keys).write(vals)

    def _others_with_the_key(self):
        """Return the rows of other contacts with the keys of these rows."""
        pairs = {(key.type, key.value) for key in self}
        found = self.search([("value", "in", [value for _type, value in pairs])])
        return found.filtered(lambda key: (key.type, key.value) in pairs)

    def action_confirm(self):
        """Note that the contacts confirmed these keys today."""
        self.write({"verified_on": fields.Datetime.now()})

    @api.model
    def _normal_value(self, kind, text, partner):
        """Return a typed value in the form that is compared.

        :raise ValidationError: it can't be what it is said to be
        """
        country = partner.country_id.code if kind == "vat" else self._country_of(partner)
        value = self._normal_values(kind, text, country or "")
        if len(value) != 1:
            label = dict(self._fields["type"]._description_selection(self.env)).get(kind, kind)
            raise ValidationError(
                self.env._(
                    "%(value)s cannot be a key of the type %(type)s.", value=text, type=label
                )
            )
        return value[0]

    @api.model
    def _normal_values(self, kind, text, country):
        """Return the keys of one type that a text holds: a list, empty where there is none."""
        if kind == "domain":
            return self._domains(text)
        if kind == "vat":
            value = forms.normal_vat(text, country)
            return [value] if value else []
        given = {kind: text or "", "country": country}
        if keys_mistake(given):
            return []
        return [value for _kind, value in read_keys(given, normal_phone)]

    @api.model
    def _country_of(self, partner):
        """Return the code of the country in which a contact's numbers are meant."""
        company = partner.company_id or self.env.company
        return (partner.country_id or company.country_id).code or ""

    # ------------------------------------------------------------ whom keys name

    @api.model
    @api.readonly
    def resolve(self, keys):
        """Return whom sets of keys name, as far as the caller may read these contacts.

        The strongest key that anybody holds decides: external, card, vat, email, phone, device.
        Keys marked as shared name nobody. Archived contacts are not found. Costs the same few
        queries however many sets are asked.

        :param list keys: up to 10,000 dicts of type → value or list of values, such as
            ``{"email": "ann@acme.example", "phone": "0477 12 34 56", "external": "shop:42"}``;
            ``country`` (two letters) says where numbers without prefix are from, default: the
            company's country
        :return: a dict for each set, in order, with ``contact_id`` (int, False when nobody is
            named), ``partner_id`` (int, the company the contact belongs to, or the contact itself),
            ``evidence`` (list of ``{"type", "value", "contact_id"}``: the keys that say so) and
            ``ambiguous`` (bool: others hold the deciding key too; the last confirmed, then the last
            seen holder was taken)
        :raise AccessError: the caller has no role that may ask
        :raise ValidationError: more than 10,000 sets, or one that is no set of keys
        """
        if not self.env.su and not self.env.user.has_groups(RESOLVERS):
            raise AccessError(self.env._("You may not ask whom identity keys name."))
        self._check_keys(keys)
        country = self.env.company.country_id.code or ""
        sets = [read_keys(given, normal_phone, country) for given in keys]
        return [self._match_values(match) for match in self._resolve(sets)]

    @api.model
    def _check_keys(self, keys):
        """Refuse what is no list of sets of keys, naming the first mistake."""
        if not isinstance(keys, list):
            raise ValidationError(self.env._("keys must be a list of objects."))
        if len(keys) > MOST:
            raise ValidationError(
                self.env._("%(count)s sets of keys are too many: send up to %(most)s at a time.",
                           count=len(keys), most=MOST)
            )  # fmt: skip
        for index, given in enumerate(keys):
            wrong = keys_mistake(given)
            if wrong:
                raise ValidationError(
                    self.env._("keys %(index)s: %(mistake)s", index=index, mistake=wrong)
                )

    @api.model
    def _resolve(self, sets):
        """Return a :class:`lib.resolve.Match` or None for each list of normalised keys."""
        holders = self._holders({key for keys in sets for key in keys})
        return [choose(keys, holders) for keys in sets]

    @api.model
    def _holders(self, keys):
        """Return {key: its holders, whom to prefer first}: one query.

        Holders are active contacts that the caller may read, of the current companies or of none.

        :param keys: iterable of (type, value)
        """
        if not keys:
            return {}
        self.flush_model()
        types, values = zip(*keys, strict=True)
        query = self.env["res.partner"].with_context(active_test=True)._search(self._in_companies())
        rows = self.env.execute_query(
            SQL(
                """
                SELECT key.type, key.value, res_partner.id, res_partner.commercial_partner_id
                  FROM %(partners)s
                  JOIN relationship_identity key ON key.partner_id = res_partner.id
                  JOIN unnest(%(types)s, %(values)s) AS wanted(type, value)
                    ON wanted.type = key.type AND wanted.value = key.value
                 WHERE %(readable)s
                   AND NOT EXISTS (SELECT FROM relationship_identity other
                                    WHERE other.shared AND other.type = wanted.type
                                      AND other.value = wanted.value)
                 ORDER BY key.verified_on DESC NULLS LAST, key.last_seen DESC NULLS LAST,
                          key.id DESC
                """,
                partners=query.from_clause,
                readable=query.where_clause or SQL("TRUE"),
                types=array(types, "text"),
                values=array(values, "text"),
            )
        )
        found = defaultdict(list)
        for kind, value, contact, family in rows:
            found[kind, value].append(Holder(contact, family))
        return found

    @api.model
    def _in_companies(self):
        """Return the domain of the contacts of the current companies, or of none."""
        companies = self.env.companies
        return [("company_id", "in", [False, *(companies | companies.parent_ids).ids])]

    @api.model
    def _match_values(self, match):
        """Return what :meth:`resolve` tells of one set."""
        if match is None:
            return {"contact_id": False, "partner_id": False, "evidence": [], "ambiguous": False}
        return {
            "contact_id": match.contact,
            "partner_id": match.family,
            "evidence": [
                {"type": kind, "value": value, "contact_id": contact}
                for (kind, value), contact in match.evidence
            ],
            "ambiguous": match.ambiguous,
        }

from collections import defaultdict

from odoo import api, fields, models
from odoo.tools import SQL

from ..lib import names

#: A token or sound held by more than this many in a country says nothing.
RARE = 50
#: Look-alikes of one name that are compared letter by letter, the most promising first.
COMPARED = 60
#: Before the words of a whole name, and before the beginnings of its words: in no word.
WHOLE, OUTLINE = " ", "~"
#: Comes after every other letter.
LAST = "\U0010ffff"


class RelationshipNameToken(models.Model):
    """The words of names, by which names that look alike are found without reading them all.

    One row for each word of a company's or private person's name (`lib/names.py`), one for the
    whole name, its words in one order, and one for the beginnings of its words. Rows of contacts
    follow the identity queue; those of opportunities without a contact are written when they are
    committed. Other addons add holders: a column, and its name in :meth:`_holder_columns`.
    """

    _name = "relationship.name.token"
    _description = "Word of a Name"
    _log_access = False
    _rec_name = "token"
    _order = "id"

    holder = fields.Selection(
        [("partner", "Contact"), ("lead", "Opportunity")], required=True, readonly=True
    )
    # the unique keys below begin with these columns: no index of their own
    partner_id = fields.Many2one("res.partner", "Contact", readonly=True, ondelete="cascade")
    lead_id = fields.Many2one("crm.lead", "Opportunity", readonly=True, ondelete="cascade")
    country_code = fields.Char(
        required=True, readonly=True, default="", help="Of the country; empty when it is unknown."
    )
    token = fields.Char(required=True, readonly=True)
    sound = fields.Char(readonly=True, help="The token without vowels.")

    _partner_unique = models.UniqueIndex("(partner_id, token) WHERE partner_id IS NOT NULL")
    _lead_unique = models.UniqueIndex("(lead_id, token) WHERE lead_id IS NOT NULL")
    # byte by byte whatever the database's language, so that beginnings are found, too
    _token_idx = models.Index("(holder, country_code, token varchar_pattern_ops)")
    _sound_idx = models.Index("(holder, country_code, sound) WHERE sound IS NOT NULL")

    @api.model
    def _holder_columns(self):
        """Hook: {holder: the column that names it}."""
        return {"partner": "partner_id", "lead": "lead_id"}

    # ------------------------------------------------------------ writing

    @api.model
    def _write_names(self, holder, name_of, everybody=()):
        """Make the tokens of these holders exactly those of their names: two statements.

        :param str holder: a key of :meth:`_holder_columns`
        :param dict name_of: {id: (name, country code)}
        :param everybody: ids whose rows are deleted where ``name_of`` names none for them
        """
        ids = list({*everybody, *name_of})
        if not ids:
            return
        rows = [row for owner, facts in name_of.items() for row in self._rows_of(owner, *facts)]
        owners, countries, tokens, sounds = map(list, zip(*rows, strict=True)) if rows else (
            [], [], [], []
        )  # fmt: skip
        self.env.cr.execute(
            SQL(
                """
                DELETE FROM relationship_name_token kept
                 WHERE kept.%(column)s = ANY(%(ids)s)
                   AND NOT EXISTS (SELECT FROM %(wanted)s
                                    WHERE wanted.owner = kept.%(column)s
                                      AND wanted.token = kept.token
                                      AND wanted.country = kept.country_code);
                INSERT INTO relationship_name_token
                       (holder, %(column)s, country_code, token, sound)
                SELECT %(holder)s, owner, country, token, nullif(sound, '') FROM %(wanted)s
                 ORDER BY owner, token
                    ON CONFLICT (%(column)s, token) WHERE %(column)s IS NOT NULL DO NOTHING
                """,
                column=SQL.identifier(self._holder_columns()[holder]),
                holder=holder,
                ids=ids,
                wanted=SQL(
                    "unnest(%s::int[], %s::text[], %s::text[], %s::text[])"
                    " AS wanted(owner, country, token, sound)",
                    owners,
                    countries,
                    tokens,
                    sounds,
                ),
            )
        )
        self.invalidate_model(flush=False)

    @api.model
    def _rows_of(self, owner, name, country):
        """The rows of one name: list of (owner, country code, token, sound)."""
        words = dict.fromkeys(names.tokens(name or ""))
        rows = [(word, names.sound(word)) for word in words]
        starts, sounds = names.outline(name or "")
        if words:
            rows.append((WHOLE + names.key(name), sounds))
        if starts:
            rows.append((OUTLINE + starts, ""))
        return [(owner, country or "", *row) for row in rows]

    @api.model
    def _merge_partners(self, src, dst):
        """Rows of merged contacts go; those of the one that stays follow the identity queue."""
        self.env.cr.execute(
            SQL("DELETE FROM relationship_name_token WHERE partner_id = ANY(%s)", src.ids)
        )

    # ------------------------------------------------------------ finding

    @api.model
    def _look_alikes(self, wanted, least=names.SIMILAR, holders=None):
        """Who has a name like these, in the same country or in none: two statements for each kind.

        :param dict wanted: {anything: (name, country code)}
        :param float least: least similarity
        :param holders: which kinds of holders; default all
        :return: dict {the same: {(holder, id): similarity}}
        """
        near = self._near(wanted, holders or list(self._holder_columns()))
        kept = self._names_of({found for some in near.values() for found in some})
        result = {}
        for one, found in near.items():
            mine = tuple(names.key(wanted[one][0]).split())
            alike = {him: names.similarity(mine, kept[him]) for him in found if him in kept}
            result[one] = {him: score for him, score in alike.items() if score >= least}
        return result

    @api.model
    def _near(self, wanted, holders):
        """Who shares a rare word, sound or beginning with these names, or the whole name.

        :return: dict {key of ``wanted``: list of (holder, id), most in common first}
        """
        asked = defaultdict(set)  # probe → who asks
        for one, (name, country) in wanted.items():
            for kind, low, high in self._probes(name):
                for code in {country or "", ""}:
                    asked[code, kind, low, high].add(one)
        common = {one: defaultdict(int) for one in wanted}
        for probe, holder, owner in self._hits(list(asked), holders):
            for one in asked[probe]:
                # what all words have in common says more than one word
                common[one][holder, owner] += 3 if {WHOLE, OUTLINE} & set(probe[2]) else 1
        return {
            one: sorted(found, key=lambda him, n=found: (-n[him], him))[:COMPARED]
            for one, found in common.items()
        }

    @api.model
    def _probes(self, name):
        """What is looked up for a name: list of (kind, from, to)."""
        key, words, starts, sounds = names.probes(name or "")
        if not words:
            return []
        outline, whole_sound = names.outline(name)
        wholes = [WHOLE + key, *([OUTLINE + outline] if outline else [])]
        sounds = [*sounds, *([whole_sound] if whole_sound else [])]
        return [
            *(("token", whole, whole) for whole in wholes),
            *(("token", word, word) for word in words),
            *(("token", start, start + LAST) for start in starts),
            *(("sound", sound, sound) for sound in sounds),
        ]

    @api.model
    def _hits(self, probes, holders):
        """Holders of what is looked up, where it is rare: list of (probe, holder, id)."""
        if not probes:
            return []
        self.flush_model()
        columns = self._holder_columns()
        owner = SQL("coalesce(%s)", SQL(", ").join(SQL.identifier(c) for c in columns.values()))
        rows = self.env.execute_query(
            SQL(
                """
                SELECT probe.place::int, kind.holder, hit.owner, hit.owners
                  FROM unnest(%(codes)s::text[], %(kinds)s::text[], %(lows)s::text[],
                              %(highs)s::text[])
                       WITH ORDINALITY AS probe(code, kind, low, high, place)
                 CROSS JOIN unnest(%(holders)s::text[]) AS kind(holder)
                 CROSS JOIN LATERAL (
                    SELECT few.owner, count(*) OVER () AS owners FROM (
                        (SELECT %(owner)s AS owner FROM relationship_name_token
                          WHERE probe.kind = 'token' AND holder = kind.holder
                            AND country_code = probe.code
                            AND token ~>=~ probe.low AND token ~<=~ probe.high
                          LIMIT %(limit)s)
                         UNION ALL
                        (SELECT %(owner)s FROM relationship_name_token
                          WHERE probe.kind = 'sound' AND holder = kind.holder
                            AND country_code = probe.code AND sound = probe.low
                          LIMIT %(limit)s)) few) hit
                 WHERE hit.owners <= %(rare)s
                """,
                codes=[probe[0] for probe in probes],
                kinds=[probe[1] for probe in probes],
                lows=[probe[2] for probe in probes],
                highs=[probe[3] for probe in probes],
                holders=holders,
                owner=owner,
                limit=RARE + 1,
                rare=RARE,
            )
        )
        return [(probes[place - 1], holder, owner) for place, holder, owner, _n in rows]

    @api.model
    def _names_of(self, found):
        """The words of holders' names, one query for each kind: {(holder, id): words}."""
        ids = defaultdict(list)
        for holder, owner in found:
            ids[holder].append(owner)
        result = {}
        for holder, owners in ids.items():
            column = SQL.identifier(self._holder_columns()[holder])
            rows = self.env.execute_query(
                SQL(
                    "SELECT %s, token FROM relationship_name_token"
                    " WHERE %s = ANY(%s) AND starts_with(token, ' ')",
                    column,
                    column,
                    owners,
                )
            )
            result.update({(holder, owner): tuple(text.split()) for owner, text in rows})
        return result

"""What kind of company the demo is: who buys what how often, and who works with whom.

Names are those of the demo records, without prefix and ``_demo``.

>>> {product for basket in BASKETS.values() for product, *_rest in basket} <= set(PRICES)
True
>>> {buyer.taste for buyer in BUYERS.values()} == set(BASKETS)
True
>>> {buyer.through for buyer in BUYERS.values() if buyer.through} <= set(PARTNERS)
True
"""

from __future__ import annotations

from typing import NamedTuple

#: product → list price, only to know which orders are large
PRICES = {
    "licence": 240, "personal": 59, "till": 180, "analytics": 90, "shop": 690, "onboarding": 2400,
    "migration": 950, "training": 1100, "course": 79, "support": 1200, "plus": 3600,
    "terminal": 640, "scanner": 145, "printer": 210, "reader": 89,
}  # fmt: skip

#: kind of customer → (product, quantity for one of size 1, in how many of ten orders)
BASKETS: dict[str, tuple[tuple[str, int, int], ...]] = {
    "office": (
        ("licence", 6, 7), ("analytics", 3, 3), ("training", 1, 2), ("support", 1, 2),
        ("migration", 2, 1),
    ),
    "shop": (
        ("till", 3, 6), ("terminal", 2, 4), ("scanner", 3, 4), ("printer", 2, 3),
        ("reader", 2, 3), ("shop", 1, 2),
    ),
    "plant": (
        ("licence", 10, 6), ("scanner", 12, 4), ("printer", 4, 3), ("training", 2, 3),
        ("plus", 1, 2), ("analytics", 5, 2),
    ),
    "home": (("personal", 1, 8), ("course", 1, 4), ("reader", 1, 1)),
}  # fmt: skip


class Buyer(NamedTuple):
    """A customer's habits."""

    #: key of ``BASKETS``
    taste: str
    #: number of orders in the last twelve months
    orders: int
    #: 1 buys small, 5 buys large
    size: int = 1
    #: days since the first purchase
    since: int = 365
    #: partner who sells to them, if any
    through: str | None = None
    #: part of the year in which they stopped buying: 1 goes on, 0.5 stopped half a year ago
    stays: float = 1.0


BUYERS = {
    "lindenhof": Buyer("shop", 4, 2, through="nordlicht"),
    "hafenkontor": Buyer("office", 5, 4, through="nordlicht"),
    "isar": Buyer("office", 3, 2),
    "alpenblick": Buyer("shop", 4, 4, through="nordlicht"),
    "brunner": Buyer("shop", 5, 3),
    "beaumont": Buyer("office", 2, 1),
    "vignobles": Buyer("shop", 2, 1, stays=0.6),
    "torrini": Buyer("plant", 4, 3, through="lagoon"),
    "mercado": Buyer("shop", 4, 2, through="sierra"),
    "verde": Buyer("office", 3, 1, since=150),
    "kas": Buyer("plant", 3, 3),
    "ardenne": Buyer("plant", 2, 2, stays=0.5),
    "harrow": Buyer("office", 4, 4, through="highland"),
    "penrose": Buyer("shop", 4, 3, through="highland"),
    "clonmore": Buyer("plant", 3, 2, since=200),
    "zielony": Buyer("shop", 3, 2, through="baltic"),
    "fjall": Buyer("shop", 3, 2, through="baltic", since=240),
    "cedar": Buyer("office", 6, 5),
    "bluebird": Buyer("shop", 3, 1),
    "valle": Buyer("plant", 1, 1, stays=0.3),
    "waha": Buyer("shop", 5, 4, through="atlas"),
    "najd": Buyer("plant", 4, 3, through="atlas"),
    "nile": Buyer("plant", 2, 2),
    "petra": Buyer("office", 2, 1, stays=0.7),
    "zellige": Buyer("plant", 3, 3, through="rif"),
    "gom": Buyer("plant", 3, 2, through="lotus"),
    "maytim": Buyer("shop", 4, 1, through="lotus"),
    "bienngoc": Buyer("plant", 3, 3, through="mekong"),
    "keppra": Buyer("office", 4, 4),
    "sundara": Buyer("plant", 2, 2, since=120),
    "lagoon": Buyer("office", 2, 2),
    "highland": Buyer("office", 1, 2),
    "sofia": Buyer("home", 3),
    "lukas": Buyer("home", 2),
    "amira": Buyer("home", 4, since=300),
    "khalid": Buyer("home", 2, 2),
    "ha": Buyer("home", 3),
    "long": Buyer("home", 1, stays=0.4),
    "chi": Buyer("home", 2, since=90),
    "ingrid": Buyer("home", 2),
    "mateo": Buyer("home", 1, since=40),
    "chloe": Buyer("home", 5, 2),
    "oliver": Buyer("home", 2, stays=0.5),
    "noah": Buyer("home", 1),
    "zofia": Buyer("home", 3),
    "emily": Buyer("home", 2),
    "priya": Buyer("home", 4),
    "hannah": Buyer("home", 1, stays=0.2),
    "elias": Buyer("home", 2),
    "salma": Buyer("home", 3, since=180),
}

#: partner → program, tier, state, days since application, distributor; distributors come first
PARTNERS: dict[str, tuple[str, str | None, str, int, str | None]] = {
    "atlas": ("reseller", "silver", "active", 520, None),
    "nordlicht": ("reseller", "gold", "active", 700, None),
    "lagoon": ("reseller", "gold", "active", 610, None),
    "highland": ("reseller", "silver", "active", 430, None),
    "rif": ("reseller", "silver", "active", 390, "atlas"),
    "sierra": ("reseller", "bronze", "active", 260, None),
    "baltic": ("reseller", "bronze", "active", 330, "nordlicht"),
    "mekong": ("reseller", "bronze", "active", 300, "atlas"),
    "lotus": ("reseller", "bronze", "active", 210, None),
    "rosa": ("referral", None, "applied", 6, None),
}

#: who reads another language than the company's own
SPEAKERS = {
    "ar_001": (
        "waha", "waha_huda", "najd", "najd_reema", "najd_saad", "reem_layla", "reem_yusuf",
        "amira", "mona", "khalid", "salma", "nile_tarek", "petra_rania", "atlas_noor",
        "rif_yassine",
    ),
    "vi_VN": (
        "gom", "gom_hung", "gom_lien", "maytim", "maytim_khanh", "bienngoc", "bienngoc_tam",
        "tea_minh", "river_son", "mekong_phuong", "lotus_duc", "hoang", "ha", "long", "chi",
    ),
}  # fmt: skip

"""The story of the demo data: who bought, said and wished what, in days before today.

Names are those of the demo records, without prefix and ``_demo``. The companies here have a
history told by hand; those of ``demo_company`` buy as ``demo_year`` works out.

>>> {customer for customer, _stage, _days in STAGES} <= {customer for customer, *_sale in SALES}
True
>>> {outcome for *_sale, outcome in SALES} <= {"ordered", "invoiced", "paid", "refunded"}
True
"""

from __future__ import annotations

KEY_ACCOUNTS = ("klinik", "reem", "foods", "cedar", "keppra", "hafenkontor", "torrini")

#: customer, stage, days in it; a new customer is exploratory
STAGES = (
    ("klinik", "collaborative", 300),
    ("reem", "collaborative", 130),
    ("nordlicht", "interdependent", 170),
    ("foods", "collaborative", 200),
    ("tea", "basic", 240),
    ("steel", "basic", 100),
    ("river", "basic", 90),
    ("school", "basic", 470),
    ("bakery", "basic", 600),
    ("mona", "collaborative", 190),
    ("hoang", "basic", 140),
    ("peter", "basic", 550),
    ("julia", "basic", 60),
)

#: customer, days ago, product, quantity, sold through, what became of it
SALES = (
    ("klinik", 690, "onboarding", 1, None, "paid"),
    ("klinik", 680, "licence", 25, None, "paid"),
    ("klinik", 415, "support", 1, None, "paid"),
    ("klinik", 315, "licence", 30, None, "paid"),
    ("klinik", 60, "support", 1, None, "invoiced"),
    ("reem", 540, "onboarding", 2, "atlas", "paid"),
    ("reem", 500, "licence", 40, "atlas", "paid"),
    ("reem", 140, "licence", 45, "atlas", "paid"),
    ("reem", 35, "support", 2, "atlas", "invoiced"),
    ("tea", 260, "onboarding", 1, "mekong", "paid"),
    ("tea", 250, "licence", 8, "mekong", "paid"),
    ("tea", 20, "licence", 4, "mekong", "ordered"),
    ("foods", 600, "licence", 15, None, "paid"),
    ("foods", 410, "licence", 15, None, "paid"),
    ("foods", 230, "licence", 18, None, "refunded"),
    ("foods", 215, "licence", 12, None, "paid"),
    ("foods", 45, "support", 1, None, "paid"),
    ("bakery", 620, "licence", 2, None, "paid"),
    ("bakery", 330, "licence", 2, None, "paid"),
    ("steel", 120, "onboarding", 1, "atlas", "paid"),
    ("steel", 110, "licence", 20, "atlas", "paid"),
    ("river", 95, "licence", 6, None, "invoiced"),
    ("school", 480, "licence", 10, None, "paid"),
    ("nordlicht", 450, "licence", 50, None, "paid"),
    ("nordlicht", 180, "licence", 60, None, "paid"),
    ("nordlicht", 40, "licence", 20, None, "paid"),
    ("mona", 400, "personal", 1, None, "paid"),
    ("mona", 200, "personal", 1, None, "paid"),
    ("mona", 25, "personal", 2, None, "paid"),
    ("hoang", 150, "personal", 1, None, "paid"),
    ("hoang", 15, "personal", 1, None, "ordered"),
    ("peter", 560, "personal", 1, None, "paid"),
    ("julia", 70, "personal", 3, None, "paid"),
)

#: salesperson, customer, title, amount, state, days (until the deadline, or since the decision)
OPPORTUNITIES = (
    ("user", "klinik", "Second clinic: 40 more users", 9600, "open", 45),
    ("channel", "reem", "Loyalty for three hotels", 24000, "open", 80),
    ("user", "tea", "Franchise roll-out", 15000, "open", 120),
    ("user", "foods", "Stock planning for the new depot", 12500, "open", 30),
    ("user", "foods", "Training for the night shift", 3300, "won", 50),
    ("user", "school", "Renewal for the next school year", 2400, "lost", 100),
    ("channel", "steel", "Maintenance planning", 18000, "open", 60),
    ("user", "isar", "Second practice", 8400, "open", 25),
    ("manager", "cedar", "Four more clinics", 46000, "open", 90),
    ("manager", "keppra", "Analytics for the whole company", 21500, "open", 40),
    ("channel", "torrini", "Scanners for plant two", 17200, "open", 20),
    ("channel", "alpenblick", "Tills for the summer terraces", 9800, "open", 110),
    ("channel", "waha", "Six new pharmacies", 14600, "open", 35),
    ("channel", "harrow", "Support Plan Plus", 7200, "open", 15),
    ("user", "kas", "Greenhouse sensors and analytics", 12900, "open", 75),
    ("channel", "gom", "Export paperwork", 5200, "open", 55),
    ("user", "bluebird", "Till for the second café", 2300, "open", 10),
    ("manager", "brunner", "Shop in Zurich", 6900, "open", 65),
    ("channel", "zellige", "Labels in three languages", 4800, "open", -8),
    ("user", "petra", "Booking desk", 5600, "lost", 35),
    ("user", "ardenne", "Fleet planning", 16800, "lost", 140),
    ("channel", "zielony", "Web shop", 3900, "lost", 70),
    ("user", "valle", "Maintenance plan", 8800, "lost", 210),
    ("user", "vignobles", "Tasting room tills", 2700, "lost", 55),
    ("channel", "penrose", "Loyalty cards for the garden club", 6400, "lost", 20),
)

#: what lost opportunities were lost by, in turn: names of Odoo's own reasons
LOST_BY = ("lost_reason_1", "lost_reason_2", "lost_reason_3")

CHANNELS = {
    "call": "phone",
    "visit": "in_person",
    "letter": "post",
    "mail_in": "email",
    "mail_out": "email",
    "portal_login": "portal",
    "activity_done": None,
}

#: contact, days ago, kind, what it was about
CONTACTS = (
    ("klinik_anna", 700, "visit", "First meeting at the clinic"),
    ("klinik_jens", 670, "call", "Questions about the import of patient data"),
    ("klinik_anna", 430, "mail_in", "Asks for an offer for support"),
    ("klinik_anna", 320, "visit", "Yearly review: happy, plans a second clinic"),
    ("klinik_jens", 62, "call", "Slow search on Mondays, solved"),
    ("klinik_anna", 12, "call", "Second clinic: budget meeting next week"),
    ("klinik_anna", 3, "mail_out", "Offer for 40 more users"),
    ("reem_layla", 545, "visit", "Introduced by Atlas Trading"),
    ("reem_yusuf", 320, "call", "Front desks want shorter forms"),
    ("reem_layla", 150, "visit", "Renewal agreed over lunch"),
    ("reem_layla", 33, "mail_in", "Invoice address has changed"),
    ("reem_yusuf", 9, "portal_login", "Portal login"),
    ("tea_minh", 270, "visit", "Demo in the flagship shop"),
    ("tea_minh", 90, "call", "Asks about tills for franchise shops"),
    ("tea_minh", 18, "mail_in", "Sends the list of the next four shops"),
    ("foods_sarah", 610, "call", "First call after the trade fair"),
    ("foods_sarah", 232, "call", "Ordered too many licences"),
    ("foods_tom", 228, "mail_in", "Confirms the credit note"),
    ("foods_sarah", 100, "visit", "Walk through the new depot"),
    ("foods_sarah", 21, "activity_done", "Sent the training plan"),
    ("foods_tom", 5, "call", "Asks for quarterly invoices"),
    ("bakery_claire", 335, "call", "Renews, no time for a meeting"),
    ("bakery_claire", 190, "letter", "Season's greetings"),
    ("steel_fahad", 130, "visit", "Plant tour with Atlas Trading"),
    ("steel_fahad", 28, "mail_in", "Sends the maintenance calendar"),
    ("river_son", 105, "call", "Needs the licences before the holidays"),
    ("river_son", 40, "mail_out", "Reminder of the open invoice"),
    ("school_emma", 485, "visit", "Meeting with the bursar"),
    ("school_emma", 102, "call", "Goes with a cheaper offer"),
    ("nordlicht_kai", 460, "visit", "Partner day in Bremen"),
    ("nordlicht_kai", 75, "call", "Plans for the next quarter"),
    ("nordlicht_kai", 7, "mail_in", "Registers two new deals"),
    ("atlas_noor", 200, "visit", "Review of the year in Dubai"),
    ("atlas_noor", 30, "call", "Pipeline for the hotels"),
    ("mekong_phuong", 310, "call", "Wants to join the program"),
    ("mekong_phuong", 50, "mail_in", "Asks for price lists in Vietnamese"),
    ("rosa", 6, "mail_in", "Applies for the referral program"),
    ("mona", 198, "mail_in", "Thanks for the quick help"),
    ("hoang", 16, "call", "Upgrade to the new edition"),
    ("julia", 68, "mail_in", "Asks for an invoice on her name"),
)

#: customer, contact, topic, kind, importance, state, days since confirmed, source
NEEDS = (
    ("klinik", "klinik_anna", "Second clinic on the same records", "need", "3", "open", 12, "Call"),
    ("klinik", "klinik_jens", "Single sign-on", "need", "2", "open", 62, "Call"),
    (
        "klinik",
        "klinik_anna",
        "Visits only in the afternoon",
        "preference",
        "0",
        "open",
        320,
        "Visit",
    ),
    ("reem", "reem_yusuf", "Shorter forms at the front desk", "need", "2", "met", 150, "Call"),
    ("reem", "reem_layla", "Reports in Arabic", "need", "3", "open", 33, "E-mail"),
    ("tea", "tea_minh", "Tills for franchise shops", "need", "2", "open", 18, "E-mail"),
    ("foods", "foods_tom", "Quarterly invoices", "preference", "2", "open", 5, "Call"),
    ("foods", "foods_sarah", "Training for the night shift", "need", "2", "met", 50, "Visit"),
    ("steel", "steel_fahad", "Maintenance calendar", "need", "2", "open", 28, "E-mail"),
    ("river", "river_son", "Licences before the holidays", "need", "1", "open", 105, "Call"),
    ("school", "school_emma", "Price per pupil, not per user", "need", "2", "lost", 102, "Call"),
    ("mona", None, "Short texts, no calls", "preference", "0", "open", 198, "E-mail"),
    ("cedar", "cedar_ruth", "One contract for all clinics", "need", "3", "open", 20, "Visit"),
    ("cedar", "cedar_ben", "Single sign-on", "need", "2", "open", 48, "Call"),
    ("keppra", "keppra_wei", "Data stays in Singapore", "need", "3", "open", 70, "Visit"),
    ("torrini", "torrini_marco", "Scanners that survive oil", "need", "2", "met", 90, "Visit"),
    ("torrini", "torrini_elena", "One invoice a month", "preference", "1", "open", 15, "E-mail"),
    ("alpenblick", "alpenblick_resi", "Tills without network", "need", "2", "open", 200, "Call"),
    ("waha", "waha_huda", "Labels in Arabic and English", "need", "3", "open", 26, "Visit"),
    ("najd", "najd_saad", "Stock by workshop", "need", "2", "open", 110, "Visit"),
    ("gom", "gom_hung", "Export papers in English", "need", "2", "open", 44, "E-mail"),
    ("maytim", "maytim_khanh", "Points for regular readers", "need", "1", "open", 12, "Call"),
    ("penrose", "penrose_jack", "Cards for the garden club", "need", "2", "lost", 20, "Call"),
    ("fjall", "fjall_sara", "Returns in the web shop", "need", "2", "open", 210, "E-mail"),
    ("chloe", None, "Writes in French", "preference", "0", "open", 60, "E-mail"),
    ("priya", None, "A student price", "need", "1", "open", 31, "E-mail"),
)

#: customer, contact, subject, kind, channel, priority, opened days ago, steps taken, what was done
CASES = (
    ("foods", "foods_tom", "Invoice shows the old address", "request", "email", "1", 3, 0, ""),
    ("torrini", "torrini_marco", "Scanners lose connection", "complaint", "phone", "3", 2, 1, ""),
    ("waha", "waha_huda", "Label printer skips Arabic", "complaint", "email", "2", 9, 2, ""),
    ("klinik", "klinik_jens", "Search is slow on Mondays", "complaint", "phone", "2", 62, 4,
     "The index is now built at night."),
    ("cedar", "cedar_ben", "How to add a clinic?", "question", "phone", "0", 21, 4,
     "Sent the guide and did the first one together."),
    ("fjall", "fjall_sara", "Web shop shows sold-out goods", "complaint", "web", "2", 33, 3,
     "The stock is now read every minute."),
    ("bluebird", "bluebird_mia", "Please change our billing day", "request", "email", "1", 40, 4,
     "Invoices now come on the first of the month."),
    ("chloe", None, "Course does not start", "question", "web", "1", 5, 1, ""),
)  # fmt: skip

#: opportunity, activity, summary, days until it is due
ACTIVITIES = (
    ("Second clinic: 40 more users", "call", "Ask what the budget meeting said", 2),
    ("Loyalty for three hotels", "meeting", "Workshop at the hotel", 9),
    ("Franchise roll-out", "email", "Send the plan of the next four shops", 0),
    ("Stock planning for the new depot", "call", "Quarterly invoices agreed?", -1),
    ("Four more clinics", "meeting", "Meet the board", 14),
    ("Scanners for plant two", "email", "Offer with ten spare batteries", 1),
    ("Support Plan Plus", "call", "Decision this week", 3),
    ("Labels in three languages", "call", "Closing day has passed: still on?", -2),
)

#: contact, purpose, channel, state, days ago, source
CONSENTS = (
    ("klinik_anna", "marketing", "email", "granted", 690, "Order form"),
    ("reem_layla", "marketing", "email", "granted", 540, "Order form"),
    ("foods_tom", "marketing", "email", "granted", 600, "Trade fair"),
    ("foods_tom", "marketing", "email", "withdrawn", 230, "Letter"),
    ("mona", "marketing", "email", "granted", 400, "Shop"),
    ("mona", "marketing", "phone", "refused", 400, "Shop"),
    ("mona", "profiling", None, "granted", 400, "Shop"),
    ("hoang", "marketing", "email", "granted", 150, "Shop"),
    ("peter", "marketing", None, "refused", 560, "Shop"),
    ("julia", "loyalty", None, "granted", 70, "Shop"),
    ("cedar_ruth", "marketing", "email", "granted", 340, "Order form"),
    ("cedar_ben", "survey", None, "refused", 48, "Call"),
    ("torrini_marco", "marketing", "email", "granted", 330, "Trade fair"),
    ("waha_huda", "marketing", "email", "granted", 300, "Order form"),
    ("gom_hung", "marketing", "email", "granted", 200, "Order form"),
    ("harrow_olivia", "marketing", "phone", "refused", 250, "Call"),
    ("fjall_sara", "marketing", "email", "withdrawn", 90, "Link in a mail"),
    ("oliver", "survey", None, "refused", 190, "Letter"),
    ("sofia", "marketing", "email", "granted", 300, "Shop"),
    ("chloe", "marketing", "email", "granted", 310, "Shop"),
    ("chloe", "profiling", None, "granted", 310, "Shop"),
    ("ha", "marketing", "email", "granted", 280, "Shop"),
    ("amira", "marketing", "email", "granted", 260, "Shop"),
    ("amira", "profiling", None, "refused", 260, "Shop"),
    ("noah", "marketing", None, "refused", 120, "Shop"),
    ("zofia", "loyalty", None, "granted", 200, "Shop"),
    ("priya", "marketing", "email", "granted", 150, "Shop"),
)

#: tier → (metric, threshold, weight, must) of what it asks for within twelve months
TIERS: dict[str, tuple[tuple[str, float, float, bool], ...]] = {
    "gold": (("sold_revenue_invoiced", 60000, 3, True), ("active_customers", 3, 1, False)),
    "silver": (("sold_revenue_invoiced", 15000, 2, True), ("active_customers", 2, 1, False)),
    "bronze": (("sold_revenue_invoiced", 2000, 1, True),),
}

#: tier → {benefit: value}
BENEFITS: dict[str, dict[str, float]] = {
    "gold": {"protection_days": 120, "deal_discount": 15, "live_deal_cap": 50, "lead_weight": 5},
    "silver": {"protection_days": 90, "deal_discount": 10, "live_deal_cap": 25, "lead_weight": 3},
    "bronze": {"protection_days": 60, "deal_discount": 5, "live_deal_cap": 10, "lead_weight": 1},
}

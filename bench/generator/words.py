"""Names, places and number formats the generator draws from (plain data)."""

from __future__ import annotations

from typing import NamedTuple


class Country(NamedTuple):
    """One market: how often, who sells there, and how its people write things."""

    code: str  # ISO code, as in res.country
    weight: int  # share of customers
    company: int  # our selling company: 0 main, 1 Europe, 2 Vietnam
    currency: str  # what customers ask to pay in
    dial: str  # country calling code
    national: str  # national number, 9 = any digit
    tld: str
    legal: str  # usual legal form
    pool: str  # pool of personal names
    vat: str  # VAT number, 9 = any digit; empty = rarely given
    cities: tuple[str, ...]


COUNTRIES: tuple[Country, ...] = (
    Country("US", 30, 0, "USD", "1", "2122999999", "com", "Inc.", "west", "",
            ("New York", "Chicago", "Austin", "Seattle", "Boston", "Denver")),
    Country("DE", 14, 1, "EUR", "49", "30999999", "de", "GmbH", "west", "DE999999999",
            ("Berlin", "München", "Hamburg", "Köln", "Leipzig", "Stuttgart")),
    Country("VN", 16, 2, "VND", "84", "912999999", "vn", "Co., Ltd", "viet", "0399999999",
            ("Hà Nội", "Hồ Chí Minh", "Đà Nẵng", "Hải Phòng", "Cần Thơ", "Huế")),
    Country("FR", 8, 1, "EUR", "33", "142999999", "fr", "SARL", "west", "FR99999999999",
            ("Paris", "Lyon", "Marseille", "Lille", "Nantes", "Bordeaux")),
    Country("GB", 8, 1, "GBP", "44", "2079999999", "co.uk", "Ltd", "west", "GB999999999",
            ("London", "Leeds", "Bristol", "Glasgow", "Cardiff", "York")),
    Country("AE", 8, 0, "AED", "971", "501999999", "ae", "LLC", "arab", "100999999999993",
            ("Dubai", "Abu Dhabi", "Sharjah", "Ajman")),
    Country("SA", 6, 0, "SAR", "966", "501999999", "sa", "LLC", "arab", "300999999999993",
            ("Riyadh", "Jeddah", "Dammam", "Medina")),
    Country("ES", 4, 1, "EUR", "34", "912999999", "es", "S.L.", "west", "ESB99999999",
            ("Madrid", "Barcelona", "Valencia", "Sevilla")),
    Country("NL", 3, 1, "EUR", "31", "201999999", "nl", "B.V.", "west", "NL999999999B01",
            ("Amsterdam", "Rotterdam", "Utrecht", "Eindhoven")),
    Country("EG", 3, 0, "USD", "20", "1001999999", "eg", "LLC", "arab", "999999999",
            ("Cairo", "Alexandria", "Giza", "Luxor")),
)  # fmt: skip

# Units of a currency for one US dollar, before the monthly drift.
RATES = {"USD": 1.0, "EUR": 0.92, "GBP": 0.79, "VND": 25_000.0, "AED": 3.6725, "SAR": 3.75}

FIRST = {
    "west": """Anna Ben Clara David Emma Felix Greta Henry Ines Jonas Karla Liam Maria Noah Olivia
        Paul Quentin Rosa Simon Tessa Ulrich Vera Walter Yvonne Zoe Alice Bruno Chloe Daniel Elena
        Frank Grace Hugo Ida Jack Katja Lucas Mia Nina Oscar""",
    "viet": """An Bình Chi Dũng Giang Hà Hải Hạnh Hiếu Hoa Hùng Hương Khánh Lan Linh Long Mai Minh
        Nam Nga Ngọc Phong Phúc Phương Quân Quang Sơn Tâm Thảo Thu Trang Trung Tú Tuấn Vân Việt""",
    "arab": """Ahmed Aisha Ali Amal Bilal Dina Fahad Fatima Ghada Hala Hamad Hassan Huda Ibrahim
        Jamal Karim Khalid Layla Mariam Mona Nadia Noor Omar Rania Saad Salma Sami Tariq Yasmin
        Zaid""",
}

LAST = {
    "west": """Adler Baker Carter Dubois Evans Fischer Garcia Hoffmann Ibsen Jansen Keller Lambert
        Martin Novak Olsen Peters Quinn Richter Schmidt Taylor Ulmer Vogel Weber Young Zimmermann
        Becker Clarke Delgado Ellis Fournier Grant Hughes Irving Jones King Lopez Moreau Nielsen
        Ortiz Petit Roberts Silva Thomas Vidal Wagner Brandt Cohen Diaz Evers Frank""",
    "viet": """Nguyễn Trần Lê Phạm Hoàng Huỳnh Phan Vũ Võ Đặng Bùi Đỗ Hồ Ngô Dương Lý Đinh Trịnh
        Mai Cao""",
    "arab": """Abbas Al-Amin Al-Harbi Al-Mansoori Al-Otaibi Al-Qahtani Al-Rashid Al-Shehri Aziz
        Bakr Darwish Farouk Ghanem Haddad Hamdan Ismail Jaber Khoury Mahmoud Mansour Nasser Omari
        Qasim Rahman Saleh Shams Younis Zayed""",
}

STEMS = """Alta Arbo Argen Astra Auro Avan Azur Bala Bela Bora Brio Calda Cara Cedar Celo Cobalt
    Cora Cres Delta Dena Dora Echo Elba Ember Ensa Equi Esta Fala Fenn Ferro Fjord Flora Galo
    Gama Gavi
    Halo Hara Helio Hori Indi Inno Isar Jade Jura Kalo Kera Kinetic Kora Lago Lara Leva Lido Luma
    Luna Mara Mero Mira Mona Nava Neo Nexa Nima Nord Nova Oaken Octa Ola Omni Ora Orbi Pala Para
    Pera Pira Polar Prima Quanta Rava Rhea Riva Rona Saba Sala Sela Sola Stella Sura Tala Tera
    Tina Tora Tria Ulta Vala Vega Vena Vera Vira Vola Wela Xeno Yara Zeta"""

ENDS = """via tech nova line mark data soft form craft works gate bridge stone field wood path port
    link loop lab base cast core crest dale edge fall ford glow grid haven hub land light mill mine
    net park peak point rise rock sail shore star stream vale wave well wind"""

SECTORS = """Logistics Foods Textiles Energy Pharma Software Consulting Motors Steel Trading Optics
    Media Travel Security Farming Fisheries Furniture Printing Plastics Chemicals Electronics
    Machinery Tools Packaging Paper Glass Ceramics Cosmetics Toys Sports Books Music Health Dental
    Clinics Schools Hotels Catering Bakeries Coffee Tea Wines Water Solar Marine Aviation Rail
    Estates Finance Insurance"""

QUALIFIERS = """Group International North South East West Partners Brothers Holding Services Systems
    Industries Global Digital Green"""

FREEMAIL = ("gmail.com", "outlook.com", "yahoo.com", "icloud.com", "gmx.de")
STREETS = (
    "Main Street",
    "Station Road",
    "High Street",
    "Market Square",
    "Park Avenue",
    "Harbour Way",
)
FUNCTIONS = (
    "Buyer",
    "Chief executive",
    "Office manager",
    "Accountant",
    "Engineer",
    "Sales manager",
)
GOODS = ("Desk", "Chair", "Lamp", "Pump", "Valve", "Filter", "Sensor", "Cable", "Drill", "Printer",
         "Router", "Camera", "Scanner", "Battery", "Motor", "Panel", "Boiler", "Licence",
         "Training day", "Support hour")  # fmt: skip
CATEGORIES: dict[str, tuple[str, ...]] = {
    "Furniture": ("Desks", "Chairs", "Lighting"),
    "Industry": ("Pumps", "Sensors", "Drives"),
    "Electronics": ("Network", "Imaging", "Power"),
    "Services": ("Licences", "Training", "Support"),
}

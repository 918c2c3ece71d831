"""Keys by which a person or a company is recognised, brought into the one form that is compared.

Pure functions over text. Phone numbers are not here: they need the numbering plans that Odoo's
phone validation brings.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from urllib.parse import urlsplit

#: Hosts that many companies share: an address there names a person or a page, not a company.
SHARED_HOSTS = frozenset(
    """
    126.com 163.com aol.com duck.com facebook.com fb.com fastmail.com free.fr github.io gmail.com
    gmx.at gmx.ch gmx.com gmx.de gmx.net google.com googlemail.com hey.com hotmail.com hotmail.fr
    icloud.com inbox.com instagram.com laposte.net libero.it linkedin.com linktr.ee live.com
    mail.com mail.ru me.com msn.com naver.com orange.fr outlook.com outlook.fr outlook.sa
    pm.me proton.me protonmail.com qq.com rocketmail.com shopee.vn t-online.de telegram.me
    tiktok.com tutanota.com twitter.com vnn.vn wa.me web.de wordpress.com x.com yahoo.co.uk
    yahoo.com
    yahoo.com.vn yahoo.de yahoo.fr yandex.com yandex.ru ymail.com youtube.com zalo.me zoho.com
    """.split()
)

#: Prefixes of VAT numbers in Europe; Greece writes EL, Northern Ireland XI.
_VAT_PREFIXES = frozenset(
    (
        "AT BE BG CHE CY CZ DE DK EE EL ES FI FR GB HR HU IE IT LT LU LV MT NL NO PL PT RO SE SI SK"
        " XI"
    ).split()
)
_PREFIX_OF_COUNTRY = {"GR": "EL", "CH": "CHE"}
#: Words that Norway and Switzerland write after the number.
_VAT_SUFFIX = re.compile(r"(?<=\d)(MVA|MWST|TVA|IVA)$")
_VAT_BODY = re.compile(r"^[A-Z]{0,2}\d{7,12}[A-Z]{0,2}\d{0,3}$")
_LABEL = re.compile(r"^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?$")
_SCHEME = re.compile(r"^[a-z][a-z0-9+.-]*://", re.IGNORECASE)

_MAIL_LOCAL = re.compile(r'[^\s@<>"(),:;\[\]\\]{1,64}')
_MAIL_PARTS = re.compile(r"[,;\n]")
#: most addresses: nothing has to be done but to write them small
_MAIL_PLAIN = re.compile(
    r"[a-z0-9._+-]{1,64}@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.){1,4}[a-z]{2,24}"
)

VAT_MIN, VAT_MAX = 5, 24
EMAIL_MAX = 254
#: longest external id, card or device number
CODE_MAX = 200


def clean_text(value: object) -> str:
    """Text as typed, in composed form, without control characters (tab and newline stay), trimmed.

    >>> clean_text("  Café\\x00 Bar ")
    'Café Bar'
    >>> clean_text(None)
    ''
    """
    text = "" if value is None or value is False else str(value)
    if text.isascii() and text.isprintable():
        return text.strip()  # most of what comes in
    text = unicodedata.normalize("NFC", text)
    kept = (c for c in text if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cs"))
    return "".join(kept).strip()


def clean_line(value: object) -> str:
    """The same for one line: every run of white space becomes one space.

    >>> clean_line(" Acme \\n  Ltd ")
    'Acme Ltd'
    """
    text = clean_text(value)
    return " ".join(text.split()) if " " in text or not text.isprintable() else text


def compact_vat(vat: object, country_code: str = "") -> str:
    """A VAT number as one comparable word, in capitals, its country in front; '' without digits.

    :param vat: as typed, with any punctuation
    :param country_code: ISO code of the customer's country, used when the number names none

    >>> compact_vat("be 0477.472.701", "BE"), compact_vat("0477 472 701", "BE")
    ('BE0477472701', 'BE0477472701')
    >>> compact_vat("CHE-123.456.788 MWST", "CH"), compact_vat("123456788", "CH")
    ('CHE123456788', 'CHE123456788')
    >>> compact_vat("FR 40 303 265 045", "BE"), compact_vat("EL094259216", "GR")
    ('FR40303265045', 'EL094259216')
    >>> compact_vat("0101234567-001", "VN"), compact_vat("0101234567"), compact_vat("n/a", "VN")
    ('VN0101234567001', '0101234567', '')
    """
    text = clean_line(vat)
    if text.isascii():
        text = text.upper()
    else:
        text = unicodedata.normalize("NFKC", text).upper()
        # digits of any script (Arabic-Indic …) count as the digit they are
        text = "".join(str(unicodedata.digit(c)) if c.isdigit() else c for c in text)
    text = _VAT_SUFFIX.sub("", re.sub(r"[^A-Z0-9]", "", text))
    if not any(c.isdigit() for c in text):
        return ""
    country = country_code.upper()
    prefix = _PREFIX_OF_COUNTRY.get(country, country)
    if not prefix or text.startswith(prefix):
        return text
    if country != prefix and text.startswith(country):
        return prefix + text[len(country) :]
    return text if _named_prefix(text) else prefix + text


def _named_prefix(number: str) -> str:
    """The European prefix that a compact VAT number names; '' when it names none."""
    named = next((p for p in _VAT_PREFIXES if number.startswith(p)), "")
    return named if named and _VAT_BODY.match(number[len(named) :]) else ""


def needs_country(vat: object, country_code: str = "") -> bool:
    """True for a VAT number that names no country while none is chosen: it can't be compared.

    :param vat: as typed
    :param country_code: ISO code of the chosen country, '' for none

    >>> needs_country("0477472701"), needs_country("0477472701", "BE")
    (True, False)
    >>> needs_country("be 0477.472.701"), needs_country("EL094259216"), needs_country("")
    (False, False, False)
    """
    number = compact_vat(vat)
    return bool(number) and not country_code and not _named_prefix(number)


def other_country(vat: object, country_code: str = "") -> bool:
    """True for a VAT number whose European prefix contradicts the chosen European country.

    :param vat: as typed
    :param country_code: ISO code of the chosen country, '' for none

    >>> other_country("FR40303265045", "BE"), other_country("FR40303265045", "FR")
    (True, False)
    >>> other_country("EL094259216", "GR"), other_country("XI123456789", "GB")
    (False, False)
    >>> other_country("0477472701", "BE"), other_country("FR40303265045", "MC")
    (False, False)
    """
    chosen = _PREFIX_OF_COUNTRY.get(country_code.upper(), country_code.upper())
    named = _named_prefix(compact_vat(vat, country_code))
    if not named or chosen not in _VAT_PREFIXES or {named, chosen} <= {"GB", "XI"}:
        return False
    return named != chosen


def vat_error(vat: object) -> bool:
    """True when a VAT number was typed that can't be one: too short, too long, too few digits.

    >>> vat_error("BE0477472701"), vat_error("unknown"), vat_error("12"), vat_error("")
    (False, True, True, False)
    """
    if not clean_line(vat):
        return False
    number = compact_vat(vat)
    digits = sum(c.isdigit() for c in number)
    return digits < 4 or not VAT_MIN <= len(number) <= VAT_MAX


def domain_of(text: object) -> str:
    """The host that a web address, e-mail address or domain names; '' when it names none.

    Lower case, without `www.` and port, international names in their ASCII form.

    >>> domain_of("https://www.Acme.example:8080/shop?x=1"), domain_of("sales@acme.example")
    ('acme.example', 'acme.example')
    >>> domain_of("Bücher.example"), domain_of("not a domain"), domain_of("10.0.0.1")
    ('xn--bcher-kva.example', '', '')
    """
    value = clean_line(text)
    if not value or any(c.isspace() for c in value):
        return ""
    if "@" in value and not _SCHEME.match(value):
        value = value.rpartition("@")[2]
    if not _SCHEME.match(value):
        value = "//" + value
    try:
        host = urlsplit(value).hostname or ""
    except ValueError:
        return ""
    return ascii_host(host).removeprefix("www.") if "." in host.removeprefix("www.") else ""


@lru_cache(16384)
def ascii_host(host: str) -> str:
    """A host name in its ASCII form, lower case; '' for what is none, and for IP addresses.

    >>> ascii_host("Bücher.Example."), ascii_host("localhost"), ascii_host("10.0.0.1")
    ('xn--bcher-kva.example', '', '')
    """
    try:
        host = host.rstrip(".").encode("idna").decode("ascii").lower()
    except UnicodeError:
        return ""
    labels = host.split(".")
    good = len(labels) > 1 and all(map(_LABEL.match, labels)) and not labels[-1].isdigit()
    return host if good and len(host) <= 253 else ""


def is_shared_host(domain: str) -> bool:
    """True for mail providers and networks, whose addresses name no single company.

    >>> [is_shared_host(d) for d in ("gmail.com", "fr.linkedin.com", "acme.example")]
    [True, True, False]
    """
    labels = domain.split(".")
    return any(".".join(labels[i:]) in SHARED_HOSTS for i in range(len(labels) - 1))


def fold_name(name: object) -> str:
    """A name for comparing: no diacritics, no case, no punctuation, one space.

    >>> fold_name("  Công ty Đại-Phát, Ltd. "), fold_name("ÉLAN S.A.")
    ('cong ty dai phat ltd', 'elan sa')
    """
    text = unicodedata.normalize("NFKD", clean_line(name)).casefold().replace("đ", "d")
    text = "".join(c for c in text if not unicodedata.combining(c) and c not in ".'’")
    return " ".join(re.sub(r"[^\w]+", " ", text).split())


def normal_email(text: object) -> str:
    """One e-mail address in the form that is compared; '' when the text holds none or several.

    Lower case, without name and angle brackets, the domain in its ASCII form.

    >>> normal_email('"Zoé K." <ZOE@Bücher.example>'), normal_email(" a@b.example ")
    ('zoe@xn--bcher-kva.example', 'a@b.example')
    >>> normal_email("a@b.example, c@d.example"), normal_email("a@b"), normal_email(None)
    ('', '', '')
    """
    value = clean_line(text)
    if value.endswith(">") and "<" in value:
        value = value[value.rindex("<") + 1 : -1].strip()
    local, _at, domain = value.rpartition("@")
    if not _MAIL_LOCAL.fullmatch(local):
        return ""
    domain = ascii_host(domain)
    email = f"{local.casefold()}@{domain}"
    return email if domain and len(email) <= EMAIL_MAX else ""


def normal_emails(text: object) -> list[str]:
    """Every e-mail address of a field, which may hold several, each once, in their order.

    >>> normal_emails("Ann <ann@a.example>; BOB@a.example, ann@a.example"), normal_emails(False)
    (['ann@a.example', 'bob@a.example'], [])
    """
    if isinstance(text, str) and len(text) <= EMAIL_MAX and _MAIL_PLAIN.fullmatch(text.lower()):
        return [text.lower()]
    found = (normal_email(part) for part in _MAIL_PARTS.split(clean_text(text)))
    return list(dict.fromkeys(email for email in found if email))


def normal_vat(vat: object, country_code: str = "") -> str:
    """A VAT number in the form that is compared; '' for what can't be one.

    >>> normal_vat("be 0477.472.701"), normal_vat("0477472701", "BE"), normal_vat("none")
    ('BE0477472701', 'BE0477472701', '')
    """
    return "" if vat_error(vat) else compact_vat(vat, country_code)


def normal_card(text: object) -> str:
    """The number of a card: capitals, without spaces and hyphens.

    >>> normal_card(" 044f-9a1c 33 "), normal_card("-")
    ('044F9A1C33', '')
    """
    code = re.sub(r"[\s-]", "", clean_line(text)).upper()
    return code if len(code) <= CODE_MAX else ""


def normal_device(text: object) -> str:
    """The id of a device or browser, as it was given.

    >>> normal_device(" fp_8Zk "), normal_device("x" * 201)
    ('fp_8Zk', '')
    """
    code = clean_line(text)
    return code if len(code) <= CODE_MAX else ""


def normal_external(text: object) -> str:
    """The id in another system as `system:id`; the system in lower case, the id as it was given.

    >>> normal_external("Shop: 42"), normal_external("42"), normal_external("shop:")
    ('shop:42', '', '')
    """
    system, _colon, code = clean_line(text).partition(":")
    system, code = system.strip().casefold(), code.strip()
    return f"{system}:{code}" if system and code and len(system + code) < CODE_MAX else ""

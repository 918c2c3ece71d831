"""Keys of an end customer: what makes two registrations meet.

A *strong key* is a fact that names one company: its VAT number or its internet domain. Two
registrations that share one are about the same customer. Other keys make them meet, too, and weigh
what `verdicts.py` says. Everything here is a pure function over text; the models add the company
and the linked customer.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from odoo.addons.relationship_crm.lib import names
from odoo.addons.relationship_crm.lib.keys import (
    clean_line,
    clean_text,
    compact_vat,
    domain_of,
    fold_name,
    is_shared_host,
    needs_country,
    normal_emails,
    other_country,
    vat_error,
)
from odoo.addons.relationship_crm.lib.public_suffix import registrable_domain

from .verdicts import WEIGHTS

__all__ = [
    "claim_keys",
    "clean_line",
    "clean_text",
    "compact_vat",
    "domain_of",
    "fold_name",
    "is_shared_host",
    "key_value",
    "name_key",
    "needs_country",
    "normal_emails",
    "other_country",
    "strong_keys",
    "vat_error",
]


def strong_keys(
    company_id: int, vat: str = "", domain: str = "", customer_id: int = 0
) -> list[tuple[str, str]]:
    """The claim keys of one end customer, as (kind, key), in the order in which they are locked.

    :param company_id: the company that registers deals; every key belongs to one company
    :param vat: from :func:`compact_vat`
    :param domain: from :func:`domain_of`; a shared host is no key
    :param customer_id: the linked commercial partner, 0 for none

    >>> strong_keys(1, "BE0477472701", customer_id=7)
    [('customer', '1:customer:7'), ('vat', '1:vat:BE0477472701')]
    >>> strong_keys(1, domain="gmail.com")
    []
    """
    facts = {
        "vat": vat,
        "domain": "" if is_shared_host(domain) else domain,
        "customer": str(customer_id or ""),
    }
    return sorted((kind, f"{company_id}:{kind}:{value}") for kind, value in facts.items() if value)


def claim_keys(
    company_id: int,
    strong: Iterable[tuple[str, str]] = (),
    hosts: Iterable[str] = (),
    emails: Iterable[str] = (),
    phones: Iterable[str] = (),
    customers: Mapping[int, int] | None = None,
) -> dict[tuple[str, str], int | None]:
    """All keys that a registration claims: {(kind, key): how sure, None for as sure as its kind}.

    Whatever makes two registrations a conflict is among them, so that racing ones meet. A website
    below another claims that, too, as a part of it.

    :param strong: from :func:`strong_keys`
    :param hosts: of the website and of the e-mail address
    :param emails: in the form that is compared
    :param phones: in the form that is compared
    :param customers: contacts in the base that are probably the customer: {id: score}

    >>> claim_keys(1, hosts=["shop.acme.example"], emails=["a@acme.example"])
    ... # doctest: +NORMALIZE_WHITESPACE
    {('domain', '1:domain:shop.acme.example'): None, ('domain', '1:domain:acme.example'): 75,
     ('email', '1:email:a@acme.example'): None}
    >>> claim_keys(1, strong_keys(1, customer_id=7), customers={7: 80, 8: 90})
    {('customer', '1:customer:7'): None, ('customer', '1:customer:8'): 90}
    """
    keys: dict[tuple[str, str], int | None] = dict.fromkeys(strong)
    own = [host for host in hosts if not is_shared_host(host)]
    facts: list[tuple[str, object, int | None]] = [("domain", host, None) for host in own]
    facts += [("domain", registrable_domain(host), WEIGHTS["subdomain"]) for host in own]
    facts += [("email", email, None) for email in emails]
    facts += [("phone", phone, None) for phone in phones]
    facts += [("customer", known, score) for known, score in (customers or {}).items()]
    for kind, value, sure in facts:
        if value and not (kind == "domain" and is_shared_host(str(value))):
            keys.setdefault((kind, f"{company_id}:{kind}:{value}"), sure)
    return keys


def key_value(key: str) -> str:
    """What a claim key names, without company and kind.

    >>> key_value("1:vat:BE0477472701")
    'BE0477472701'
    """
    return key.split(":", 2)[2]


def name_key(company_id: int, country: str, name: str) -> tuple[str, str]:
    """The key at which two registrations of a company with this name in a country meet.

    Names are no proof that two companies are one: the key only makes racing registrations see each
    other, what their names mean for them is up to the check.

    :param country: code of the country, "" when unknown

    >>> name_key(1, "VN", "Công ty Đại-Phát")
    ('name', '1:name:VN:dai phat')
    """
    return "name", f"{company_id}:name:{country}:{names.key(name) or fold_name(name)}"

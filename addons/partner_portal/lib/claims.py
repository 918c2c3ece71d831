"""Strong keys of an end customer: what makes two registrations meet.

A *strong key* is a fact that names one company: its VAT number or its internet domain. Two
registrations that share one are about the same customer. Everything here is a pure function over
text; the models add the company and the linked customer.
"""

from __future__ import annotations

from odoo.addons.relationship_crm.lib.keys import (
    clean_line,
    clean_text,
    compact_vat,
    domain_of,
    fold_name,
    is_shared_host,
    needs_country,
    other_country,
    vat_error,
)

__all__ = [
    "clean_line",
    "clean_text",
    "compact_vat",
    "domain_of",
    "fold_name",
    "is_shared_host",
    "name_key",
    "needs_country",
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


def name_key(company_id: int, country: str, name: str) -> tuple[str, str]:
    """The key at which two registrations of a company with this name in a country meet.

    Names are no proof that two companies are one: the key only makes racing registrations see each
    other, what their names mean for them is up to the check.

    :param country: code of the country, "" when unknown

    >>> name_key(1, "VN", "Công ty Đại-Phát")
    ('name', '1:name:VN:cong ty dai phat')
    """
    return "name", f"{company_id}:name:{country}:{fold_name(name)}"

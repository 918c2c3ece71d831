"""Odoo's JSON-2 API as another system calls it, and values for it."""

import json

import requests


class Api:
    """Calls with the key of a person of `served_people.py`."""

    def __init__(self, served):
        self.served, self.session = served, requests.Session()

    def call(self, login, method, model="prm.deal", **parameters):
        """(status, body) of POST /json/2/<model>/<method>; an unknown login is used as the key."""
        answer = self.session.post(
            f"{self.served.url}/json/2/{model}/{method}",
            headers={
                "Authorization": f"bearer {self.served.keys.get(login, login)}",
                "Content-Type": "application/json",
            },
            data=json.dumps(parameters),  # also what is no JSON, such as NaN
            timeout=60,
        )
        return answer.status_code, answer.json()

    def ok(self, login, method, model="prm.deal", **parameters):
        """The body of a call that must succeed."""
        status, body = self.call(login, method, model, **parameters)
        assert status == 200, body
        return body

    def refused(self, login, method, model="prm.deal", **parameters):
        """(status, message) of a call that must be refused with a word to the caller."""
        status, body = self.call(login, method, model, **parameters)
        assert 400 <= status < 500, (status, body)
        assert body["message"].strip()
        return status, body["message"]


def vat(number):
    """A Belgian VAT number that is valid, another one for each number below a million."""
    digits = f"07{number:06d}"
    return f"BE{digits}{97 - int(digits) % 97:02d}"

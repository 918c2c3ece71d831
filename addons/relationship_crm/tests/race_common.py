"""Two steps at once on real connections, the second begun before the first is committed."""

import threading
from contextlib import contextmanager, suppress

from psycopg2.errors import SerializationFailure, UniqueViolation

from odoo import api
from odoo.exceptions import UserError
from odoo.sql_db import db_connect
from odoo.tests import BaseCase
from odoo.tests.common import get_db_name
from odoo.tools import mute_logger

TIMEOUT = 60
TRIES = 8
#: what Odoo keeps beside a record: table → column of the model's name
BESIDE = {"mail_activity": "res_model", "mail_message": "model", "mail_followers": "res_model"}


@contextmanager
def connection():
    """Give an environment on a connection of its own; what it does is committed at the end."""
    with db_connect(get_db_name()).cursor() as cr:
        yield api.Environment(cr, api.SUPERUSER_ID, {"tracking_disable": True})
        cr.commit()


def retrying(act, tries=TRIES):
    """Do something as Odoo does a request or job: anew after a serialization failure.

    :param act: function of an environment
    :return: what it returned in the run that came through
    """
    for _try in range(tries):
        with suppress(SerializationFailure), mute_logger("odoo.sql_db"), connection() as env:
            return act(env)
    raise AssertionError("no try came through")


class RaceCase(BaseCase):
    """What tests of races share; what they make, they delete themselves."""

    def _wipe(self, rows, ids):
        """Delete committed rows with what Odoo keeps beside them.

        :param rows: pairs of (model, SQL condition), those that refer to others in front; a model
            whose rows were taken out of use by a statement gives that as a whole: ("", SQL)
        :param dict ids: values of the conditions
        """
        with db_connect(get_db_name()).cursor() as cr:
            for model, where in rows:
                if not model:
                    cr.execute(where, ids)
                    continue
                table = model.replace(".", "_")
                for beside, column in BESIDE.items():
                    cr.execute(
                        f"DELETE FROM {beside} WHERE {column} = %(model)s AND res_id IN"
                        f" (SELECT id FROM {table} WHERE {where})",
                        {**ids, "model": model},
                    )
                cr.execute(f"DELETE FROM {table} WHERE {where}", ids)
            cr.commit()

    def _race(self, first, second, between=None):
        """Run two steps at once, the second begun before the first is committed.

        :param between: step that is committed before the second begins
        :return: how many times the second had to be run, and its error or None
        """
        began, outcome = threading.Event(), {"runs": 0, "error": None}
        racer = threading.Thread(target=self._second, args=(second, began, outcome))
        with connection() as env:
            first(env)
            env.flush_all()
            if between:
                retrying(between)
            racer.start()
            self.assertTrue(began.wait(TIMEOUT), "the second racer has its snapshot")
        racer.join(TIMEOUT)
        self.assertFalse(racer.is_alive())
        return outcome["runs"], outcome["error"]

    def _second(self, step, began, outcome):
        """Do a step as Odoo does a request: run it again after a serialization failure."""
        threading.current_thread().dbname = get_db_name()

        def act(env):
            outcome["runs"] += 1
            env.cr.execute("SELECT 1")  # from here on it sees the base as it is now
            began.set()
            step(env)

        try:
            retrying(act)
        except (AssertionError, UniqueViolation, UserError) as error:
            outcome["error"] = error

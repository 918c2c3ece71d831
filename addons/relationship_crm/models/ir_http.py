from functools import cache

from werkzeug.exceptions import UnprocessableEntity

from odoo import models
from odoo.http import request
from odoo.modules.module import Manifest

from ..lib import json_input

#: methods that take values of fields → the parameter that holds them
VALUES = {"create": "vals_list", "write": "vals", "web_save": "vals", "copy": "default"}


@cache
def builds_on_us(module):
    """Whether an addon is this one, or stands on it, directly or not."""
    manifest = Manifest.for_addon(module, display_warning=False) if module else None
    return module == "relationship_crm" or any(
        builds_on_us(name) for name in (manifest or {}).get("depends", ())
    )


def is_ours(model, method):
    """Whether a model comes with this suite, or else this method of a model of others.

    What every model has (create, write …) stays as its own module has it.
    """
    common = hasattr(models.BaseModel, method)
    function = None if common else getattr(type(model), method, None)
    parts = getattr(function, "__module__", "").split(".")
    written_in = parts[2] if parts[:2] == ["odoo", "addons"] else None
    return builds_on_us(model._original_module) or builds_on_us(written_in)


class IrHttp(models.AbstractModel):
    """Calls of the API on models of this suite: wrong input gets a clear answer (422).

    Odoo hands a value of a wrong type on until something breaks, which another system sees as an
    error of the server (500). Other models, but for methods that we add, are left alone.
    """

    _inherit = "ir.http"

    @classmethod
    def _dispatch(cls, endpoint):
        model = cls._json2_model()
        if model is not None:
            for wrong in cls._json2_mistakes(model, request.params):
                raise UnprocessableEntity(wrong)
        try:
            return super()._dispatch(endpoint)
        except ValueError as error:
            if model is None or not str(error).startswith("Expected singleton"):
                raise
            raise UnprocessableEntity("ids must name one record") from error

    @classmethod
    def _json2_model(cls):
        """The model of this suite that a call of the API is about; None for all other requests."""
        params = request.params
        if request.dispatcher.routing_type != "json2" or "__model__" not in params:
            return None
        model = request.env.get(params["__model__"])
        return model if model is not None and is_ours(model, params["__method__"]) else None

    @classmethod
    def _json2_mistakes(cls, model, params):
        """What is wrong with the call, one message after the other."""
        wrong = json_input.ids_mistake(params.get("ids", []))
        if wrong:
            yield wrong
        if not isinstance(params.get("context", {}), dict):
            yield "context must be an object"
        name = VALUES.get(params["__method__"])
        if name in params and (params[name] is not None or name != "default"):
            several = params["__method__"] == "create" and isinstance(params[name], list)
            for vals in params[name] if several else [params[name]]:
                yield from cls._json2_value_mistakes(model, name, vals)

    @classmethod
    def _json2_value_mistakes(cls, model, name, vals):
        """What is wrong with the values of one record."""
        if not isinstance(vals, dict):
            yield f"{name} must hold objects of field names and values"
            return
        for key, value in vals.items():
            field = model._fields.get(key)
            if field is None:
                yield f"{model._name} has no field {key!r}"
                continue
            allowed = field.get_values(model.env) if field.type == "selection" else ()
            wrong = json_input.mistake(field.type, value, allowed)
            if wrong:
                yield f"{key} {wrong}"

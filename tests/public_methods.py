"""The public methods of an addon: what others may call at `/json/2/<model>/<method>`."""

import inspect

from tools.paths import OURS


def module_of(cls):
    """The addon in which a class is written."""
    return getattr(cls, "__module__", "").removeprefix("odoo.addons.").split(".")[0]


def public_methods(env, addons=OURS):
    """{(model, method): function} of what these addons define and no module of Odoo does."""
    found = {}
    for model in env.values():
        bases = type(model).mro()
        for cls in bases:
            if module_of(cls) not in addons:
                continue
            below = bases[bases.index(cls) + 1 :]
            for name, function in vars(cls).items():
                if name.startswith("_") or not inspect.isfunction(function):
                    continue
                override = any(name in vars(b) and module_of(b) not in OURS for b in below)
                if not override and not getattr(function, "_api_private", False):
                    found.setdefault((model._name, name), function)
    return found


def parameters(function):
    """Names of the parameters of a method, without `self`."""
    return list(inspect.signature(function).parameters)[1:]


def needed(function):
    """Names of those that a caller must give."""
    given = inspect.signature(function).parameters.values()
    return [one.name for one in list(given)[1:] if one.default is one.empty]

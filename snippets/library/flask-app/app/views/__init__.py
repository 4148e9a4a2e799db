"""Every module beside this one is a part of the site, by the `blueprint` in it.

To add a page, add a module: nothing else changes.
"""

from importlib import import_module
from pkgutil import iter_modules

BLUEPRINTS = [import_module(f"{__name__}.{module.name}").blueprint for module in iter_modules(__path__)]

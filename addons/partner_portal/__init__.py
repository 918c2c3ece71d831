from . import models, wizard, controllers
from .hooks import uninstall_hook

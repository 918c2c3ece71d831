from . import models, wizard, controllers, report
from .hooks import post_init_hook, uninstall_hook

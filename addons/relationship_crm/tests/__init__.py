from . import test_api
from . import test_background
from . import test_groups
from . import test_i18n
from . import test_identity
from . import test_menus
from . import test_overview
from . import test_overview_tour

from . import test_earning_rules
from . import test_i18n
from . import test_ledger_core_flows
from . import test_overview

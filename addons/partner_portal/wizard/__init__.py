from . import portal_wizard
from . import prm_deal_reject
from . import prm_deal_ask
from . import prm_deal_import
from . import prm_deal_import_reasons

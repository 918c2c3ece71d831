from . import portal_wizard
from . import prm_deal_reject
from . import prm_deal_ask
from . import prm_deal_extend
from . import prm_lead_reassign
from . import prm_deal_import
from . import prm_deal_import_lookups
from . import prm_deal_import_reasons

from . import portal
from . import portal_deal

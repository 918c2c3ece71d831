from . import loyalty_card
from . import loyalty_rule
from . import pos_order

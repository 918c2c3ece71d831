from . import loyalty_earning_rule
from . import mail_message
from . import payment_transaction
from . import rating_rating

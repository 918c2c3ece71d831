from . import feedback_call_log
from . import feedback_link
from . import feedback_promoter_ask

from . import feedback_call_log
from . import feedback_link

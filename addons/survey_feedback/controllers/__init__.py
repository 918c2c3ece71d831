from . import feedback
from . import survey

from . import case
from . import export
from . import feedback
from . import interview
from . import kiosk
from . import portal
from . import receipt
from . import survey

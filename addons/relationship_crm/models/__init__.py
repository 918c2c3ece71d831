from . import ir_http
from . import relationship_overview

from . import relationship_overview

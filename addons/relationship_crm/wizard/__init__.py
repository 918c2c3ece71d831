from . import relationship_interaction_log

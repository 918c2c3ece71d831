from . import base_partner_merge
from . import relationship_interaction_log
from . import prm_enrollment_reason
from . import relationship_segment_add
from . import relationship_metric_preview
from . import prm_review_reason

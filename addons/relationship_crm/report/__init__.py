from . import relationship_report
from . import relationship_report_segment
from . import prm_report
from . import prm_scorecard_report

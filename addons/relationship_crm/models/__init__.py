from . import ir_http
from . import relationship_job
from . import relationship_job_failure
from . import relationship_overview
from . import relationship_queue

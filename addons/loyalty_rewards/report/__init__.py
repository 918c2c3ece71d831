from . import loyalty_report
from . import loyalty_statement

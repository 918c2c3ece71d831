from . import test_answer_page
from . import test_i18n
from . import test_overview
from . import test_questions
from . import test_race
from . import test_scores
from . import test_wave_draw
from . import test_wave_send

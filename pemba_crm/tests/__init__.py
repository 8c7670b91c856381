from . import test_groups
from . import test_pipeline_stages
from . import test_pipeline_tours
from . import test_rooms
from . import test_translations

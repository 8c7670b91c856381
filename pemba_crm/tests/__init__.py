from . import test_groups
from . import test_pipeline_stages
from . import test_pipeline_tours
from . import test_rooms
from . import test_translations
from . import test_territory_zones
from . import test_pipeline_rates
from . import test_pipeline_maturity

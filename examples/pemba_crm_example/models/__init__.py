from . import (
    axis,
    equipment,
    fact,
    price_index,
    rental,
    to_do,
)

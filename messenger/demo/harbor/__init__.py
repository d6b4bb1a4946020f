"""A week at Harbor & Pine: stoneware, wood and linen, and courses in the workshop by the water.

Maya leads, Tom sells and repairs, Inés answers in Spanish.
"""

from .long import LONG
from .running import RUNNING, WAITING
from .solved import SOLVED

STORIES = [*SOLVED, *LONG, *RUNNING, *WAITING]

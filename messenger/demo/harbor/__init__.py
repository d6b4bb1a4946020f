"""A week at Harbor & Pine: stoneware, wood and linen, and courses in the workshop by the water.

Maya leads, Tom sells and repairs, Inés answers in Spanish.
"""

import json
from pathlib import Path

from .assisted import ASSISTED
from .long import LONG
from .running import RUNNING, WAITING
from .solved import SOLVED

ARTICLES: list[dict[str, str]] = json.loads(Path(__file__).with_name("articles.json").read_text("utf-8"))
STORIES = [*SOLVED, *LONG, *RUNNING, *WAITING, *ASSISTED]

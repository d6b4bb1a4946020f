"""Who is answered what in the admin: kinds of pages, and for each model the kinds that it has.

A model is a line of MODELS, a page of its own a line of PAGES; until they are, `test_matrix` fails.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib.contenttypes.models import ContentType

from messenger.models import Contact

from .matrix import LOGIN, Answer, Door, Things

BELOW = "admin/messenger/"

# In the order of ROLES. The rival is an admin, too: of the rival.
OWN: tuple[Answer, ...] = (LOGIN, 403, 200, 200, 200, 403)
# The site answers what is not the viewer's like what does not exist: back to the index, which says so.
THING: tuple[Answer, ...] = (LOGIN, 403, 200, 200, 302, 403)
ROOT_ONLY: tuple[Answer, ...] = (LOGIN, 403, 403, 200, 403, 403)
# Nothing is removed here, and whether it exists is not said first.
REFUSED: tuple[Answer, ...] = (LOGIN, 403, 403, 403, 403, 403)
LED_ON: tuple[Answer, ...] = (LOGIN, 403, 302, 302, 302, 403)
MISSING: tuple[Answer, ...] = (LOGIN, 403, 404, 404, 404, 403)

# What a model's pages answer to GET, by the kind of model.
EDITED = {"": OWN, "add/": OWN, "change/": THING, "history/": THING, "delete/": REFUSED}
READ = {**EDITED, "add/": REFUSED}
ONE_PER_COMPANY = {**EDITED, "add/": ROOT_ONLY}
ACCOUNTS = {
    "": ROOT_ONLY,
    "add/": ROOT_ONLY,
    "change/": ROOT_ONLY,
    "history/": (LOGIN, 403, 302, 200, 302, 403),
    "delete/": REFUSED,
}

MODELS: dict[str, dict[str, tuple[Answer, ...]]] = {
    "agent": EDITED,
    "apitoken": EDITED,
    "article": EDITED,
    "attachment": READ,
    "auditentry": READ,
    "contact": READ,
    "contactmerge": READ,
    "conversation": READ,
    "cycle": READ,
    "device": READ,
    "draft": READ,
    "event": READ,
    "identitysecret": EDITED,
    "mention": READ,
    "message": READ,
    "participant": READ,
    "preference": READ,
    "rating": READ,
    "readstate": READ,
    "savedreply": EDITED,
    "savedview": READ,
    "seenstate": READ,
    "stream": READ,
    "tag": EDITED,
    "tagging": READ,
    "team": EDITED,
    "teammember": READ,
    "tenant": ONE_PER_COMPANY,
    "turn": READ,
    "user": ACCOUNTS,
    "verificationfailure": READ,
    "visit": READ,
    "visitortoken": READ,
    "widget": EDITED,
}


def _erasing(things: Things) -> dict[str, Any]:
    """Not sure yet: it is asked whether one is."""
    return {"action": "erase", "_selected_action": str(things["contact_id"])}


PAGES = {
    "GET admin/": Door(OWN),
    "GET admin/login/": Door((200, 200, 302, 302, 302, 200), names=False),
    "POST admin/logout/": Door((302, 403, LOGIN, LOGIN, LOGIN, 403)),
    "GET admin/password_change/": Door(OWN, names=False),
    "GET admin/password_change/done/": Door(OWN, names=False),
    "GET admin/autocomplete/": Door(OWN, query="?app_label=messenger&model_name=apitoken&field_name=agent"),
    "GET admin/delivery/": Door(OWN, names=False),
    "GET admin/jsi18n/": Door(OWN, names=False),
    "GET admin/r/<content_type_id>/<object_id>/": Door(MISSING),
    "GET admin/<app_label>/": Door(OWN, names=False),
    "GET admin/<url>": Door(MISSING),
    # Whoever chose nobody of theirs is led back to the list.
    f"POST {BELOW}contact/": Door((LOGIN, 403, 200, 200, 302, 403), body=_erasing),
    f"GET {BELOW}user/<id>/password/": Door(ROOT_ONLY),
    f"GET {BELOW}widget/<pk>/preview/": Door((LOGIN, 403, 200, 200, 404, 403)),
    f"GET {BELOW}widget/<pk>/look/": Door((LOGIN, 403, 200, 200, 404, 403)),
    f"GET {BELOW}widget/look/": Door(OWN, names=False),
}


def of_models() -> Iterator[tuple[str, Door]]:
    """The rows of MODELS: a list, a form, and four pages of an object."""
    for model, pages in MODELS.items():
        for page, answers in pages.items():
            route = f"{model}/{'<object_id>/' if page in _OF_ONE else ''}{page}"
            yield f"GET {BELOW}{route}", Door(answers, names=page != "add/")
        yield f"GET {BELOW}{model}/<object_id>/", Door(LED_ON)


_OF_ONE = ("change/", "history/", "delete/")
ADMIN = {**PAGES, **dict(of_models())}


def elsewhere() -> dict[str, Any]:
    """What fills the variables that are no object's."""
    kind = ContentType.objects.get_for_model(Contact).pk
    return {"content_type_id": kind, "app_label": "messenger", "url": "nowhere"}

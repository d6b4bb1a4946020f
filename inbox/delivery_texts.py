"""What the self-test says of the browser that runs it."""

from __future__ import annotations

from django.utils.translation import gettext as _


def delivery_texts() -> dict[str, str]:
    """Return the sentences by the names under which static/inbox/delivery.js knows them."""
    return {
        "good": _("Works"),
        "bad": _("Does not work"),
        "heard": _("A wake-up came back over this page's own socket in {ms} ms."),
        "refused": _("The socket was refused or cut off (code {code})."),
        "unheard": _("The socket is open, but a wake-up did not come back within 10 seconds."),
        "clock": _("This browser and the server are {s} s apart."),
    }

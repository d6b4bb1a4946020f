"""HTTP and sockets in one process."""

import os

from channels.routing import ProtocolTypeRouter
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "curbe.settings")
http = get_asgi_application()

from messenger.routing import websocket  # noqa: E402  Django's apps must be ready before consumers are imported.

application = ProtocolTypeRouter({"http": http, "websocket": websocket})

"""Where sockets are reached."""

from channels.routing import URLRouter
from channels.sessions import CookieMiddleware
from django.urls import path, re_path

from .consumers import InboxConsumer, MessengerConsumer, UnknownSocket

websocket = URLRouter(
    [
        path("ws/messenger", MessengerConsumer.as_asgi()),
        path("ws/inbox", CookieMiddleware(InboxConsumer.as_asgi())),
        re_path(r"", UnknownSocket.as_asgi()),
    ]
)

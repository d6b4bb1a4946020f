"""HTTP without sockets, for production workers behind a proxy that sends sockets elsewhere."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "curbe.settings")
application = get_wsgi_application()

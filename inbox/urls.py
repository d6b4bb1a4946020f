"""The agents' screens, below /inbox/."""

from django.urls import path

from . import views

app_name = "inbox"
_CONVERSATION = "c/<uuid:conversation_id>/"

urlpatterns = [
    path("", views.home, name="home"),
    path("login/", views.SignIn.as_view(), name="login"),
    path("logout/", views.SignOut.as_view(), name="logout"),
    path("tenant/", views.switch_tenant, name="tenant"),
    path("rows/", views.rows, name="rows"),
    path("live/", views.live, name="live"),
    path(_CONVERSATION, views.thread, name="thread"),
    path(f"{_CONVERSATION}older/", views.older, name="older"),
    path(f"{_CONVERSATION}assign/", views.assign, name="assign"),
    path(f"{_CONVERSATION}close/", views.close, name="close"),
    path(f"{_CONVERSATION}reopen/", views.reopen, name="reopen"),
    path("log/", views.log, name="log"),
    path("log/rows/", views.log_rows, name="log_rows"),
    path("log/live/", views.log_live, name="log_live"),
    path("log/<uuid:contact_id>/", views.timeline, name="timeline"),
]

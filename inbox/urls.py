"""The agents' screens, below /inbox/."""

from django.urls import path

from . import (
    article_views,
    delivery_views,
    people_views,
    report_views,
    search_views,
    settings_views,
    teamwork_views,
    views,
    welcome_views,
)

app_name = "inbox"
_CONVERSATION = "c/<uuid:conversation_id>/"
_PERSON = "p/<uuid:contact_id>/"

urlpatterns = [
    path("", views.home, name="home"),
    path("login/", views.SignIn.as_view(), name="login"),
    path("logout/", views.SignOut.as_view(), name="logout"),
    path("tenant/", views.switch_tenant, name="tenant"),
    path("rows/", views.rows, name="rows"),
    path("live/", views.live, name="live"),
    path(_CONVERSATION, views.thread, name="thread"),
    path(f"{_CONVERSATION}older/", views.older, name="older"),
    path(f"{_CONVERSATION}newer/", search_views.newer, name="newer"),
    path(f"{_CONVERSATION}assign/", views.assign, name="assign"),
    path(f"{_CONVERSATION}close/", views.close, name="close"),
    path(f"{_CONVERSATION}reopen/", views.reopen, name="reopen"),
    path(f"{_CONVERSATION}snooze/", teamwork_views.snooze, name="snooze"),
    path(f"{_CONVERSATION}tags/", teamwork_views.tag, name="tag"),
    path(f"{_CONVERSATION}tags/remove/", teamwork_views.untag, name="untag"),
    path(f"{_CONVERSATION}priority/", teamwork_views.priority, name="priority"),
    path(f"{_CONVERSATION}subject/", teamwork_views.subject, name="subject"),
    path(f"{_CONVERSATION}transcript/", people_views.mail, name="mail"),
    path(f"{_CONVERSATION}participants/", teamwork_views.invite, name="invite"),
    path(f"{_CONVERSATION}mute/", teamwork_views.mute, name="mute"),
    path("bulk/", teamwork_views.change_many, name="bulk"),
    path("saved/", teamwork_views.keep_view, name="keep_view"),
    path("saved/<uuid:view_id>/forget/", teamwork_views.forget_view, name="forget_view"),
    path("find/", teamwork_views.find, name="find"),
    path("search/", search_views.search, name="search"),
    path("search/hits/", search_views.hits, name="hits"),
    path("settings/", settings_views.settings, name="settings"),
    path("settings/availability/", settings_views.availability, name="availability"),
    path("settings/replies/", settings_views.replies, name="replies"),
    path("settings/replies/<uuid:reply_id>/", settings_views.reply, name="reply"),
    path("settings/replies/<uuid:reply_id>/forget/", settings_views.forget_reply, name="forget_reply"),
    path("articles/<slug:locale>/<slug:slug>/", article_views.article, name="article"),
    path("log/", views.log, name="log"),
    path("log/rows/", views.log_rows, name="log_rows"),
    path("log/live/", views.log_live, name="log_live"),
    path("log/<uuid:contact_id>/", views.timeline, name="timeline"),
    path(f"{_PERSON}traits/", people_views.traits, name="traits"),
    path(f"{_PERSON}block/", people_views.block, name="block"),
    path(f"{_PERSON}write/", people_views.write, name="write"),
    path(f"{_PERSON}export/", people_views.export, name="export"),
    path(f"{_PERSON}erase/", people_views.erase, name="erase"),
    path("settings/install/", welcome_views.installing, name="install"),
    path("settings/install/first-view/", welcome_views.first_view, name="first_view"),
    path("settings/delivery/", delivery_views.delivery, name="delivery"),
    path("settings/delivery/echo/", delivery_views.echo, name="delivery_echo"),
    path("reports/", report_views.report, name="reports"),
    path("reports/<slug:name>/", report_views.report, name="report"),
]

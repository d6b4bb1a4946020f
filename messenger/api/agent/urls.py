"""Routes of the agent API, below /api/inbox/."""

from django.urls import path

from ..polling import waiting_for_events
from . import article_views, availability_views, views

_CONVERSATION = "conversations/<uuid:conversation_id>"

urlpatterns = [
    path("me", views.MeView.as_view()),
    path("me/availability", availability_views.AvailabilityView.as_view()),
    path("office-hours", availability_views.OfficeHoursView.as_view()),
    path("snapshot", views.SnapshotView.as_view()),
    path("events", waiting_for_events(views.EventsView)),
    path("attachments", views.AttachmentsView.as_view()),
    path("attachments/<uuid:attachment_id>", views.AttachmentView.as_view()),
    path("articles", article_views.ArticlesView.as_view()),
    path("articles/<uuid:article_id>", article_views.ArticleView.as_view()),
    path("threads", views.ThreadsView.as_view()),
    path("threads/<uuid:contact_id>", views.ThreadView.as_view()),
    path("conversations", views.ConversationsView.as_view()),
    path(_CONVERSATION, views.ConversationView.as_view()),
    path(f"{_CONVERSATION}/messages", views.MessagesView.as_view()),
    path(f"{_CONVERSATION}/read", views.ReadView.as_view()),
    path(f"{_CONVERSATION}/unread", views.UnreadView.as_view()),
    path(f"{_CONVERSATION}/typing", views.TypingView.as_view()),
    path(f"{_CONVERSATION}/assign", views.AssignView.as_view()),
    path(f"{_CONVERSATION}/close", views.CloseView.as_view()),
    path(f"{_CONVERSATION}/reopen", views.ReopenView.as_view()),
]

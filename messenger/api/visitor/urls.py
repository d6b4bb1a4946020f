"""Routes of the visitor API, below /api/messenger/."""

from django.urls import path

from ..polling import waiting_for_events
from . import help_views, session_views, views

urlpatterns = [
    path("widgets/<uuid:widget_id>", views.WidgetView.as_view()),
    path("bootstrap", session_views.BootstrapView.as_view()),
    path("identify", session_views.IdentifyView.as_view()),
    path("shutdown", session_views.ShutdownView.as_view()),
    path("reset", session_views.ResetView.as_view()),
    path("visits", session_views.VisitsView.as_view()),
    path("profile", session_views.ProfileView.as_view()),
    path("conversations", views.ConversationsView.as_view()),
    path("conversations/<uuid:conversation_id>", views.ConversationView.as_view()),
    path("conversations/<uuid:conversation_id>/messages", views.MessagesView.as_view()),
    path("conversations/<uuid:conversation_id>/read", views.ReadView.as_view()),
    path("conversations/<uuid:conversation_id>/typing", views.TypingView.as_view()),
    path("conversations/<uuid:conversation_id>/close", views.CloseView.as_view()),
    path("conversations/<uuid:conversation_id>/handoff", views.HandOffView.as_view()),
    path("conversations/<uuid:conversation_id>/rating", views.RatingView.as_view()),
    path("conversations/<uuid:conversation_id>/transcript", views.TranscriptView.as_view()),
    path("attachments", views.AttachmentsView.as_view()),
    path("attachments/<uuid:attachment_id>", views.AttachmentView.as_view()),
    path("history", views.HistoryView.as_view()),
    path("articles", help_views.ArticlesView.as_view()),
    path("articles/<slug:slug>", help_views.ArticleView.as_view()),
    path("events", waiting_for_events(views.EventsView)),
]

"""Routes of the visitor API, below /api/messenger/."""

from django.urls import path

from . import views

urlpatterns = [
    path("widgets/<uuid:widget_id>", views.WidgetView.as_view()),
    path("bootstrap", views.BootstrapView.as_view()),
    path("visits", views.VisitsView.as_view()),
    path("profile", views.ProfileView.as_view()),
    path("conversations", views.ConversationsView.as_view()),
    path("conversations/<uuid:conversation_id>", views.ConversationView.as_view()),
    path("conversations/<uuid:conversation_id>/messages", views.MessagesView.as_view()),
    path("conversations/<uuid:conversation_id>/read", views.ReadView.as_view()),
    path("conversations/<uuid:conversation_id>/typing", views.TypingView.as_view()),
    path("history", views.HistoryView.as_view()),
]

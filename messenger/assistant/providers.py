"""Which provider answers: chosen by a setting, as Django chooses e-mail back ends."""

from __future__ import annotations

from functools import cache

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

from .protocol import Provider

# Paths rather than classes: one of them takes a second to import.
SHIPPED = {
    "articles": "messenger.assistant.articles.Articles",
    "openai": "messenger.assistant.chat_completions.ChatCompletions",
}
REMEDY = f"Set ASSISTANT_PROVIDER to {' or '.join(SHIPPED)}, or to the dotted path of a class that can be imported."


@cache
def get_provider() -> Provider:
    """Return the provider of ASSISTANT_PROVIDER. Raises ImproperlyConfigured with the remedy."""
    chosen = settings.ASSISTANT_PROVIDER
    try:
        provider: Provider = import_string(SHIPPED.get(chosen, chosen))()
    except ImportError as error:
        raise ImproperlyConfigured(f"There is no assistant's provider {chosen!r}. {REMEDY}") from error
    return provider

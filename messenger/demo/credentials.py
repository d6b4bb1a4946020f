"""What the demo's people sign in with: derived from SECRET_KEY, so the same every time and in no other clone."""

from __future__ import annotations

import base64

from django.utils.crypto import salted_hmac


def derived(name: str) -> str:
    """Return 256 bits for this name as 43 URL-safe characters."""
    return base64.urlsafe_b64encode(_digest(name)).decode().rstrip("=")


def password(email: str) -> str:
    """Return a password that can be read out: four groups of four letters and digits, 80 bits."""
    text = base64.b32encode(_digest(f"password/{email}")).decode().lower()
    return "-".join(text[i : i + 4] for i in range(0, 16, 4))


def api_token(slug: str) -> str:
    """Return the API token of the tenant's admin."""
    return f"cak_{derived(f'{slug}/api-token')}"


def identity_secret(slug: str) -> tuple[str, str]:
    """Return kid and secret with which the tenant's site signs its users."""
    return f"demo-{_digest(f'{slug}/kid').hex()[:6]}", f"cis_{derived(f'{slug}/identity-secret')}"


def _digest(name: str) -> bytes:
    return salted_hmac("curbe.demo", name, algorithm="sha256").digest()

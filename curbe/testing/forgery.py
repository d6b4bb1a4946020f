"""Tokens that no honest site would sign, and what is expected when somebody tries one."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from curbe.testing.cast import Browser, Company
from curbe.testing.ledger import everything, places_of
from messenger.models import VerificationFailure


def forged(header: dict[str, Any], claims: dict[str, Any] | str, secret: str, digest: Any = hashlib.sha256) -> str:
    """A JWT of exactly these parts, signed by HMAC whatever its header says; claims may be text that is no JSON."""
    payload = claims if isinstance(claims, str) else json.dumps(claims)
    signed = f"{in_base64(json.dumps(header))}.{in_base64(payload)}"
    return f"{signed}.{in_base64(hmac.new(secret.encode(), signed.encode(), digest).digest())}"


def in_base64(text: str | bytes) -> str:
    """URL-safe and without padding, as the parts of a JWT are."""
    raw = text.encode() if isinstance(text, str) else text
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def user_hash(secret: str, user_id: str) -> str:
    """hex(HMAC-SHA256(secret, user_id)), as a site without a JWT library makes it."""
    return hmac.new(secret.encode(), user_id.encode(), hashlib.sha256).hexdigest()


@contextmanager
def nothing_changes() -> Iterator[None]:
    """Asserts that every row of every table is as it was; only the verification log may have grown."""
    before = everything(but=[VerificationFailure])
    yield
    after = everything(but=[VerificationFailure])
    assert {name: rows for name, rows in after.items() if rows != before[name]} == {}


def assert_refused(company: Company, identity: dict[str, Any], code: str = "identity_proof_invalid") -> set[str]:
    """By every door, to a guest with a thread and to a browser never seen: 401 with the code, and nothing changed.

    Returns the reasons that the verification log gave, one line for each refusal; none of them holds the proof.
    """
    guest, stranger = company.browser(), Browser(widget=company.widget)
    guest.start("I was here before")
    before = set(VerificationFailure.objects.values_list("id", flat=True))
    with nothing_changes():
        answers = [guest.identify(**identity), guest.load(identity=identity), stranger.load(identity=identity)]
    for answer in answers:
        assert answer.status_code == 401, (answer.status_code, answer.content)
        assert answer.json()["errors"][0]["code"] == code, answer.content
        assert "session_token" not in answer.json()
    assert guest.texts() == ["I was here before"], "a refusal ends nobody's session"
    noted = VerificationFailure.objects.filter(tenant=company.tenant).exclude(id__in=before)
    assert noted.count() == len(answers)
    assert_kept_nowhere(str(identity.get("token", "")))
    return set(noted.values_list("fault", flat=True))


def assert_kept_nowhere(token: str) -> None:
    """Of a JWT that was refused, neither the payload nor the signature is in any table."""
    for part in token.split(".")[1:]:
        assert len(part) < 16 or places_of(part) == set()


def assert_accepted(company: Company, identity: dict[str, Any], user_id: str) -> dict[str, Any]:
    """By both doors: a session of that user. Returns the last snapshot."""
    browser = company.browser()
    answer = browser.identify(**identity)
    assert answer.status_code == 200, answer.content
    assert browser.contact.external_id == user_id
    snapshot = Browser(widget=company.widget).boot(identity=identity)
    assert snapshot["contact"]["id"] == answer.json()["contact"]["id"]
    assert snapshot["contact"]["type"] == "user"
    return snapshot

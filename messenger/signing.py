"""Pure functions over secrets: tokens, keyed hashes, encryption at rest. No database, no HTTP."""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
import uuid

from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.utils.crypto import salted_hmac

# 256 random bits are 43 characters of URL-safe base64; anything shorter was not made by our loader.
_DEVICE_ID = re.compile(r"[A-Za-z0-9_-]{43,128}")


def is_device_id(value: object) -> bool:
    """Whether the value has the form of a device id: 43 to 128 URL-safe characters."""
    return isinstance(value, str) and _DEVICE_ID.fullmatch(value) is not None


def device_key_hash(tenant_id: uuid.UUID, device_id: str) -> str:
    """Return the keyed hash of a device id: all the server ever keeps of it."""
    return _keyed("curbe.device", f"{tenant_id}|{device_id}")


def address_hash(tenant_id: uuid.UUID, address: str, day: str) -> str:
    """Return a keyed hash of a network address that changes every day: tells two visitors apart, names nobody."""
    return _keyed("curbe.address", f"{tenant_id}|{day}|{address}")


def new_token(prefix: str) -> str:
    """Return a random bearer token of 256 bits; the prefix tells people and scanners what it is."""
    return f"{prefix}_{secrets.token_urlsafe(32)}"


def token_hash(token: str) -> str:
    """Return what is stored of a bearer token. It has 256 random bits, so a plain hash cannot be guessed back."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def encrypt(secret: str) -> bytes:
    """Return the secret as it is stored at rest."""
    return _vault().encrypt(secret.encode())


def decrypt(ciphertext: bytes) -> str:
    """Return a secret encrypted by `encrypt` with the same SECRET_KEY; raises InvalidToken otherwise."""
    return _vault().decrypt(bytes(ciphertext)).decode()


def _keyed(purpose: str, value: str) -> str:
    return salted_hmac(purpose, value, secret=settings.PEPPER, algorithm="sha256").hexdigest()


def _vault() -> MultiFernet:
    """Encrypts with the present SECRET_KEY, and still reads what a former one encrypted."""
    return MultiFernet([_box(key) for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)])


def _box(secret_key: str) -> Fernet:
    key = salted_hmac("curbe.vault", "", secret=secret_key, algorithm="sha256").digest()
    return Fernet(base64.urlsafe_b64encode(key))

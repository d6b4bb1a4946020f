"""Signed identity: what a tenant's own server says of its user, checked. Pure: no database, no HTTP.

The rules are those of `identity-security.md`, "Signed identity". PyJWT verifies; what is added here are the limits
that a JWT library leaves to its user.
"""

from __future__ import annotations

import hashlib
import hmac
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import jwt
from django.utils import timezone

from .models import ProofFault
from .traits import MOST_ATTRIBUTES, TRAITS, is_attribute, is_plain

MOST_BYTES = 8 * 1024
LONGEST_LIFE = timedelta(hours=24)
LEEWAY = timedelta(seconds=60)
_MOST_USER_ID = 255

# Checked in this order, because some of PyJWT's errors are kinds of others.
_FAULTS: list[tuple[type[jwt.PyJWTError], ProofFault]] = [
    (jwt.ImmatureSignatureError, ProofFault.NOT_YET_VALID),
    (jwt.InvalidIssuedAtError, ProofFault.NOT_YET_VALID),
    (jwt.MissingRequiredClaimError, ProofFault.NO_EXPIRY),
    (jwt.InvalidAlgorithmError, ProofFault.WRONG_ALGORITHM),
    (jwt.PyJWTError, ProofFault.MALFORMED),
]


@dataclass(frozen=True, slots=True)
class Proof:
    """Who the tenant vouches for.

    A trait that is not in `traits` was not spoken of, one that is None was signed as having no value. `attributes` are
    all custom attributes, or None when they were not spoken of.
    """

    user_id: str
    traits: dict[str, str | None] = field(default_factory=dict)
    attributes: dict[str, Any] | None = None
    # The key that proved it: when that is given up for lost, so are its sessions.
    kid: str = ""


class ProofRefused(Exception):
    """The identity was not proven. `fault` is for the tenant's log, `kid` is what the header claimed.

    `user_id` is who was meant, where that is certain: announced without a proof, or signed in a token that has run out.
    """

    def __init__(self, fault: ProofFault, kid: str = "", *, user_id: str | None = None) -> None:
        super().__init__(fault.value)
        self.fault, self.kid, self.user_id = fault, kid, user_id


def verify_token(token: str, *, tenant_id: uuid.UUID, keys: Mapping[str, str]) -> Proof:
    """Return what a JWT proves, signed with one of the tenant's live secrets (by kid). Raises ProofRefused.

    HS256 only; `exp` required and at most 24 h away; 60 s of leeway; `aud`, when present, must be the tenant.
    """
    if len(token.encode("utf-8", "surrogatepass")) > MOST_BYTES:
        raise ProofRefused(ProofFault.TOO_LARGE)
    kid = _kid_of(token)
    try:
        claims, signed_with = _claims_of(token, _candidates(keys, kid))
        return _proven(claims, tenant_id, signed_with)
    except ProofRefused as refused:
        raise ProofRefused(refused.fault, kid or "", user_id=refused.user_id) from refused


def verify_user_hash(user_id: str, user_hash: str, *, keys: Mapping[str, str]) -> Proof:
    """Return what hex(HMAC-SHA256(secret, user_id)) proves: the user id and nothing else. Raises ProofRefused."""
    if not _is_user_id(user_id):
        raise ProofRefused(ProofFault.NO_USER_ID)
    if not keys:
        raise ProofRefused(ProofFault.NO_SECRET)
    given = user_hash.lower().encode("utf-8", "surrogatepass")
    for kid, key in keys.items():
        made = hmac.new(key.encode(), user_id.encode(), hashlib.sha256).hexdigest()
        if hmac.compare_digest(given, made.encode()):
            return Proof(user_id, kid=kid)
    raise ProofRefused(ProofFault.WRONG_USER_HASH)


def _kid_of(token: str) -> str | None:
    try:
        kid = jwt.get_unverified_header(token).get("kid")
    except jwt.PyJWTError as error:
        raise ProofRefused(ProofFault.MALFORMED) from error
    except (ValueError, RecursionError) as error:  # A header that is no text, or nested without end.
        raise ProofRefused(ProofFault.MALFORMED) from error
    if kid is not None and not (isinstance(kid, str) and is_plain(kid)):
        raise ProofRefused(ProofFault.MALFORMED)
    return kid


def _candidates(keys: Mapping[str, str], kid: str | None) -> Mapping[str, str]:
    """The secrets to try: the one the header names, or all live ones when it names none."""
    if not keys:
        raise ProofRefused(ProofFault.NO_SECRET)
    if kid is not None and kid not in keys:
        raise ProofRefused(ProofFault.UNKNOWN_KID)
    return {kid: keys[kid]} if kid is not None else keys


def _claims_of(token: str, candidates: Mapping[str, str]) -> tuple[dict[str, Any], str]:
    """The claims, and the kid of the secret that signed them."""
    for kid, key in candidates.items():
        try:
            return _decode(token, key), kid
        except jwt.InvalidSignatureError:
            continue  # Handled: the other live secret may be the one.
        except jwt.ExpiredSignatureError as error:
            raise ProofRefused(ProofFault.EXPIRED, user_id=_user_id(_expired(token, key))) from error
        except jwt.PyJWTError as error:
            raise ProofRefused(next(fault for kind, fault in _FAULTS if isinstance(error, kind))) from error
        except (ValueError, TypeError, OverflowError, RecursionError) as error:  # Claims that no JWT can have.
            raise ProofRefused(ProofFault.MALFORMED) from error
    raise ProofRefused(ProofFault.WRONG_SIGNATURE)


def _decode(token: str, key: str, **lenient: bool) -> dict[str, Any]:
    # `sub` and `aud` are looked at below, and other claims are nobody's business.
    unused = {"verify_aud": False, "verify_sub": False, "verify_jti": False, "verify_iss": False}
    options: Any = {"require": ["exp"], **unused, **lenient}
    claims: dict[str, Any] = jwt.decode(token, key, algorithms=["HS256"], leeway=LEEWAY, options=options)
    return claims


def _expired(token: str, key: str) -> dict[str, Any]:
    """The claims of a token whose signature holds and whose time is over."""
    try:
        return _decode(token, key, verify_exp=False)
    except jwt.PyJWTError:
        return {}  # Handled: whom it meant stays unknown.


def _proven(claims: dict[str, Any], tenant_id: uuid.UUID, kid: str) -> Proof:
    if _expiry(claims["exp"]) > timezone.now() + LONGEST_LIFE + LEEWAY:
        raise ProofRefused(ProofFault.EXPIRY_TOO_FAR)
    audience = claims.get("aud")
    if audience is not None and str(tenant_id) not in (audience if isinstance(audience, list) else [audience]):
        raise ProofRefused(ProofFault.WRONG_AUDIENCE)
    user_id = _user_id(claims)
    if user_id is None:
        raise ProofRefused(ProofFault.NO_USER_ID)
    return Proof(user_id, _traits(claims), _attributes(claims), kid)


def _user_id(claims: dict[str, Any]) -> str | None:
    """The claim `user_id`, else `sub`, as text; None when it cannot be one."""
    user_id = claims.get("sub") if claims.get("user_id") is None else claims["user_id"]
    if isinstance(user_id, int) and not isinstance(user_id, bool):
        user_id = str(user_id)
    return str(user_id) if _is_user_id(user_id) else None


def _expiry(exp: Any) -> datetime:
    if not isinstance(exp, int | float) or isinstance(exp, bool):
        raise ProofRefused(ProofFault.MALFORMED)  # PyJWT would take digits in quotes; a NumericDate is a number.
    try:
        return datetime.fromtimestamp(int(exp), tz=timezone.get_default_timezone())
    except (ValueError, OverflowError, OSError) as error:  # A year that no calendar has.
        raise ProofRefused(ProofFault.EXPIRY_TOO_FAR) from error


def _traits(claims: dict[str, Any]) -> dict[str, str | None]:
    """The signed traits. Other claims, such as role or tenant_id, are nobody's business here (S07)."""
    traits = {name: None if claims[name] == "" else claims[name] for name in TRAITS if name in claims}
    if not all(_is_trait(name, value) for name, value in traits.items()):
        raise ProofRefused(ProofFault.BAD_TRAITS)
    return traits


def _attributes(claims: dict[str, Any]) -> dict[str, Any] | None:
    """The signed custom attributes, none of which may take the name of a trait that has a meaning."""
    values = claims.get("attributes")
    if values is None:
        return None
    if not isinstance(values, dict) or len(values) > MOST_ATTRIBUTES or set(values) & set(TRAITS):
        raise ProofRefused(ProofFault.BAD_TRAITS)
    if not all(is_attribute(name, value) for name, value in values.items()):
        raise ProofRefused(ProofFault.BAD_TRAITS)
    return values


def _is_trait(name: str, value: Any) -> bool:
    return value is None or (isinstance(value, str) and len(value) <= TRAITS[name] and is_plain(value))


def _is_user_id(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= _MOST_USER_ID and bool(value.strip()) and is_plain(value)

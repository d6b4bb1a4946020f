"""Proofs as pure rules: what a tenant's signature vouches for, and that nothing else does, whatever is sent."""

from __future__ import annotations

import time
import uuid
from dataclasses import replace

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from messenger.models import ProofFault
from messenger.proofs import LEEWAY, LONGEST_LIFE, Proof, ProofRefused, verify_token, verify_user_hash

TENANT = uuid.uuid4()
OLD, NEW = "an old secret of more than 32 bytes", "a new secret of more than 32 bytes"
KEYS = {"old": OLD, "new": NEW}


def token(secret=NEW, kid="new", **claims):
    claims = {"user_id": "u-1", "exp": int(time.time()) + 60, **claims}
    headers = {"kid": kid} if kid else {}
    return jwt.encode({name: value for name, value in claims.items() if value is not ...}, secret, headers=headers)


def fault_of(text, keys=KEYS):
    with pytest.raises(ProofRefused) as refused:
        verify_token(text, tenant_id=TENANT, keys=keys)
    return refused.value.fault


def verified(text, keys=KEYS):
    """What it proves, but for the key that signed it."""
    return replace(verify_token(text, tenant_id=TENANT, keys=keys), kid="")


def test_the_user_is_user_id_or_else_sub_as_text():
    assert verified(token()) == Proof("u-1")
    assert verified(token(user_id=..., sub="u-2")) == Proof("u-2")
    assert verified(token(user_id="u-1", sub="u-2")) == Proof("u-1")
    assert verified(token(user_id=42)) == Proof("42")
    assert verified(token(user_id=..., sub=42)) == Proof("42")
    assert verified(token(user_id=None, sub="u-2")) == Proof("u-2")


@pytest.mark.parametrize("user_id", [..., "", "  ", None, True, 1.5, ["u-1"], "x" * 256, "a\0b"])
def test_what_cannot_be_a_user_id_proves_nobody(user_id):
    assert fault_of(token(user_id=user_id)) == ProofFault.NO_USER_ID
    assert verified(token(user_id="x" * 255)).user_id == "x" * 255


def test_both_live_secrets_are_tried_when_no_kid_is_named():
    assert verified(token(OLD, None)) == verified(token(NEW, None)) == Proof("u-1")
    assert fault_of(token(OLD, "new")) == ProofFault.WRONG_SIGNATURE
    assert fault_of(token("a third secret of more than 32 bytes", None)) == ProofFault.WRONG_SIGNATURE
    assert fault_of(token(NEW, "third")) == ProofFault.UNKNOWN_KID
    assert fault_of(token(), keys={}) == ProofFault.NO_SECRET


def test_its_life_is_at_most_a_day_with_a_minute_of_leeway_on_both_ends():
    now, slack, day = int(time.time()), int(LEEWAY.total_seconds()), int(LONGEST_LIFE.total_seconds())
    assert verified(token(exp=now - slack + 5))
    assert fault_of(token(exp=now - slack - 5)) == ProofFault.EXPIRED
    assert verified(token(exp=now + day + slack - 5))
    assert fault_of(token(exp=now + day + slack + 5)) == ProofFault.EXPIRY_TOO_FAR
    assert fault_of(token(exp=10**20)) == ProofFault.EXPIRY_TOO_FAR
    assert fault_of(token(exp=...)) == ProofFault.NO_EXPIRY
    assert fault_of(token(exp=str(now + 60))) == ProofFault.MALFORMED
    assert verified(token(nbf=now + slack - 5))
    assert fault_of(token(nbf=now + slack + 5)) == ProofFault.NOT_YET_VALID
    assert fault_of(token(iat=now + slack + 5)) == ProofFault.NOT_YET_VALID


def test_it_says_which_key_it_was():
    assert verify_token(token(OLD, None), tenant_id=TENANT, keys=KEYS).kid == "old"
    assert verify_token(token(NEW, "new"), tenant_id=TENANT, keys=KEYS).kid == "new"


def test_claims_that_nobody_asked_for_are_in_nobodys_way():
    assert verified(token(jti=5, role=["admin"])) == Proof("u-1")
    assert fault_of(token(jti=5, exp=1)) == ProofFault.EXPIRED


def test_an_expired_token_still_says_whom_it_meant_if_it_is_really_ours():
    for secret, user_id in ((NEW, "u-1"), ("a third secret of more than 32 bytes", None)):
        with pytest.raises(ProofRefused) as refused:
            verified(token(secret, exp=1))
        assert refused.value.user_id == user_id


def test_the_audience_when_there_is_one_is_the_tenant():
    assert verified(token(aud=str(TENANT))) == verified(token(aud=["other", str(TENANT)])) == Proof("u-1")
    wrong: list[object] = [str(uuid.uuid4()), [], "", 7]
    for audience in wrong:
        assert fault_of(token(aud=audience)) == ProofFault.WRONG_AUDIENCE


def test_signed_traits_are_kept_and_other_claims_are_not():
    proof = verified(token(name="Ana", email="", phone=None, attributes={"plan": "pro"}, role="admin", tenant_id="x"))
    assert proof == Proof("u-1", {"name": "Ana", "email": None, "phone": None}, {"plan": "pro"})
    assert verified(token(attributes={})).attributes == {}


@pytest.mark.parametrize(
    "claims",
    [
        {"name": "x" * 201},
        {"email": ["a@b.c"]},
        {"phone": 5},
        {"name": 0},
        {"email": []},
        {"name": "a\0b"},
        {"attributes": ["plan"]},
        {"attributes": "plan"},
        {"attributes": {"plan": {"nested": 1}}},
        {"attributes": {"x" * 65: 1}},
        {"attributes": {"email": "another way in"}},
        {"attributes": {str(i): i for i in range(51)}},
    ],
)
def test_traits_that_cannot_be_kept_are_said_to_be_so(claims):
    assert fault_of(token(**claims)) == ProofFault.BAD_TRAITS


def test_a_token_has_at_most_8_kb():
    assert verified(token(attributes={str(i): "x" * 100 for i in range(40)}))
    assert fault_of(token(attributes={str(i): "x" * 200 for i in range(40)})) == ProofFault.TOO_LARGE


@given(st.text(max_size=200) | st.binary(max_size=200).map(lambda raw: raw.decode("latin-1")))
def test_whatever_else_is_sent_is_refused_and_nothing_worse(text):
    assert fault_of(text) in {ProofFault.MALFORMED, ProofFault.WRONG_ALGORITHM}


@given(st.integers(min_value=0), st.characters(categories=["L", "N"]))
def test_a_token_with_one_letter_changed_is_no_proof(place, letter):
    """Of the last letter of a signature some bits mean nothing: what decodes to the same is the same."""
    text = token()
    place %= len(text) - 1
    changed = text[:place] + letter + text[place + 1 :]
    if changed != text:
        assert fault_of(changed)


@given(st.text(min_size=1, max_size=300), st.text(max_size=100))
def test_no_text_is_a_user_hash_by_chance(user_id, user_hash):
    with pytest.raises(ProofRefused):
        verify_user_hash(user_id, user_hash, keys=KEYS)


def test_without_a_secret_a_user_hash_proves_nothing_and_the_log_says_why():
    with pytest.raises(ProofRefused) as refused:
        verify_user_hash("u-1", "0" * 64, keys={})
    assert refused.value.fault == ProofFault.NO_SECRET


def test_a_user_hash_of_either_secret_is_accepted_in_any_case():
    import hashlib
    import hmac

    for secret in KEYS.values():
        made = hmac.new(secret.encode(), b"u-1", hashlib.sha256).hexdigest()
        assert verify_user_hash("u-1", made, keys=KEYS) == verify_user_hash("u-1", made.upper(), keys=KEYS)
        with pytest.raises(ProofRefused):
            verify_user_hash("u-2", made, keys=KEYS)

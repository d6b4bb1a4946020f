"""Abuse cases of `identity-security.md`, proofs: each with a control showing that the right proof is accepted."""

from __future__ import annotations

import hashlib
import time
import uuid
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from curbe.testing.cast import Browser, proof
from curbe.testing.forgery import assert_accepted, assert_refused, forged, nothing_changes, user_hash
from curbe.testing.ledger import everything, places_of
from messenger import actions
from messenger.models import Contact, ContactMerge, Device, Tenant, VerificationFailure

pytestmark = pytest.mark.django_db

DAY_S = 24 * 3600


def signed(company, header=None, digest=hashlib.sha256, **claims):
    """With the site's own secret, but whatever header and claims."""
    kid, secret = company.signs_with()
    payload = {"user_id": "grace", "exp": int(time.time()) + 300, **claims}
    return forged({"alg": "HS256", "typ": "JWT", "kid": kid, **(header or {})}, payload, secret, digest)


@pytest.fixture
def hashing(harbor):
    """Harbor, which accepts `user_hash`, and its secret."""
    Tenant.objects.filter(id=harbor.tenant.id).update(accepts_user_hash=True)
    return harbor, harbor.signs_with()[1]


# S01


def test_s01_a_forged_hash_is_refused_and_no_trait_changes(hashing):
    harbor, secret = hashing
    grace = harbor.known("grace", "My own words", name="Grace", email="grace@example.com")
    right = user_hash(secret, "grace")
    forgeries = [
        user_hash("a guess", "grace"),
        user_hash(secret, "grace@example.com"),
        user_hash(secret, "heidi"),
        hashlib.sha256(f"{secret}grace".encode()).hexdigest(),
        right[:-1],
        right + "0",
        "0" * 64,
        "ñ",
        "\ud800",
    ]
    for one in forgeries:
        body = {"user_id": "grace", "user_hash": one, "name": "Mallory", "email": "mallory@example.com"}
        assert assert_refused(harbor, body) == {"wrong_user_hash"}, one
    assert places_of("Mallory") == set()
    assert grace.contact.verified == {"name": "Grace", "email": "grace@example.com"}
    assert_accepted(harbor, {"user_id": "grace", "user_hash": right}, "grace")


@pytest.mark.parametrize("given", [7, True, ["x"], {"a": 1}])
def test_s01_a_hash_that_is_no_text_is_refused(hashing, given):
    harbor, _ = hashing
    with nothing_changes():
        answer = Browser(widget=harbor.widget).load(identity={"user_id": "grace", "user_hash": given})
    assert answer.status_code in (401, 422)


def test_s01_a_hash_proves_nothing_where_the_tenant_has_not_enabled_it(harbor):
    body = {"user_id": "grace", "user_hash": user_hash(harbor.signs_with()[1], "grace")}
    assert assert_refused(harbor, body) == {"user_hash_off"}
    Tenant.objects.filter(id=harbor.tenant.id).update(accepts_user_hash=True)
    assert_accepted(harbor, body, "grace")


def test_s01_a_hash_of_a_retired_secret_is_refused(hashing):
    harbor, old = hashing
    row = actions.create_identity_secret(tenant=harbor.tenant)[0]
    body = {"user_id": "grace", "user_hash": user_hash(old, "grace")}
    assert_accepted(harbor, body, "grace")
    for secret in type(row).objects.filter(tenant=harbor.tenant).exclude(id=row.id):
        actions.retire_identity_secret(secret)
    assert assert_refused(harbor, body) == {"wrong_user_hash"}


# S02


@pytest.mark.parametrize("user_id", ["grace", "0", 7, 0, -1])
def test_s02_a_user_id_without_proof_gets_no_session(harbor, user_id):
    harbor.known("grace", "My own words")
    for body in ({"user_id": user_id}, {"user_id": user_id, "email": "grace@example.com", "name": "Grace"}):
        assert assert_refused(harbor, body, "identity_proof_required") == {"missing"}
    for nothing in (None, ""):
        body = {"user_id": user_id, "user_hash": nothing, "token": nothing}
        assert assert_refused(harbor, body, "identity_proof_required") == {"missing"}
    assert_accepted(harbor, {"token": proof(harbor, user_id)}, str(user_id))


@pytest.mark.parametrize("user_id", [True, 1.5, ["grace"], {"id": "grace"}])
def test_s02_what_can_be_no_user_id_gets_no_session_either(harbor, user_id):
    stranger = Browser(widget=harbor.widget)
    with nothing_changes():
        answer = stranger.load(identity={"user_id": user_id})
    assert answer.status_code in (401, 422)
    assert "session_token" not in answer.json()


@pytest.mark.parametrize("nobody", [None, ""])
def test_s02_a_page_that_announces_nobody_is_a_guests(harbor, nobody):
    guest = harbor.browser()
    assert guest.boot(identity={"user_id": nobody})["contact"] is None
    lead = guest.boot(identity={"user_id": nobody, "email": "grace@example.com"})["contact"]
    assert (lead["type"], lead["email"]) == ("lead", "grace@example.com")


# S03


def keys_of_others():
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return private, ec.generate_private_key(ec.SECP256R1())


def in_pem(key):
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_key().public_bytes(serialization.Encoding.PEM, form).decode()


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "nOnE", "", "HS265", None, 7, ["HS256"]])
def test_s03_no_algorithm_is_no_proof(harbor, algorithm):
    harbor.known("grace", "My own words")
    token = signed(harbor, {"alg": algorithm})
    unsigned = token.rpartition(".")[0] + "."
    for one in (token, unsigned):
        assert assert_refused(harbor, {"token": one}) <= {"wrong_algorithm", "malformed"}
    assert_accepted(harbor, {"token": signed(harbor)}, "grace")


@pytest.mark.parametrize("algorithm", ["RS256", "ES256", "PS256", "EdDSA", "HS384", "HS512"])
def test_s03_the_secret_is_no_key_of_another_algorithm(harbor, algorithm):
    digest = {"HS384": hashlib.sha384, "HS512": hashlib.sha512}.get(algorithm, hashlib.sha256)
    token = signed(harbor, {"alg": algorithm}, digest)
    assert assert_refused(harbor, {"token": token}) == {"wrong_algorithm"}
    assert_accepted(harbor, {"token": signed(harbor, {"alg": "HS256"})}, "grace")


def test_s03_a_key_pair_of_ones_own_proves_nothing(harbor):
    kid, _ = harbor.signs_with()
    claims = {"user_id": "grace", "exp": int(time.time()) + 300}
    rsa_key, ec_key = keys_of_others()
    for key, algorithm in ((rsa_key, "RS256"), (ec_key, "ES256")):
        token = jwt.encode(claims, key, algorithm, headers={"kid": kid})
        assert assert_refused(harbor, {"token": token}) == {"wrong_algorithm"}
        # The classic confusion: the public key as the secret of an HMAC.
        confused = forged({"alg": "HS256", "kid": kid}, claims, in_pem(key))
        assert assert_refused(harbor, {"token": confused}) == {"wrong_signature"}
    assert_accepted(harbor, {"token": proof(harbor, "grace")}, "grace")


def test_s03_a_key_that_the_token_brings_along_is_not_used(harbor):
    own = "a secret of the attacker's own choice"
    claims = {"user_id": "grace", "exp": int(time.time()) + 300}
    kid, _ = harbor.signs_with()
    for header in (
        {"jwk": {"kty": "oct", "k": own}, "kid": kid},
        {"jku": "http://127.0.0.1/keys", "kid": kid},
        {"x5u": "http://127.0.0.1/keys"},
    ):
        assert assert_refused(harbor, {"token": forged({"alg": "HS256", **header}, claims, own)}) == {"wrong_signature"}
    assert_accepted(harbor, {"token": proof(harbor, "grace")}, "grace")


@pytest.mark.parametrize("token", ["x", "a.b", "a.b.c", "..", "é.é.é", "\ud800", "\0", ".", "a" * 300, "[" * 5000])
def test_s03_what_is_no_token_at_all_is_refused(harbor, token):
    harbor.signs_with()
    assert assert_refused(harbor, {"token": token}) == {"malformed"}


@pytest.mark.parametrize("payload", ["", "[]", "null", '"grace"', "{", '{"user_id": "grace", "exp": NaN}', "[" * 3000])
def test_s03_a_payload_that_is_no_set_of_claims_is_refused(harbor, payload):
    kid, secret = harbor.signs_with()
    assert_refused(harbor, {"token": forged({"alg": "HS256", "kid": kid}, payload, secret)})


@pytest.mark.parametrize("token", [7, True, ["x"], {"a": "b"}])
def test_s03_a_token_that_is_no_text_gets_no_session(harbor, token):
    stranger = Browser(widget=harbor.widget)
    with nothing_changes():
        assert stranger.load(identity={"token": token}).status_code in (401, 422)


def test_s03_a_changed_payload_or_signature_is_refused(harbor):
    head, _payload, signature = proof(harbor, "grace").split(".")
    other = proof(harbor, "heidi").split(".")[1]
    assert assert_refused(harbor, {"token": f"{head}.{other}.{signature}"}) == {"wrong_signature"}
    assert_accepted(harbor, {"token": proof(harbor, "grace")}, "grace")


def test_a_token_of_more_than_8_kb_is_refused(harbor):
    assert assert_refused(harbor, {"token": proof(harbor, "grace", padding="x" * 8192)}) == {"too_large"}
    assert_accepted(harbor, {"token": proof(harbor, "grace", padding="x" * 5000)}, "grace")


# S04


@pytest.mark.parametrize("lives_s", [-65, -3600, -1e9])
def test_s04_an_expired_token_is_refused(harbor, lives_s):
    token = proof(harbor, "grace", lives_s=lives_s)
    assert assert_refused(harbor, {"token": token}, "identity_proof_expired") == {"expired"}


@pytest.mark.parametrize("lives_s", [-30, 1, 300, DAY_S - 5, DAY_S + 50])
def test_s04_the_control_clocks_may_differ_by_60_seconds(harbor, lives_s):
    assert_accepted(harbor, {"token": proof(harbor, "grace", lives_s=lives_s)}, "grace")


def test_s04_a_token_without_an_end_is_refused(harbor):
    kid, secret = harbor.signs_with()
    token = forged({"alg": "HS256", "kid": kid}, {"user_id": "grace"}, secret)
    assert assert_refused(harbor, {"token": token}) == {"no_expiry"}


@pytest.mark.parametrize("lives_s", [DAY_S + 600, 7 * DAY_S, 1e12])
def test_s04_a_token_that_lives_too_long_is_refused(harbor, lives_s):
    assert assert_refused(harbor, {"token": proof(harbor, "grace", lives_s=lives_s)}) == {"expiry_too_far"}


@pytest.mark.parametrize(
    "exp", [lambda now: str(now + 300), lambda now: "soon", lambda now: None, lambda now: [now], lambda now: {}]
)
def test_s04_an_end_that_is_no_number_is_refused(harbor, exp):
    assert_refused(harbor, {"token": signed(harbor, exp=exp(int(time.time())))})


@pytest.mark.parametrize("exp", ["1e999", "-1e999", "1e300", "9" * 400, "true", "false", "NaN"])
def test_s04_an_end_beyond_all_calendars_is_refused(harbor, exp):
    kid, secret = harbor.signs_with()
    token = forged({"alg": "HS256", "kid": kid}, f'{{"user_id": "grace", "exp": {exp}}}', secret)
    guest = harbor.browser()
    with nothing_changes():
        answer = guest.identify(token)
    assert answer.status_code == 401
    assert answer.json()["errors"][0]["code"] in ("identity_proof_invalid", "identity_proof_expired")


def test_s04_a_token_that_is_not_valid_yet_is_refused(harbor):
    now = int(time.time())
    assert assert_refused(harbor, {"token": proof(harbor, "grace", nbf=now + 120)}) == {"not_yet_valid"}
    assert_accepted(harbor, {"token": proof(harbor, "grace", nbf=now + 30, iat=now)}, "grace")


# S05


def test_s05_another_tenants_token_is_refused(harbor, rival):
    harbor.signs_with()
    harbor.known("grace", "My own words")
    foreign = proof(rival, "grace")
    assert assert_refused(harbor, {"token": foreign}) == {"unknown_kid"}
    ours, _ = harbor.signs_with()
    _, theirs = rival.signs_with()
    claims = {"user_id": "grace", "exp": int(time.time()) + 300}
    for header in ({"alg": "HS256", "kid": ours}, {"alg": "HS256"}):
        assert assert_refused(harbor, {"token": forged(header, claims, theirs)}) == {"wrong_signature"}
    assert_accepted(rival, {"token": foreign}, "grace")
    assert_accepted(harbor, {"token": proof(harbor, "grace")}, "grace")
    assert Contact.objects.filter(external_id="grace").count() == 2, "the same id in two tenants is two people"


def test_s05_a_token_for_another_audience_is_refused(harbor, rival):
    own, other = str(harbor.tenant.id), str(rival.tenant.id)
    for audience in (other, [other], "", [], "harbor", 7):
        assert assert_refused(harbor, {"token": proof(harbor, "grace", aud=audience)}) <= {
            "wrong_audience",
            "malformed",
        }, audience
    for audience in (own, [own]):
        assert_accepted(harbor, {"token": proof(harbor, "grace", aud=audience)}, "grace")


def test_s05_a_tenant_without_a_secret_believes_nobody(harbor, rival):
    assert assert_refused(harbor, {"token": proof(rival, "grace")}) == {"no_secret"}
    assert assert_refused(harbor, {"token": signed(rival, {"kid": "x"})}) == {"no_secret"}


# S06


def test_s06_an_unknown_or_retired_kid_is_refused(harbor):
    first, old = harbor.new_secret()
    second, new = harbor.new_secret()
    claims = {"user_id": "grace", "exp": int(time.time()) + 300}

    def made(kid, secret):
        return {"token": forged({"alg": "HS256", **({"kid": kid} if kid else {})}, claims, secret)}

    for kid, secret in ((first.kid, old), (second.kid, new), (None, old), (None, new)):
        assert_accepted(harbor, made(kid, secret), "grace")
    # A kid names the one secret that is tried.
    for kid, secret in ((first.kid, new), (second.kid, old)):
        assert assert_refused(harbor, made(kid, secret)) == {"wrong_signature"}
    for kid in ("elsewhere", "../../etc/passwd", "' OR 1=1 --", "x" * 200):
        assert assert_refused(harbor, made(kid, new)) == {"unknown_kid"}
    actions.retire_identity_secret(first)
    assert assert_refused(harbor, made(first.kid, old)) == {"unknown_kid"}
    assert assert_refused(harbor, made(first.kid, new)) == {"unknown_kid"}
    assert assert_refused(harbor, made(None, old)) == {"wrong_signature"}
    for kid, secret in ((second.kid, new), (None, new)):
        assert_accepted(harbor, made(kid, secret), "grace")


@pytest.mark.parametrize("kid", [7, True, ["x"], {"a": "b"}, "\0", "\ud800", "x" * 5000])
def test_s06_a_kid_that_no_key_can_have_is_refused(harbor, kid):
    assert assert_refused(harbor, {"token": signed(harbor, {"kid": kid})}) <= {"unknown_kid", "malformed"}


# S07


def test_s07_what_a_token_says_beside_the_user_is_ignored_and_kept_nowhere(harbor, rival):
    claims: dict[str, Any] = {
        "tenant_id": str(rival.tenant.id),
        "tenant": "canary-tenant",
        "company_id": "canary-company",
        "contact_id": str(uuid.uuid4()),
        "id": "canary-id",
        "role": "canary-admin",
        "type": "canary-type",
        "is_staff": True,
        "blocked": True,
        "merged_into": str(uuid.uuid4()),
        "external_id": "canary-external",
        "verified": {"email": "canary-verified@example.com"},
    }
    before = everything()["Agent"], everything()["User"]
    snapshot = assert_accepted(harbor, {"token": proof(harbor, "grace", name="Grace", **claims)}, "grace")
    assert snapshot["tenant_id"] == str(harbor.tenant.id)
    row = Contact.objects.get(external_id="grace")
    assert (row.tenant_id, row.blocked, row.merged_into_id) == (harbor.tenant.id, False, None)
    assert row.verified == {"name": "Grace"}, "the control: a signed trait is kept"
    assert (everything()["Agent"], everything()["User"]) == before
    for value in (*claims.values(), "canary"):
        if isinstance(value, str) and value != str(rival.tenant.id):
            assert places_of(value) == set(), value


# User ids and traits


@pytest.mark.parametrize("user_id", [None, "", "\0", "x\0", "\ud800", "x" * 256, True, 1.5, ["grace"], {"a": 1}])
def test_a_token_without_a_usable_user_id_is_refused(harbor, user_id):
    assert assert_refused(harbor, {"token": signed(harbor, user_id=user_id)}) == {"no_user_id"}


def test_the_user_is_named_by_user_id_or_sub_as_text_or_number(harbor):
    kid, secret = harbor.signs_with()

    def made(**claims):
        return {"token": forged({"alg": "HS256", "kid": kid}, {"exp": int(time.time()) + 300, **claims}, secret)}

    for claims, user_id in (
        ({"user_id": "grace"}, "grace"),
        ({"sub": "grace"}, "grace"),
        ({"sub": 7}, "7"),
        ({"user_id": 7}, "7"),
        ({"user_id": "7"}, "7"),
        ({"user_id": "x" * 255}, "x" * 255),
        ({"user_id": "ñandú 🐦"}, "ñandú 🐦"),
    ):
        assert_accepted(harbor, made(**claims), user_id)
    assert Contact.objects.count() == 4
    assert assert_refused(harbor, made()) == {"no_user_id"}


@pytest.mark.parametrize(
    "claims",
    [
        {"email": 7},
        {"name": ["Grace"]},
        {"name": "\0"},
        {"name": "\ud800"},
        {"phone": "9" * 51},
        {"attributes": ["plan"]},
        {"attributes": {"plan": {"deep": True}}},
        {"attributes": {"plan": "\0"}},
        {"attributes": {str(i): i for i in range(51)}},
        {"attributes": {"email": "in-disguise@example.com"}},
    ],
    ids=str,
)
def test_signed_traits_that_cannot_be_kept_refuse_the_token(harbor, claims):
    assert assert_refused(harbor, {"token": signed(harbor, **claims)}) == {"bad_traits"}
    assert_accepted(harbor, {"token": signed(harbor, attributes={"plan": "gold", "seats": 3})}, "grace")


# S08


def test_s08_an_unverified_email_of_a_user_opens_nothing(harbor):
    grace = harbor.known("grace", "My own words", email="grace@example.com", name="Grace", phone="+34 600 000 000")
    traits = {"email": "grace@example.com", "name": "Grace", "phone": "+34 600 000 000"}
    her_thread = grace.get("conversations").json()["items"][0]["id"]
    hers = Contact.objects.values().get(id=grace.contact.id)
    answers = []
    for knock in (
        lambda guest: guest.boot(identity=traits),
        lambda guest: guest.identify(**traits).json(),
        lambda guest: guest.post("profile", traits).json(),
    ):
        guest = harbor.browser()
        guest.start("I am Grace, believe me")
        answers.append(knock(guest))
        assert guest.contact.id != grace.contact.id
        assert (guest.contact.type, guest.contact.external_id, guest.contact.verified) == ("lead", None, {})
        assert guest.texts() == ["I am Grace, believe me"]
        assert guest.get(f"conversations/{her_thread}").status_code == 404
    assert str(grace.contact.id) not in str(answers)
    assert "My own words" not in str(answers)
    assert ContactMerge.objects.count() == 0
    assert Contact.objects.values().get(id=grace.contact.id) == hers
    # The control: a proof opens it.
    assert guest.identify(proof(harbor, "grace")).status_code == 200
    assert guest.texts() == ["My own words", "I am Grace, believe me"]


def test_s08_an_email_that_is_known_answers_like_one_that_is_not(harbor):
    harbor.known("grace", "My own words", email="grace@example.com")

    def answer(email):
        snapshot = harbor.browser().boot(identity={"email": email})
        return without_ids(snapshot, email), len(str(snapshot))

    known, unknown = answer("grace@example.com"), answer("nobod@example.com")
    assert known[0].keys() == unknown[0].keys()
    assert known[0] == unknown[0]


def without_ids(snapshot, email):
    own = {snapshot["contact"]["id"], snapshot["session_token"], snapshot["visit_id"], snapshot["cursor"], email}
    changing = {"session_token", "expires_at", "server_time", "visit_id", "cursor"}
    text = {key: str(value) for key, value in snapshot.items() if key not in changing}
    for one in own:
        text = {key: value.replace(one, "…") for key, value in text.items()}
    return text


# S11


MALFORMED_IDS = ["", "short", "x" * 42, "x" * 129, "x" * 42 + "+", "x" * 42 + "/", "x" * 43 + "=", "x" * 43 + "\n"]


@pytest.mark.parametrize("device", [*MALFORMED_IDS, "é" * 43, "x" * 42 + "\0", 10**43, None, True, ["x" * 43], {}])
def test_s11_a_short_or_guessed_device_id_is_refused(harbor, device):
    stranger, guest = Browser(widget=harbor.widget, device=device), harbor.browser()
    guest.start("Hello")
    with nothing_changes():
        answers = [stranger.load(), guest.post("reset", {"device_id": device}), guest.post("reset", {})]
    for refused in answers:
        assert (refused.status_code, refused.json()["errors"][0]["code"]) == (400, "invalid_device_id")
    assert guest.texts() == ["Hello"]


def test_s11_the_control_device_ids_of_43_to_128_characters(harbor):
    for device in ("x" * 43, "_-" * 64):
        assert Browser(widget=harbor.widget, device=device).load().status_code == 200
        assert harbor.browser().reset(device.replace("x", "y").replace("_", "z")).status_code == 200


def test_s11_a_reset_cannot_take_over_a_device_that_exists(harbor):
    neighbour, guest = harbor.browser(), harbor.browser()
    neighbour.start("Mine")
    guest.start("Hello")
    for known in (neighbour.device, guest.device):
        with nothing_changes():
            refused = guest.reset(known)
        assert refused.status_code == 422
    assert Device.objects.filter(revoked_at=None).count() == 2
    assert (guest.texts(), neighbour.texts()) == (["Hello"], ["Mine"])
    assert guest.reset().status_code == 200


# The verification log


def test_the_log_names_page_widget_and_kid(harbor):
    page = {"url": "https://shop.example/cart?email=grace@example.com", "title": "Cart"}
    bad = signed(harbor, {"kid": "elsewhere"})
    assert Browser(widget=harbor.second_widget).load(identity={"token": bad}, page=page).status_code == 401
    (line,) = VerificationFailure.objects.all()
    assert (line.tenant_id, line.widget_id) == (harbor.tenant.id, harbor.second_widget.id)
    assert (line.fault, line.kid) == ("unknown_kid", "elsewhere")
    assert line.page == "https://shop.example/cart"


def test_the_log_keeps_the_newest_500_of_each_tenant(harbor, rival):
    from django.utils import timezone

    now = timezone.now()
    for company in (harbor, rival):
        lines = [VerificationFailure(tenant=company.tenant, fault="expired", at=now) for _ in range(500)]
        VerificationFailure.objects.bulk_create(lines)
    stranger = Browser(widget=harbor.widget)
    for _ in range(3):
        assert stranger.load(identity={"user_id": "grace"}).status_code == 401
    ours = VerificationFailure.objects.filter(tenant=harbor.tenant)
    assert (ours.count(), ours.filter(fault="missing").count()) == (500, 3)
    assert VerificationFailure.objects.filter(tenant=rival.tenant).count() == 500

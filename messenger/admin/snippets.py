"""What a tenant pastes into its own server, so that it vouches for its users: code that signs, per language.

The secret itself is never in it: the code reads it from the environment.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings

from ..models import IdentitySecret, Widget

# Where a site keeps the secret, in the environment of its server.
VARIABLE = "CURBE_IDENTITY_SECRET"


@dataclass(frozen=True, slots=True)
class Snippet:
    """Code to paste. `id` is good for an HTML id; `label` is the name of a language and its library."""

    id: str
    label: str
    code: str


def token_snippets(secret: IdentitySecret) -> list[Snippet]:
    """Return, per language, a function that signs a user for one hour with this secret's key id."""
    return [_filled(one, kid=secret.kid, tenant=str(secret.tenant_id)) for one in _TOKENS]


def hash_snippets() -> list[Snippet]:
    """Return, per language, the older proof: a hash of the user id, which has neither an end nor traits."""
    return [_filled(one) for one in _HASHES]


def boot_snippet(widget: Widget | None, *, with_hash: bool = False) -> Snippet:
    """Return what the page says once its server has made the proof."""
    proof = 'user_hash: "the hash from your server"' if with_hash else 'user_jwt: "the token from your server"'
    loader = f"{settings.WIDGET_ORIGIN}/widget/{widget.pk if widget else 'WIDGET_ID'}.js"
    return _filled(Snippet("boot-hash" if with_hash else "boot", "HTML", _BOOT), loader=loader, proof=proof)


def _filled(snippet: Snippet, **values: str) -> Snippet:
    code = snippet.code.strip().replace("{variable}", VARIABLE)
    for name, value in values.items():
        code = code.replace(f"{{{name}}}", value)
    return Snippet(snippet.id, snippet.label, code)


_TOKENS = [
    Snippet(
        "python",
        "Python · PyJWT",
        """
import os
import time

import jwt  # pip install pyjwt


def curbe_token(user_id, email, name):
    claims = {
        "user_id": str(user_id),
        "email": email,
        "name": name,
        "aud": "{tenant}",
        "exp": int(time.time()) + 3600,
    }
    return jwt.encode(claims, os.environ["{variable}"], algorithm="HS256", headers={"kid": "{kid}"})
""",
    ),
    Snippet(
        "node",
        "Node · jsonwebtoken",
        """
const jwt = require("jsonwebtoken"); // npm install jsonwebtoken

function curbeToken(userId, email, name) {
  const claims = { user_id: String(userId), email, name };
  return jwt.sign(claims, process.env.{variable}, {
    algorithm: "HS256",
    keyid: "{kid}",
    audience: "{tenant}",
    expiresIn: 3600,
  });
}
""",
    ),
    Snippet(
        "php",
        "PHP · firebase/php-jwt",
        """
use Firebase\\JWT\\JWT; // composer require firebase/php-jwt

function curbe_token($userId, $email, $name)
{
    $claims = [
        'user_id' => (string) $userId,
        'email' => $email,
        'name' => $name,
        'aud' => '{tenant}',
        'exp' => time() + 3600,
    ];
    return JWT::encode($claims, getenv('{variable}'), 'HS256', '{kid}');
}
""",
    ),
    Snippet(
        "ruby",
        "Ruby · jwt",
        """
require "jwt" # gem install jwt

def curbe_token(user_id, email, name)
  claims = {
    user_id: user_id.to_s,
    email: email,
    name: name,
    aud: "{tenant}",
    exp: Time.now.to_i + 3600
  }
  JWT.encode(claims, ENV.fetch("{variable}"), "HS256", { kid: "{kid}" })
end
""",
    ),
]

_HASHES = [
    Snippet(
        "python-hash",
        "Python",
        """
import hashlib
import hmac
import os


def curbe_user_hash(user_id):
    secret = os.environ["{variable}"]
    return hmac.new(secret.encode(), str(user_id).encode(), hashlib.sha256).hexdigest()
""",
    ),
    Snippet(
        "node-hash",
        "Node",
        """
const { createHmac } = require("node:crypto");

function curbeUserHash(userId) {
  return createHmac("sha256", process.env.{variable}).update(String(userId)).digest("hex");
}
""",
    ),
    Snippet(
        "php-hash",
        "PHP",
        """
function curbe_user_hash($userId)
{
    return hash_hmac('sha256', (string) $userId, getenv('{variable}'));
}
""",
    ),
    Snippet(
        "ruby-hash",
        "Ruby",
        """
require "openssl"

def curbe_user_hash(user_id)
  OpenSSL::HMAC.hexdigest("SHA256", ENV.fetch("{variable}"), user_id.to_s)
end
""",
    ),
]

_BOOT = """
<script>
  window.Curbe = window.Curbe || function () { (Curbe.q = Curbe.q || []).push(arguments); };
  Curbe("boot", {
    user_id: "1001",
    {proof},
    email: "ada@example.com",
    name: "Ada"
  });
</script>
<script async src="{loader}"></script>
"""

"""Where a request comes from, with and without proxies, honest and not."""

from __future__ import annotations

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import RequestFactory, override_settings

from curbe.addresses import client_address, network_of, proxy_networks

OURS = proxy_networks(["10.0.0.0/8", "2001:db8:ffff::/48"])


def asked_from(peer, forwarded=None):
    headers = {} if forwarded is None else {"X-Forwarded-For": forwarded}
    return client_address(RequestFactory().get("/", REMOTE_ADDR=peer, headers=headers))


def test_without_trusted_proxies_it_is_the_peer_whatever_the_header_says():
    assert asked_from("203.0.113.9") == "203.0.113.9"
    assert asked_from("203.0.113.9", "198.51.100.7") == "203.0.113.9"
    assert asked_from("10.0.0.1", "198.51.100.7") == "10.0.0.1"


@override_settings(TRUSTED_PROXIES=OURS)
def test_a_header_from_an_untrusted_peer_is_ignored():
    assert asked_from("203.0.113.9", "198.51.100.7") == "203.0.113.9"
    assert asked_from("10.0.0.1", "198.51.100.7") == "198.51.100.7", "and a trusted one is believed"


@override_settings(TRUSTED_PROXIES=OURS)
@pytest.mark.parametrize(
    ("forwarded", "client"),
    [
        pytest.param(None, "10.0.0.1", id="no header"),
        pytest.param("", "10.0.0.1", id="empty"),
        pytest.param("198.51.100.7, 10.0.0.2", "198.51.100.7", id="two proxies"),
        pytest.param("1.1.1.1, 198.51.100.7", "198.51.100.7", id="what the client wrote itself"),
        pytest.param("10.9.9.9, 198.51.100.7, 10.0.0.2", "198.51.100.7", id="a client posing as a proxy"),
        pytest.param("10.0.0.9, 10.0.0.2", "10.0.0.9", id="all trusted"),
        pytest.param("198.51.100.7, unknown, 10.0.0.2", "10.0.0.2", id="rubbish between"),
        pytest.param("rubbish", "10.0.0.1", id="rubbish alone"),
        pytest.param("198.51.100.7:4711", "198.51.100.7", id="port"),
        pytest.param("[2001:db8::5]:4711, 2001:db8:ffff::1", "2001:db8::5", id="IPv6 with port"),
        pytest.param("::ffff:198.51.100.7", "198.51.100.7", id="mapped"),
    ],
)
def test_behind_trusted_proxies_it_is_the_first_untrusted_hop(forwarded, client):
    assert asked_from("10.0.0.1", forwarded) == client
    assert asked_from("::ffff:10.0.0.1", forwarded or "") == client, "a dual-stack socket names the same peer so"


def test_a_server_that_does_not_know_its_peer_has_no_address():
    assert asked_from("") == asked_from("unix:") == ""


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("198.51.100.7", "198.51.100.7"),
        ("::ffff:198.51.100.7", "198.51.100.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::9", "2001:db8:1:3::/64"),
        ("", ""),
    ],
)
def test_a_customer_is_one_ipv4_address_or_64_bits_of_ipv6(address, network):
    assert network_of(address) == network


@pytest.mark.parametrize("name", ["10.0.0.0/33", "example.com", "10.0.0.1/8", ""])
def test_a_proxy_that_is_none_stops_the_start(name):
    with pytest.raises(ImproperlyConfigured, match="TRUSTED_PROXIES"):
        proxy_networks(["10.0.0.0/8", name])

"""Deeds of people: who says what of themself, who signs in, who turns out to be whom."""

from __future__ import annotations

from curbe.testing.cast import proof

from .deeds import SINGLE_THREAD, Play, deed
from .stage import Stage
from .witnesses import Visitor

# update_profile


@deed("update_profile")
def a_name(stage: Stage) -> Play:
    stage.two_threads()
    yield None
    stage.visitor.post("profile", {"name": "Ines"})


@deed("update_profile")
def a_name_that_replaces_another(stage: Stage) -> Play:
    stage.visitor.post("profile", {"name": "Ines"})
    stage.answered()
    yield None
    stage.visitor.post("profile", {"name": "Inés"})


@deed("update_profile")
def an_address_is_no_name_to_oneself(stage: Stage) -> Play:
    stage.answered()
    yield None
    stage.visitor.post("profile", {"email": "ines@example.com"})


@deed("update_profile")
def an_address_that_somebody_else_gave(stage: Stage) -> Play:
    stage.answered()
    yield None
    stage.visitor.post("profile", {"email": "shared@example.com"})


@deed("update_profile")
def a_name_of_somebody_who_shares_an_address(stage: Stage) -> Play:
    stage.answered()
    stage.visitor.post("profile", {"email": "shared@example.com"})
    yield None
    stage.visitor.post("profile", {"name": "Ines"})


@deed("update_profile")
def attributes(stage: Stage) -> Play:
    stage.answered()
    yield None
    stage.visitor.post("profile", {"attributes": {"plan": "gold"}})


@deed("update_profile")
def the_same_again(stage: Stage) -> Play:
    stage.answered()
    stage.visitor.post("profile", {"name": "Ines"})
    yield None
    stage.visitor.post("profile", {"name": "Ines"})


@deed("update_profile")
def before_anything_is_said(stage: Stage) -> Play:
    yield None
    stage.visitor.post("profile", {"name": "Ines"})


# boot_device and introduce


@deed("boot_device")
def a_page_load(stage: Stage) -> Play:
    stage.answered()
    yield None
    stage.visitor.reload()


@deed("boot_device")
def a_page_that_says_who_is_there(stage: Stage) -> Play:
    stage.answered()
    yield None
    stage.visitor.reload(identity={"name": "Ines", "email": "ines@example.com"})


@deed("boot_device")
def a_page_with_a_proof(stage: Stage) -> Play:
    stage.answered()
    yield None
    stage.visitor.reload(identity={"token": proof(stage.harbor, "grace", name="Grace")})


@deed("introduce")
def without_proof(stage: Stage) -> Play:
    stage.answered()
    yield None
    stage.visitor.identify(name="Ines", phone="+34 600 000 000")


# identify_contact


@deed("identify_contact")
def a_guest_becomes_a_user(stage: Stage) -> Play:
    stage.two_threads()
    yield None
    stage.sign_in(name="Grace", email="grace@example.com", attributes={"plan": "gold"})


@deed("identify_contact")
def a_named_guest_becomes_a_user_of_another_name(stage: Stage) -> Play:
    stage.answered()
    stage.visitor.post("profile", {"name": "Gracie"})
    yield None
    stage.sign_in(name="Grace")


@deed("identify_contact")
def a_blocked_guest_becomes_a_user(stage: Stage) -> Play:
    stage.answered()
    stage.block(stage.visitor)
    yield None
    stage.sign_in(name="Grace")


@deed("identify_contact")
def the_user_again_under_a_new_name(stage: Stage) -> Play:
    stage.sign_in(name="Grace")
    stage.answered()
    yield None
    stage.sign_in(name="Grace Hopper")


@deed("identify_contact")
def a_blocked_user_under_a_new_name(stage: Stage) -> Play:
    stage.sign_in(name="Grace")
    stage.answered()
    stage.block(stage.visitor)
    yield None
    stage.sign_in(name="Grace Hopper")


@deed("identify_contact")
def the_user_again_with_nothing_new(stage: Stage) -> Play:
    stage.sign_in(name="Grace")
    stage.answered()
    yield None
    stage.sign_in(name="Grace")


@deed("identify_contact")
def somebody_nobody_knew_who_said_nothing(stage: Stage) -> Play:
    yield None
    stage.sign_in(name="Grace")


@deed("identify_contact")
def a_guest_is_merged(stage: Stage) -> Play:
    stage.answered()
    yield [Visitor(stage.grace_elsewhere(), "Grace elsewhere")]
    stage.sign_in(name="Grace", email="grace@example.com")


@deed("identify_contact")
def a_guest_is_merged_into_a_user_of_another_name(stage: Stage) -> Play:
    stage.answered()
    yield [Visitor(stage.grace_elsewhere(), "Grace elsewhere")]
    stage.sign_in(name="Grace Hopper", email="grace@example.com")


@deed("identify_contact")
def a_guest_is_merged_into_a_user_without_an_open_thread(stage: Stage) -> Play:
    grace = stage.grace_elsewhere()
    stage.close(str(grace.get("conversations").json()["items"][0]["id"]))
    stage.answered()
    yield [Visitor(grace, "Grace elsewhere")]
    stage.sign_in(name="Grace", email="grace@example.com")


@deed("identify_contact")
def a_guest_with_several_threads_is_merged(stage: Stage) -> Play:
    first, second = stage.two_threads()
    stage.ada.note(first, "Who is this?")
    stage.close(second)
    stage.thread(None, new=True)
    stage.visitor.post("profile", {"name": "Gracie", "email": "grace@example.com"})
    yield [Visitor(stage.grace_elsewhere(), "Grace elsewhere")]
    stage.sign_in(name="Grace", email="grace@example.com")


@deed("identify_contact")
def a_guest_who_said_more_than_a_snapshot_holds_is_merged(stage: Stage) -> Play:
    thread = stage.answered()
    for number in range(55):
        stage.visitor.say(thread, f"Line {number}")
    yield [Visitor(stage.grace_elsewhere(), "Grace elsewhere")]
    stage.sign_in(name="Grace", email="grace@example.com")


@deed("identify_contact")
def another_guest_is_merged(stage: Stage) -> Play:
    grace = stage.grace_elsewhere()
    for text in ("At work", "On the train"):
        guest = stage.harbor.browser()
        guest.start(text)
        guest.identify(proof(stage.harbor, "grace", name="Grace", email="grace@example.com"))
    stage.thread()
    yield [Visitor(grace, "Grace elsewhere")]
    stage.sign_in(name="Grace", email="grace@example.com")


@deed("identify_contact")
def a_blocked_guest_is_merged(stage: Stage) -> Play:
    stage.answered()
    stage.block(stage.visitor)
    yield [Visitor(stage.grace_elsewhere(), "Grace elsewhere")]
    stage.sign_in(name="Grace", email="grace@example.com")


@deed("identify_contact", SINGLE_THREAD)
def a_guest_is_merged_where_there_is_one_thread_for_ever(stage: Stage) -> Play:
    stage.answered()
    yield [Visitor(stage.grace_elsewhere(), "Grace elsewhere")]
    stage.sign_in(name="Grace", email="grace@example.com")


@deed("send_message", SINGLE_THREAD)
def into_what_a_merge_brought_which_is_for_reading(stage: Stage) -> Play:
    guests = stage.answered()
    stage.grace_elsewhere()
    stage.sign_in(name="Grace", email="grace@example.com")
    yield None
    stage.visitor.say(guests, "Where does this go?")

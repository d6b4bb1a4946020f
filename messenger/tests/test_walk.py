"""Every row that points at a person or a conversation has a fate in each thing that can happen to these.

A new foreign key to Contact or Conversation fails here until FATES says what merge, export, erase, prune and wipe do
with its rows. Write down what the code does, and let the code do it: "stays" is an answer that wants a reason.
"""

from __future__ import annotations

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import models

from messenger.models import Contact, Conversation, Tag
from messenger.tests.abuse.planting import plant

# merge, export, erase, prune and wipe, in this order.
DEEDS = ("merge", "export", "erase", "prune", "wipe")
_WITH_PERSON = ("goes with the person", "goes")
_WITH_CONVERSATION = ("goes with the conversation", "goes")
FATES: dict[str, tuple[str, str, str, str, str]] = {
    "Attachment.contact": ("moves", "file and facts", "emptied, bytes removed", *_WITH_PERSON),
    "Contact.merged_into": ("set", "ids are told", "guests are emptied too", "users are no guests", "goes"),
    "ContactMerge.source": ("written", "ids are told", "stays: two ids and a time", "users are no guests", "goes"),
    "ContactMerge.into": ("written", "ids are told", "stays: two ids and a time", "users are no guests", "goes"),
    "Conversation.contact": ("moves", "told", "subject and attributes emptied", *_WITH_PERSON),
    "Cycle.conversation": ("stays with it", "no: times of the team's", "stays: times", *_WITH_CONVERSATION),
    "Draft.conversation": ("stays with it", "no: the team's own", "goes: it may quote them", *_WITH_CONVERSATION),
    "Device.contact": (
        "slot is emptied",
        "no: it is a credential",
        "forgotten, key replaced",
        "slot is emptied",
        "goes",
    ),
    "Device.user": ("set", "no: it is a credential", "forgotten, key replaced", "slot is emptied", "goes"),
    "Event.conversation": (
        "stays: a pointer",
        "no: what it points at is",
        "stays: a pointer",
        "points at nothing",
        "goes",
    ),
    "Mention.conversation": ("stays with it", "no: the team's own", "stays: who was named", *_WITH_CONVERSATION),
    "Message.contact": ("moves", "what they may see", "emptied, a tombstone", *_WITH_PERSON),
    "Message.conversation": ("stays with it", "what they may see", "emptied, a tombstone", *_WITH_CONVERSATION),
    "Participant.contact": ("moves", "no: who took part is in the messages", "stays: an id", *_WITH_PERSON),
    "Participant.conversation": ("stays with it", "no: as above", "stays: an id", *_WITH_CONVERSATION),
    "Rating.conversation": ("stays with it", "told", "remark emptied", *_WITH_CONVERSATION),
    "ReadState.contact": ("moves", "no: a number", "stays: a number", *_WITH_PERSON),
    "ReadState.conversation": ("stays with it", "no: a number", "stays: a number", *_WITH_CONVERSATION),
    "SeenState.conversation": ("stays with it", "no: a number", "stays: a number", *_WITH_CONVERSATION),
    "Stream.contact": ("closed", "no: pointers", "stays: pointers", *_WITH_PERSON),
    "Tagging.conversation": ("stays with it", "no: the team's own", "stays: the team's word", *_WITH_CONVERSATION),
    "Turn.conversation": ("stays with it", "no: the team's own", "stays: numbers and times", *_WITH_CONVERSATION),
    "Visit.contact": ("moves", "told", "emptied", "by its own age, or goes with the person", "goes"),
    "VisitorToken.contact": ("revoked", "no: it is a credential", "revoked", *_WITH_PERSON),
}


def keys_to_people():
    return {
        f"{model.__name__}.{field.name}"
        for model in apps.get_app_config("messenger").get_models()
        for field in model._meta.get_fields()
        if isinstance(field, models.ForeignKey) and field.related_model in (Contact, Conversation)
    }


def test_every_key_to_a_person_or_a_conversation_has_its_fates():
    nameless = keys_to_people() - FATES.keys()
    assert not nameless, (
        f"{sorted(nameless)} point at a person or a conversation. Say in FATES of {__name__} what {', '.join(DEEDS)} "
        "do with such a row; teach them: actions/merging.py (_move_rows), exports.py, actions/erasing.py (EMPTIED), "
        "actions/removing.py (remove_conversations and remove_people serve prune and wipe)."
    )
    assert FATES.keys() <= keys_to_people(), "and nothing is named here that is no more"
    assert all(all(fates) for fates in FATES.values())


@pytest.mark.django_db
def test_after_a_wipe_nothing_of_the_chat_is_left_and_all_else_stays(harbor, rival, desk):
    for company, at in ((harbor, desk), (rival, rival.desk())):
        plant(company.widget, at, "quicksilver")
        company.known("grace", "Hello")
    kept = {model: model._default_manager.filter(tenant=harbor.tenant).count() for model in (Tag, type(harbor.widget))}
    streams = apps.get_model("messenger", "Stream").objects.filter(tenant=harbor.tenant, contact=None)
    epoch, head = streams.values_list("epoch", "head_seq").get()
    call_command("wipe_chat_data", tenant="harbor", yes=True)
    touched = {apps.get_model("messenger", one.split(".")[0]) for one in FATES} | {apps.get_model("messenger.Visit")}
    left = {model.__name__ for model in touched if model._default_manager.filter(tenant=harbor.tenant).exists()}
    theirs = {model.__name__ for model in touched if model._default_manager.filter(tenant=rival.tenant).exists()}
    assert left == {"Stream"}, "the team's own stream goes on"
    assert len(theirs) >= 10, "the control: at the rival's it is all there"
    assert streams.get().epoch != epoch
    assert streams.get().head_seq == head
    for model, number in kept.items():
        assert model._default_manager.filter(tenant=harbor.tenant).count() == number
    assert harbor.browser().start("Hello again")["conversation"]["id"]

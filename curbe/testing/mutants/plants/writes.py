"""Bugs by which something is stored twice, counted wrongly, or told to whom it does not concern."""

from __future__ import annotations

from curbe.testing.mutants.planting import Plant

_TESTS = "messenger/tests"

PLANTS = [
    Plant(
        "no-unique-message-key",
        "Nothing in the database keeps one client_message_id from being two messages.",
        "messenger/models/conversations.py",
        'fields=["tenant", "contact", "client_message_id"]',
        'fields=["tenant", "contact", "client_message_id", "seq"]',
        f"{_TESTS}/test_races.py::test_50_sends_of_one_key_store_one_row",
        "Counter(one.status_code for one in answers) == {201: 1, 200: 49}",
        "postgres",
    ),
    Plant(
        "look-up-after-the-write",
        "Whether a message was stored before is looked up after the first write: a repeat counts, and opens again.",
        "messenger/actions/messages.py",
        "    replay = find_sent(by.contact, draft)\n"
        "    if replay:\n"
        "        return replay\n"
        "    count_and_lock(events, by, by.contact)\n",
        "    count_and_lock(events, by, by.contact)\n"
        "    replay = find_sent(by.contact, draft)\n"
        "    if replay:\n"
        "        return replay\n",
        f"{_TESTS}/test_sending.py::test_a_repeat_moves_nothing",
        "assert everything(but=[VisitorToken]) == before",
    ),
    Plant(
        "key-of-another-text",
        "A key that comes back with another text is answered with the first one, as if it had been stored.",
        "messenger/actions/messages.py",
        "if stored_hash and stored_hash != request_hash:",
        "if not request_hash:",
        f"{_TESTS}/test_sending.py::test_it_refuses_a_key_that_comes_back_with_another_body",
        "assert refused.status_code == 409",
    ),
    Plant(
        "device-lock-left-out",
        "Two tabs that speak first at the same time make two contacts of one device.",
        "messenger/actions/profile.py",
        "device = lock_device(by.tenant_id, by.device.id)",
        "device = Device.objects.get(tenant_id=by.tenant_id, id=by.device.id)",
        f"{_TESTS}/test_races.py::test_50_get_or_opens_as_the_very_first_act_make_one_of_everything",
        "assert Counter(one.status_code for one in answers) == {201: 1, 200: 49}",
        "postgres",
    ),
    Plant(
        "no-unique-primary",
        "Nothing in the database keeps a contact from having two open primary conversations.",
        "messenger/models/conversations.py",
        'fields=["tenant", "contact"],\n                condition=Q(is_primary=True)',
        'fields=["tenant", "contact", "id"],\n                condition=Q(is_primary=True)',
        f"{_TESTS}/test_constraints.py::test_a_contact_has_at_most_one_open_primary_conversation",
        "with pytest.raises(IntegrityError)",
    ),
    Plant(
        "tenant-from-client",
        "An agent's tenant is the one that the request names.",
        "messenger/api/agent/views.py",
        "        self.agent = authenticate_agent(request)\n",
        "        self.agent = authenticate_agent(request)\n"
        '        self.agent.tenant_id = request.query_params.get("tenant_id", self.agent.tenant_id)\n',
        f"{_TESTS}/abuse/test_tenancy.py::test_s18_a_tenant_or_contact_in_body_or_query_is_ignored",
        "assert given == plain",
    ),
    Plant(
        "tenant-not-asked",
        "A conversation is found by its id alone, whoever's it is.",
        "messenger/queries.py",
        "Conversation.objects.filter(tenant_id=agent.tenant_id, id=conversation_id))",
        "Conversation.objects.filter(id=conversation_id))",
        f"{_TESTS}/abuse/test_tenancy.py::test_s17_another_tenants_conversation_does_not_exist",
        "assert refused.status_code == 404",
    ),
    Plant(
        "read-without-maximum",
        "A read cursor goes wherever the last request says, also back.",
        "messenger/actions/reading.py",
        "own.filter(last_read_visible_seq__lt=reached)",
        "own.filter(last_read_visible_seq__gte=0)",
        f"{_TESTS}/test_reading.py::test_i6_a_cursor_never_moves_back",
        '["last_read_seq"] == 4',
    ),
    Plant(
        "read-beyond-the-end",
        "A read cursor goes beyond the end, so that what comes next was read already.",
        "messenger/actions/reading.py",
        "reached = min(up_to, conversation.last_visible_seq)",
        "reached = up_to",
        f"{_TESTS}/test_reading.py::test_reading_beyond_the_end_means_the_end",
        '["last_read_seq"] == 4',
    ),
    Plant(
        "unread-counts-everything",
        "Unread is whatever lies beyond the cursor, events and one's own messages included.",
        "messenger/payloads.py",
        '"unread_count": row.reply_messages - (read.messages_read if read else 0),',
        '"unread_count": row.last_visible_seq - (read.last_read_visible_seq if read else 0),',
        f"{_TESTS}/test_reading.py::test_unread_counts_what_others_said_and_nothing_else",
        "== (1, 2)",
    ),
    Plant(
        "seen-on-opening",
        "An agent who opens and reads a thread tells the visitor that it was seen.",
        "messenger/actions/reading.py",
        "    if moved:\n        presence.agent_read(",
        "    if moved:\n        mark_seen(by=by, conversation_id=conversation_id)\n        presence.agent_read(",
        f"{_TESTS}/test_reading.py::test_i11_an_agents_opening_and_reading_is_nothing_to_the_visitor",
        "json() == seen",
    ),
    Plant(
        "note-typing-leaks",
        "The dots of a note are shown to the visitor.",
        "messenger/presence.py",
        'if kind == "message":',
        'if kind != "nothing":',
        f"{_TESTS}/test_sockets.py::test_a_note_reaches_colleagues_and_nothing_of_it_the_visitor",
        "assert await visitor.hears_nothing()",
    ),
]

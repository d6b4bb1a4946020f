"""Bugs by which something is missing from the log, or reaches whom it must not."""

from __future__ import annotations

from curbe.testing.mutants.planting import Plant

_TESTS = "messenger/tests"

PLANTS = [
    Plant(
        "sequence-as-cursor",
        "An event has the number of the moment in which its transaction began, not of its commit.",
        "messenger/events.py",
        "        stream = statements.advance_stream(self.tenant_id, contact_id, len(entries))\n",
        "        stream = statements.advance_stream(self.tenant_id, contact_id, 0)\n"
        "        stream = stream._replace(head=int(self.at.timestamp() * 1_000_000))\n"
        "        from .models import Stream\n"
        "        Stream.objects.filter(id=stream.id, head_seq__lt=stream.head).update(head_seq=stream.head)\n",
        f"{_TESTS}/test_log.py::test_a_resumed_cursor_misses_nothing_where_a_sequence_id_would",
        "assert after_cursor == [committed_since]",
        "postgres",
    ),
    Plant(
        "nudge-before-commit",
        "A nudge is sent when the event is written, before anybody can read it.",
        "messenger/events.py",
        "transaction.on_commit(",
        "(lambda publish, robust: publish())(",
        f"{_TESTS}/test_log.py::test_a_nudge_speaks_of_what_everybody_can_read",
        "assert found == promised",
    ),
    Plant(
        "note-in-contact-stream",
        "A note is an event for everybody.",
        "messenger/events.py",
        '("note.created", Audience.TEAM)',
        '("note.created", Audience.EVERYBODY)',
        f"{_TESTS}/test_log.py::test_the_audience_belongs_to_the_type",
        'assert "note.created" not in told_to(own)',
    ),
    Plant(
        "state-before-cursor",
        "A visitor's snapshot reads the cursor after the state: what came between is in neither.",
        "messenger/queries.py",
        '"cursor": stream.cursor,',
        '"cursor": contact_stream(contact).cursor,',
        f"{_TESTS}/test_cursors.py::test_a_visitors_cursor_is_read_before_the_state",
        "head_seq",
    ),
    Plant(
        "state-before-cursor-team",
        "The team's snapshot reads the cursor after the state.",
        "messenger/queries.py",
        '"cursor": cursor,',
        '"cursor": team_stream(agent.tenant_id).cursor,',
        f"{_TESTS}/test_cursors.py::test_the_teams_cursor_is_read_before_the_state",
        "head_seq",
    ),
    Plant(
        "partial-range",
        "Whoever is too far behind gets a part of the log in place of a snapshot.",
        "messenger/streams.py",
        'return "too_many" if stream.head_seq - cursor.seq > MOST_BEHIND else None',
        "return None",
        f"{_TESTS}/test_cursors.py::test_a_cursor_is_answered_by_the_log_or_by_a_snapshot",
        "== reason",
    ),
    Plant(
        "pruned-range",
        "Whoever reads while retention removes gets what is left of the range, as if it were all.",
        "messenger/streams.py",
        "if rows and rows[0].seq != seq + 1:",
        "if rows and rows[0].seq < seq + 1:",
        f"{_TESTS}/test_retention.py::test_a_reader_never_gets_the_rest_of_a_range_that_was_pruned_under_its_feet",
        "with pytest.raises(streams.Pruned):",
    ),
    Plant(
        "epoch-ignored",
        "A cursor of another history is taken for one of this.",
        "messenger/streams.py",
        "cursor is None or cursor.epoch != stream.epoch",
        "cursor is None",
        f"{_TESTS}/test_cursors.py::test_a_cursor_of_another_epoch_or_none_asks_for_a_snapshot",
        '== "epoch"',
    ),
    Plant(
        "filtered-not-covered",
        "What there is nothing to tell of is left out of the range, too.",
        "messenger/streams.py",
        "[_item(row, loaded, reader) for row in rows]",
        "[one for row in rows if (one := _item(row, loaded, reader)).payload is not None]",
        f"{_TESTS}/test_following.py::test_what_there_is_nothing_to_tell_of_is_covered_all_the_same",
        'frame["to"]',
    ),
    Plant(
        "head-from-before-joining",
        "A socket replays up to the head of before it joined the stream: what is said in between is missed.",
        "messenger/sockets.py",
        "        return await self.recheck()\n",
        "        await self.recheck()\n        return stream\n",
        f"{_TESTS}/test_following.py::test_what_is_said_while_somebody_joins_is_not_missed",
        'frame = await line.hear_until("evs")',
    ),
    Plant(
        "nudge-believed",
        "What a nudge promises is taken for read, even when the log does not have it.",
        "messenger/hub.py",
        "feed.wanted = feed.stream.head_seq  # The nudge was wrong",
        "feed.stream.head_seq = feed.wanted  # The nudge was wrong",
        f"{_TESTS}/test_sockets.py::test_a_nudge_that_promises_too_much_changes_nothing",
        'line.hear_until("evs")',
    ),
    Plant(
        "sweeper-asleep",
        "Nobody compares the heads, so a nudge that is lost is an event that is lost.",
        "messenger/hub.py",
        "elif head[1] > feed.stream.head_seq:",
        "elif head[1] > feed.stream.head_seq + 1_000:",
        f"{_TESTS}/test_sockets.py::test_a_lost_nudge_is_made_up_for_by_the_sweeper",
        'line.hear_until("evs")',
    ),
    Plant(
        "owner-not-asked",
        "What was read of a stream is sent without asking whose stream it is by now.",
        "messenger/consumers.py",
        "        require_person(self.visitor, owner)\n",
        "        return\n",
        f"{_TESTS}/test_identity_barriers.py"
        "::test_s15_a_guests_socket_hears_nothing_of_the_user_even_if_the_revocation_is_lost",
        "assert heard[-1] == 4014",
    ),
    Plant(
        "owner-not-asked-by-polls",
        "What was read for a long-poll is sent without asking whose stream it is by now.",
        "messenger/api/polling.py",
        "    require_owner(streams.owner_of(stream))\n",
        "    streams.owner_of(stream)\n",
        f"{_TESTS}/test_identity_barriers.py::test_a_poll_is_not_answered_to_who_was_overtaken",
        "assert answer.status_code == 401",
    ),
]

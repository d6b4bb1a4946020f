"""Bugs of the reducer and the outbox, which the widget and the inbox share."""

from __future__ import annotations

from curbe.testing.mutants.planting import Plant

_JS = "messenger/tests/js"

PLANTS = [
    Plant(
        "applies-a-smaller-rev",
        "A late, older copy of a message replaces the newer one.",
        "static/realtime/reducer.js",
        "if (old && fresh.rev <= old.rev) return thread;",
        "if (old && fresh.rev < 0) return thread;",
        f"{_JS}/reducer.test.js::only a greater revision replaces (rule 5)",
        '"edited"',
    ),
    Plant(
        "applies-a-smaller-rev-of-all",
        "A late, older copy of a conversation replaces the newer one.",
        "static/realtime/reducer.js",
        "if (fresh.rev <= old.rev) return old;",
        "if (fresh.rev < 0) return old;",
        f"{_JS}/reducer.test.js::only a greater revision replaces (rule 5)",
        '.status, "open"',
    ),
    Plant(
        "applies-beyond-a-hole",
        "A batch is applied though something before it is missing.",
        "static/realtime/reducer.js",
        "if (batch.from > state.seq + 1)",
        "if (batch.from > state.seq + 1000)",
        f"{_JS}/reducer.test.js"
        "::a hole is held and asks for a resume (rule 1), and what fills it lets the rest through (rule 4)",
        'held.need, "resume"',
    ),
    Plant(
        "answer-moves-the-cursor",
        "An HTTP answer moves the cursor: the events before it are never asked for.",
        "static/realtime/reducer.js",
        "return { ...state, messages: known };",
        "return { ...state, messages: known, seq: Math.max(state.seq, ...messages.map((one) => one.seq)) };",
        f"{_JS}/reducer.test.js"
        "::an HTTP answer is taken but never moves the cursor (rule 6), and the event after it changes nothing",
        "cursorOf(answered)",
    ),
    Plant(
        "epoch-ignored-by-client",
        "A batch of another history is applied.",
        "static/realtime/reducer.js",
        "if (batch.epoch !== state.epoch)",
        "if (batch.epoch === null)",
        f"{_JS}/reducer.test.js::another epoch needs a snapshot and is not applied (rule 8)",
        'need, "snapshot"',
    ),
    Plant(
        "outbox-forgets-early",
        "An entry leaves the outbox with the answer, before the message is in the state.",
        "static/realtime/outbox.js",
        'change(entry.id, { state: "sent", error: null });',
        "removeWhere((one) => one.id === entry.id);",
        f"{_JS}/outbox.test.js::an entry leaves only when the stored message is in the state",
        "outbox.entries.length, 1",
    ),
    Plant(
        "retry-with-a-new-key",
        "A retry is another message to the server.",
        "static/realtime/outbox.js",
        'change(entry.id, { state: "queued", due: clock.now() + delay, error: code });',
        "save({ ...entry, id: `${entry.id}2`, tries: entry.tries + 1, due: clock.now() + delay });"
        " store.remove(prefix + entry.id); refresh();",
        f"{_JS}/outbox.test.js::without an answer the same key is sent again, later each time, and the next one waits",
        '["a", "a", "a", "a"]',
    ),
    Plant(
        "author-ignored",
        "Whoever is signed in sends what somebody else wrote.",
        "static/realtime/outbox.js",
        "return contact !== null && (author === contact.id || mergedFrom.includes(author));",
        "return contact !== null;",
        f"{_JS}/outbox.test.js::only the author, or whoever the author was merged into, may send",
        "!maySend(guest.id, user, [])",
    ),
    Plant(
        "refusal-tried-again",
        "What the server refuses for good is sent again and again, and holds up the rest of the thread.",
        "static/realtime/outbox.js",
        "![401, 408, 425, 429].includes(status)",
        "![401, 403, 408, 425, 429].includes(status)",
        f"{_JS}/outbox.test.js"
        "::a final refusal fails the entry, lets the next one go, and can be retried under the same key",
        'a: "failed"',
    ),
    Plant(
        "resyncs-for-ever",
        "An event that cannot be applied leads to one snapshot after the other.",
        "static/widget/follow.js",
        "if (hasResynced) return",
        "if (hasResynced === null) return",
        f"{_JS}/session.test.js"
        "::an event that cannot be applied leads to one resync, a second one to a pause (rule 11)",
        'assert.equal(scene.made("bootstrap").length, 2);',
    ),
]

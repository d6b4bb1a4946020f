"""What agents and admins are promised, bullet by bullet as it is specified, and the tests that hold us to it.

A test that is renamed or removed takes its promise with it, and a bullet without promises is none.
"""

from __future__ import annotations

import ast
from functools import cache

import pytest

from curbe.testing.npm import ROOT

HERE, DOMAIN = "inbox/tests", "messenger/tests"
ADMIN, QA, COST, ACCESS = f"{DOMAIN}/admin", f"{DOMAIN}/qa", f"{HERE}/cost", f"{HERE}/access"
COMPOSING, CONNECTION, KEYBOARD = f"{HERE}/test_composing.py", f"{HERE}/test_connection.py", f"{HERE}/test_keyboard.py"
LIST, LISTS, LIVE = f"{HERE}/test_list.py", f"{HERE}/test_lists.py", f"{HERE}/test_teamwork_live.py"
LOG, PEOPLE, REPORTS = f"{HERE}/test_chat_log.py", f"{HERE}/test_people.py", f"{HERE}/test_reports_page.py"
SCREENS, SEARCH, THREAD = f"{HERE}/test_screens.py", f"{HERE}/test_search.py", f"{HERE}/test_thread.py"
READING, STREAMING = f"{HERE}/assistant/test_reading.py", f"{HERE}/assistant/test_streaming.py"
SUGGESTING = f"{HERE}/assistant/test_suggesting.py"
STATES, TOLD, WELCOME = f"{HERE}/test_states.py", f"{HERE}/test_being_told.py", f"{HERE}/test_welcome.py"
SETTINGS, SNIPPETS, TENANCY = f"{ADMIN}/test_settings.py", f"{ADMIN}/test_snippets.py", f"{ADMIN}/test_tenancy.py"
TRANSCRIPT, SELFTEST = f"{DOMAIN}/test_transcript.py", f"{DOMAIN}/test_selftest.py"

# Every bullet of the specification, in its order.
PROMISES: dict[str, dict[str, list[str]]] = {
    "inbox 0: the inbox as a whole": {
        "usable on a phone, light and dark, in both languages, accessible": [
            f"{SCREENS}::test_every_screen_is_accessible_whole_and_easy_to_hit",
            f"{SCREENS}::test_every_page_of_the_inbox_is_a_screen",
        ],
        "English and Spanish": [
            f"{HERE}/test_translations.py::test_every_sentence_of_the_sources_is_translated",
            f"{HERE}/test_signing_in.py::test_the_language_follows_the_reader",
        ],
        "usable without a mouse": [
            f"{KEYBOARD}::test_a_day_without_a_mouse",
            f"{KEYBOARD}::test_every_stop_of_an_open_thread_is_seen_and_none_is_a_trap",
        ],
    },
    "inbox 1: three panes": {
        "the views Mine, Unassigned, All, Snoozed and Closed": [f"{LIST}::test_each_view_holds_what_its_name_says"],
        "the view Mentions": [f"{DOMAIN}/test_mentions.py::test_the_view_holds_the_conversations_that_name_me"],
        "tags and teams": [f"{LISTS}::test_a_team_and_a_tag_are_lists_of_the_rail"],
        "saved views": [
            f"{LISTS}::test_a_list_is_kept_and_forgotten",
            f"{LISTS}::test_a_kept_list_holds_as_many_as_the_rail_says",
        ],
        "counts, ending at 99+": [f"{LIST}::test_counts_end_at_99"],
        "list, thread and panel side by side": [f"{THREAD}::test_it_is_reached_by_its_address_with_the_list_beside_it"],
        "lists update in place": [f"{LIVE}::test_a_conversation_moves_between_the_lists_of_two_agents"],
        "they keep scroll and selection, and never jump under the cursor": [
            f"{LIVE}::test_a_list_keeps_still_while_20_events_a_second_come"
        ],
        "a page costs the same whatever the list holds, and walks an index": [
            f"{COST}/test_statements.py::test_a_page_of_the_inbox_costs_the_same_at_10_and_at_500",
            f"{COST}/test_plans.py::test_every_page_of_every_list_walks_an_index_that_ends_in_its_sort_key",
        ],
    },
    "inbox 2: chat log": {
        "one row per contact": [f"{LOG}::test_a_person_is_one_row_however_many_conversations_they_have"],
        "name, e-mail or Guest, last time, count, unread, open state": [
            f"{LOG}::test_a_row_says_who_when_how_much_and_whether_it_is_open"
        ],
        "newest first": [f"{LOG}::test_the_newest_message_is_on_top_and_a_visit_alone_is_no_row"],
        "searchable": [f"{LOG}::test_it_is_searched_by_name_and_address"],
        "infinite by keyset": [
            f"{COST}/test_plans.py::test_every_page_of_every_list_walks_an_index_that_ends_in_its_sort_key"
        ],
        "expanding shows the timeline over conversations and cycles": [
            f"{LOG}::test_unfolding_shows_all_conversations_and_cycles_in_time_order",
            f"{LOG}::test_a_long_timeline_comes_in_pages_without_holes",
        ],
        "a header with the number of people": [
            f"{LOG}::test_the_header_has_the_number_of_people_and_beyond_what_is_counted_says_so"
        ],
        "the same cost with many people": [
            f"{COST}/test_chat_log.py::test_its_first_page_takes_as_long_with_many_people_as_with_a_thousand"
        ],
    },
    "inbox 3: thread": {
        "messages, notes and events are told apart": [f"{THREAD}::test_it_shows_everything_that_was_said_in_order"],
        "@mentions in notes": [
            f"{COMPOSING}::test_i11_typing_a_note_tells_the_visitor_nothing_and_typing_a_reply_does"
        ],
        "day and cycle dividers": [f"{LOG}::test_unfolding_shows_all_conversations_and_cycles_in_time_order"],
        "delivery and read marks": [f"{THREAD}::test_the_visitors_read_mark_is_theirs"],
        "attachments": [f"{THREAD}::test_files_of_a_message_can_be_opened_and_name_a_row_without_text"],
        "live typing both ways": [
            f"{CONNECTION}::test_where_sockets_are_blocked_the_inbox_polls_within_15_s_and_says_so",
            f"{QA}/test_conversation.py::test_a_visitor_and_an_agent_talk",
        ],
        "streamed assistant answers": [
            f"{STREAMING}::test_an_answer_is_seen_growing_and_becomes_the_message",
            f"{STREAMING}::test_nothing_moves_for_whoever_reads_further_up",
            f"{STREAMING}::test_it_is_void_when_an_agent_replies",
            f"{HERE}/assistant/test_frames.py::test_frames_come_late_twice_and_anew",
        ],
        "with sources": [
            f"{READING}::test_an_answer_has_a_name_its_sources_and_how_it_was_made",
            f"{READING}::test_a_source_is_read_by_every_agent_and_edited_by_admins",
        ],
        "what the assistant hands over, with a summary": [
            f"{READING}::test_a_hand_over_says_why_and_what_it_is_about",
            f"{READING}::test_a_row_says_that_it_was_handed_over_until_a_person_answers",
            f"{STREAMING}::test_a_hand_over_is_there_at_once_with_what_it_is_about",
        ],
        "the assistant waits while an agent writes": [
            f"{STREAMING}::test_it_waits_while_an_agent_writes_a_reply_and_goes_on_after"
        ],
        "older history on scroll": [f"{THREAD}::test_earlier_parts_come_in_pages_without_holes"],
        "jump to message": [
            f"{HERE}/test_search_browser.py::test_a_hit_opens_the_thread_where_it_was_said_and_back_is_back"
        ],
        "edit and redact": [f"{COMPOSING}::test_what_was_said_is_changed_and_removed_by_keyboard_and_menu"],
    },
    "inbox 4: composer": {
        "reply/note switch": [f"{COMPOSING}::test_i11_typing_a_note_tells_the_visitor_nothing_and_typing_a_reply_does"],
        "saved replies by /": [f"{COMPOSING}::test_a_saved_reply_is_typed_with_a_slash_and_filled_in_as_text"],
        "emoji": [f"{COMPOSING}::test_emoji_are_picked_by_mouse_and_by_arrow_keys"],
        "attachments": [f"{COMPOSING}::test_a_file_goes_with_the_message_and_another_kind_is_refused"],
        "Markdown preview": [f"{DOMAIN}/test_preferences.py::test_a_preview_is_what_will_be_stored"],
        "server-side drafts per agent and conversation": [
            f"{COMPOSING}::test_a_draft_is_there_in_another_browser_and_goes_with_the_message",
            f"{DOMAIN}/test_drafts.py::test_it_is_there_in_another_browser",
        ],
        "send-and-close": [f"{COMPOSING}::test_send_and_close_and_the_key_that_sends_is_the_agents_choice"],
        "send-and-snooze": [f"{COMPOSING}::test_send_and_snooze"],
        "suggest a reply, editable before sending": [
            f"{SUGGESTING}::test_an_empty_field_gets_it_to_be_changed_and_sent",
            f"{SUGGESTING}::test_what_was_written_stays_until_the_agent_chooses",
            f"{SUGGESTING}::test_what_comes_to_nothing_is_said_in_a_sentence",
        ],
        "optimistic, without a network": [
            f"{CONNECTION}::test_what_an_agent_says_without_a_network_is_sent_once_when_it_is_back"
        ],
        "the outbox outlives a reload": [
            f"{CONNECTION}::test_what_could_not_be_sent_outlives_a_reload_and_is_sent_once"
        ],
    },
    "inbox 5: working together": {
        "who views or types is on the row": [
            f"{LIVE}::test_a_row_says_who_looks_and_writes_and_what_is_unread_for_oneself"
        ],
        "who of the visitors is there, who looks away": [
            f"{CONNECTION}::test_the_team_sees_who_is_there_who_looks_away_and_who_has_gone"
        ],
        "the collision guard asks before a second answer": [
            f"{COMPOSING}::test_the_collision_guard_keeps_the_second_answer_until_it_is_sent_anyway"
        ],
        "assignment to agents": [f"{HERE}/test_writes.py::test_it_assigns_and_takes_away"],
        "assignment to teams, in turns when a team says so": [
            f"{DOMAIN}/test_teams.py::test_members_get_conversations_in_turns",
            f"{DOMAIN}/test_teams.py::test_a_team_that_does_not_work_in_turns_names_nobody",
        ],
        "mentions notify": [f"{COMPOSING}::test_a_mention_is_told_to_whom_it_names_and_as_they_like"],
    },
    "inbox 6: seen honesty": {
        "opening a thread tells the visitor nothing": [f"{THREAD}::test_i11_opening_a_thread_moves_nothing"],
        "starting to type or replying does": [
            f"{QA}/test_checklist.py::test_q12_seen_is_honest",
            f"{COMPOSING}::test_i11_typing_a_note_tells_the_visitor_nothing_and_typing_a_reply_does",
        ],
    },
    "inbox 7: contact panel": {
        "traits, verified and not told apart; possibly the same person": [
            f"{THREAD}::test_the_panel_tells_verified_from_unverified_and_names_doubles"
        ],
        "current page": [f"{CONNECTION}::test_the_panel_shows_the_page_that_the_visitor_is_on"],
        "visit trail": [f"{THREAD}::test_the_panel_has_its_eight_pages_though_some_were_reloaded"],
        "past conversations": [f"{THREAD}::test_the_panel_leads_to_the_persons_other_conversations"],
        "identity type": [f"{HERE}/test_merged.py::test_the_thread_says_who_it_was"],
        "devices, ratings, tags and notes": [f"{PEOPLE}::test_the_panel_tells_of_notes_ratings_tags_and_browsers"],
        "start a conversation": [f"{PEOPLE}::test_a_conversation_is_begun_once_however_often_it_is_pressed"],
        "block": [f"{PEOPLE}::test_a_person_is_blocked_and_let_in_again"],
        "export": [f"{PEOPLE}::test_a_person_is_exported"],
        "erase": [f"{PEOPLE}::test_nobody_is_erased_before_the_word_is_typed"],
    },
    "inbox 8: search": {
        "all messages": [f"{DOMAIN}/test_search.py::test_it_finds_what_was_said_by_anybody_and_where_it_stands"],
        "all contacts": [
            f"{DOMAIN}/test_search.py::test_people_are_found_by_names_addresses_and_ids_however_they_are_written"
        ],
        "without a time limit": [f"{DOMAIN}/test_search.py::test_pages_are_the_same_whichever_way_the_words_are_found"],
        "highlighted": [f"{SEARCH}::test_the_address_says_what_is_looked_for"],
        "ranked": [f"{DOMAIN}/test_search.py::test_the_words_in_order_and_the_whole_word_come_first_then_the_newest"],
        "jump to message": [f"{SEARCH}::test_a_thread_opens_around_a_part"],
        "full text of the database": [f"{DOMAIN}/test_search.py::test_the_index_is_what_the_database_looks_into"],
    },
    "inbox 9: keyboard": {
        "j, o, r, a, z, / and g-shortcuts, and none while one types": [
            f"{LIVE}::test_everything_is_done_by_keys_and_none_of_them_while_one_types"
        ],
        "? for help": [f"{KEYBOARD}::test_the_dialog_of_keys_keeps_the_focus_and_gives_it_back"],
        "k, n and e": [f"{KEYBOARD}::test_a_day_without_a_mouse"],
        "a command bar": [f"{LIVE}::test_the_command_bar_finds_commands_lists_people_and_conversations"],
    },
    "inbox 10: notifications": {
        "desktop, sound and title": [f"{TOLD}::test_what_is_not_looked_at_is_told_by_desktop_sound_and_title"],
        "silent when looking at the thread": [f"{TOLD}::test_while_the_thread_is_looked_at_nothing_tells"],
        "per agent settings": [f"{TOLD}::test_who_wants_neither_desktop_nor_sound_has_the_title"],
        "a conversation is muted by one agent": [
            f"{TOLD}::test_what_is_muted_tells_nothing_but_who_is_named_until_it_is_not",
            f"{DOMAIN}/test_muting.py::test_it_is_muted_for_one_agent_until_they_say_otherwise",
        ],
        "what the assistant answers rings nowhere, what it hands over once": [
            f"{HERE}/assistant/test_being_told.py::test_what_the_assistant_answers_rings_nowhere_and_what_it_hands_over_once",
            f"{HERE}/assistant/test_being_told.py::test_who_does_not_want_to_be_told_is_not",
        ],
    },
    "inbox 11: reports": {
        "volume, first response, resolution, CSAT and the assistant's share": [
            f"{REPORTS}::test_it_tells_of_every_report_and_every_figure",
            f"{DOMAIN}/reporting/test_recount.py::test_every_report_agrees_with_a_recount_of_the_threads",
        ],
        "per period": [f"{REPORTS}::test_what_is_no_period_is_told_beside_the_usual_one"],
        "charts people can read, and tables": [f"{REPORTS}::test_a_report_is_drawn_and_told_in_tables"],
        "exported as CSV": [
            f"{DOMAIN}/reporting/test_reports.py::test_a_sheet_holds_the_series",
            f"{HERE}/test_reports_browser.py::test_a_report_is_left_and_come_back_to_and_exported",
        ],
    },
    "inbox 12: delivery self-test": {
        "on the settings page, red or green with the remedy": [
            f"{HERE}/test_delivery.py::test_agents_see_red_and_green_and_admins_what_to_do"
        ],
        "in the admin": [f"{ADMIN}/test_delivery.py::test_admins_see_what_works_and_what_to_do"],
        "socket path": [
            f"{HERE}/test_delivery.py::test_a_browser_whose_socket_is_blocked_sees_red_and_the_remedy",
            f"{HERE}/test_delivery.py::test_the_browser_hears_its_own_wake_up",
        ],
        "channel layer": [f"{SELFTEST}::test_a_layer_that_loses_what_is_published_is_red_within_seconds"],
        "database settings": [f"{SELFTEST}::test_a_database_that_forgets_is_red"],
        "workers": [f"{SELFTEST}::test_a_log_that_nobody_prunes_is_red"],
        "clock": [f"{SELFTEST}::test_clocks_that_are_apart_are_red"],
        "storage": [f"{SELFTEST}::test_a_folder_that_cannot_be_written_is_red"],
    },
    "inbox 13: bulk actions, tags, priority, snooze, transcripts": {
        "bulk actions": [
            f"{LIVE}::test_several_are_chosen_and_changed_at_once",
            f"{LISTS}::test_many_are_changed_at_once_and_each_has_its_outcome",
        ],
        "tags and priority": [f"{LISTS}::test_every_button_of_the_head_does_what_it_says"],
        "snooze with natural choices": [
            f"{HERE}/test_snoozes.py::test_the_choices_are_those_that_make_sense",
            f"{LIVE}::test_a_visitor_wakes_what_sleeps_and_so_does_the_time",
        ],
        "transcripts as HTML": [f"{TRANSCRIPT}::test_it_is_a_page_unless_asked_otherwise"],
        "transcripts as text": [f"{TRANSCRIPT}::test_it_can_be_plain_text"],
        "transcripts as JSON": [f"{TRANSCRIPT}::test_it_can_be_data"],
        "to download or e-mail": [
            f"{TRANSCRIPT}::test_an_agent_takes_it_along_with_the_contact_by_name_and_without_notes",
            f"{PEOPLE}::test_the_conversation_is_sent_by_e_mail_and_the_panel_says_so",
        ],
    },
    "inbox 14: states": {
        "empty": [f"{STATES}::test_an_empty_list_says_what_it_waits_for"],
        "loading and error": [f"{STATES}::test_a_list_on_its_way_is_busy_and_one_that_fails_says_so_and_stays"],
        "offline": [f"{CONNECTION}::test_what_an_agent_says_without_a_network_is_sent_once_when_it_is_back"],
        "no view needs a manual reload": [
            f"{HERE}/test_catching_up.py::test_an_inbox_that_missed_50_events_is_as_a_fresh_one",
            f"{HERE}/test_catching_up.py::test_a_chat_log_that_missed_50_events_is_as_a_fresh_one",
            f"{LIVE}::test_a_conversation_moves_between_the_lists_of_two_agents",
            f"{HERE}/test_merge_live.py::test_an_open_inbox_shows_the_person_at_once",
        ],
    },
    "admin": {
        "branded, under the strict policy": [
            f"{ADMIN}/test_pages.py::test_no_page_has_an_inline_script_or_style",
            f"{ADMIN}/test_browser.py::test_an_admin_works_under_the_strict_policy",
        ],
        "the Contact list is a chat log": [
            f"{ADMIN}/test_chat_log.py::test_a_person_is_one_row_whatever_they_start",
            f"{ADMIN}/test_chat_log.py::test_the_newest_message_is_on_top",
            f"{ADMIN}/test_chat_log.py::test_a_row_says_who_when_what_and_whether_it_is_open",
        ],
        "a contact's page shows the timeline": [
            f"{ADMIN}/test_chat_log.py::test_the_timeline_joins_all_conversations_in_order"
        ],
        "widgets with the snippet to paste": [f"{SETTINGS}::test_a_widget_page_has_the_line_to_paste"],
        "a live preview link": [
            f"{SETTINGS}::test_a_widget_page_has_the_line_to_paste",
            f"{SETTINGS}::test_the_preview_embeds_the_widget",
        ],
        "identity secrets are rotated": [f"{SETTINGS}::test_secrets_are_rotated_two_at_a_time"],
        "a secret is shown once": [
            f"{SETTINGS}::test_an_identity_secret_is_shown_once_and_kept_encrypted",
            f"{SNIPPETS}::test_right_after_it_was_made_the_secret_stands_above_its_code",
        ],
        "server code for Python, Node, PHP and Ruby": [f"{SNIPPETS}::test_every_language_signs_the_same"],
        "agents and roles": [f"{SETTINGS}::test_a_new_agent_can_sign_in"],
        "API tokens": [f"{SETTINGS}::test_an_api_token_is_shown_once_and_works"],
        "tenants, articles, audit log, contacts and conversations": [
            f"{ADMIN}/test_pages.py::test_the_admin_of_a_tenant_opens_every_list_and_page"
        ],
        "the verification log": [f"{ADMIN}/test_identity.py::test_the_verification_log_is_newest_first_and_says_why"],
        "read-mostly": [f"{TENANCY}::test_what_the_write_path_keeps_is_not_edited_here"],
        "a tenant admin sees their tenant only": [
            f"{TENANCY}::test_a_list_shows_own_rows_only",
            f"{TENANCY}::test_another_tenants_row_does_not_exist",
            f"{ACCESS}/test_leaks.py::test_i8_no_door_tells_anything_of_another_company",
        ],
        "superusers see all": [f"{ADMIN}/test_pages.py::test_a_superuser_sees_every_company"],
        "an agent sees nothing": [
            f"{TENANCY}::test_s22_an_agent_gets_nothing",
            f"{ACCESS}/test_matrix.py::test_everybody_is_answered_as_written",
        ],
        "no list costs more than a constant number of queries": [
            f"{COST}/test_statements.py::test_every_list_and_page_of_the_admin_costs_the_same_at_10_and_at_500"
        ],
        "every list walks an index": [
            f"{COST}/test_admin_plans.py::test_every_list_of_the_admin_walks_an_index_in_its_order"
        ],
        "nothing is written without a token, framed or kept": [
            f"{ACCESS}/test_guards.py::test_s54_no_door_is_written_through_without_a_token",
            f"{ACCESS}/test_guards.py::test_s53_no_page_lets_itself_be_framed_or_kept",
            f"{HERE}/test_framing.py::test_s53_a_foreign_page_that_frames_it_shows_nothing",
        ],
    },
    "first five minutes": {
        "make run answers in a fresh clone": [
            "curbe/testing/tests/test_fresh_clone.py::test_make_run_answers_in_a_fresh_clone"
        ],
        "the demo login": [f"{DOMAIN}/test_demo.py::test_its_people_and_programs_get_in"],
        "the demo site shows the widget": [f"{DOMAIN}/test_demo_site.py::test_each_shop_embeds_its_own_widget"],
        "a second browser window on the inbox answers": [
            f"{QA}/test_conversation.py::test_a_visitor_and_an_agent_talk"
        ],
        "a fresh install has a first-run page": [
            f"{WELCOME}::test_a_fresh_install_leads_to_its_first_page_and_any_other_to_the_inbox"
        ],
        "it makes tenant, widget and agent": [f"{WELCOME}::test_whoever_has_the_code_sets_it_up_and_is_in"],
        "the snippet to copy": [f"{WELCOME}::test_whoever_has_the_code_sets_it_up_and_is_in"],
        "the first page view turns it green": [
            f"{WELCOME}::test_it_turns_green_when_a_page_of_the_site_asks_for_the_widget"
        ],
    },
}
INBOX_BULLETS = 15  # The paragraph above them is the first.


def test_every_bullet_is_there_and_has_promises():
    inbox = [bullet for bullet in PROMISES if bullet.startswith("inbox ")]
    assert [bullet.split()[1].rstrip(":") for bullet in inbox] == [str(number) for number in range(INBOX_BULLETS)]
    assert [bullet for bullet in PROMISES if bullet not in inbox] == ["admin", "first five minutes"]
    assert [bullet for bullet, promises in PROMISES.items() if not promises] == []


@pytest.mark.parametrize("bullet", PROMISES)
def test_a_promise_has_tests_and_they_exist(bullet):
    assert [promise for promise, tests in PROMISES[bullet].items() if not tests] == []
    assert [test for tests in PROMISES[bullet].values() for test in tests if not exists(test)] == []


def test_a_test_that_is_not_there_would_be_found():
    assert not exists(f"{LIST}::test_nobody_wrote_this")
    assert not exists("inbox/tests/test_nowhere.py::test_it")
    # One case of several is named as pytest names it.
    assert exists(f"{LISTS}::test_a_kept_list_holds_as_many_as_the_rail_says[one]")


def exists(test: str) -> bool:
    path, _, name = test.partition("::")
    return name.partition("[")[0] in names_in(path)


@cache
def names_in(path: str) -> frozenset[str]:
    file = ROOT / path
    if not file.exists():
        return frozenset()
    tests = (ast.FunctionDef, ast.AsyncFunctionDef)
    return frozenset(one.name for one in ast.walk(ast.parse(file.read_text())) if isinstance(one, tests))

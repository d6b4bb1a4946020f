"""What unfolds on the inbox's screens: menus, pickers and bars, and the way to each.

Each starts from wherever the walk of `inbox_screens` is, and leaves it where the next one can begin.
"""

from __future__ import annotations

from collections.abc import Callable

from curbe.testing.desk import Desk

MODIFIED = "Control+k"
PERSON = "Nora"


def to_a_menu(name: str) -> Callable[[Desk], None]:
    """Unfold one of the open conversation's, or of the list's; the one that was open folds by itself."""

    def go(desk: Desk) -> None:
        desk.page.locator(f"#{name} > summary").click()
        desk.appears(f"#{name}[open] > .sheet")

    return go


def to_the_filters(desk: Desk) -> None:
    desk.goes("/inbox/?view=all")
    desk.appears(".row")
    to_a_menu("filters")(desk)


def to_no_rows(desk: Desk) -> None:
    desk.goes("/inbox/?view=all&q=xyzzy")
    desk.appears("#list .empty")


def to_a_selection(desk: Desk) -> None:
    desk.goes("/inbox/?view=all")
    desk.appears(".row")
    desk.page.locator("#list-tools [data-act=pick]").click()
    for number in (0, 1):
        desk.page.locator(".pick").nth(number).click()
    desk.appears(".row.is-picked")


def to_more_lists(desk: Desk) -> None:
    """Where the rail has no room for them, behind a button; elsewhere they are there already."""
    desk.goes("/inbox/?view=all")
    button = desk.page.locator("[popovertarget=shelves]")
    if button.is_visible():
        button.click()
    desk.appears("#shelves")


def to_the_commands(desk: Desk) -> None:
    desk.goes("/inbox/?view=all")
    desk.appears(".row")
    desk.page.wait_for_load_state()
    desk.page.keyboard.press(MODIFIED)
    desk.appears("#command-list [role=option]")


def to_found_commands(desk: Desk) -> None:
    """People and conversations are among them."""
    desk.page.locator("#command").fill(PERSON)
    desk.appears("#command-list [data-href]")


def to_no_command(desk: Desk) -> None:
    desk.page.locator("#command").fill("xyzzy")
    desk.appears("#no-command")


def to_a_part_menu(desk: Desk) -> None:
    """Of the last message, where there is the least room."""
    desk.page.keyboard.press("Escape")
    last = desk.page.locator("#parts > .part:not(.event)").last
    last.hover()
    last.locator(".part-menu > summary").click()
    desk.appears(".part-menu[open] .sheet button")


def to_saved_replies(desk: Desk) -> None:
    desk.opens_first()
    desk.page.locator("#draft").fill("")
    desk.page.locator("#draft").press_sequentially("/")
    desk.appears("#picker [role=option]")


def to_a_preview(desk: Desk) -> None:
    desk.page.locator("#draft").fill("It **left** this morning:\n\n- the lamp\n- `LAMP-2031`")
    desk.page.locator("#preview-button").click()
    desk.appears("#preview strong")


def to_colleagues_to_mention(desk: Desk) -> None:
    desk.opens_first()
    desk.page.locator("#composer button[data-kind=note]").click()
    desk.page.locator("#draft").fill("")
    desk.page.locator("#draft").press_sequentially("@")
    desk.appears("#picker [role=option]")

/** What agents do with many conversations, and with the keyboard: the modules for it, wired to the page. */
import { startCommands } from "./commands.js";
import { startFilters } from "./filters.js";
import { act, PLACES } from "./keys.js";
import { startMenus } from "./menus.js";
import { startSelection } from "./selection.js";

export function startTeamwork() {
  startMenus();
  startSelection();
  startFilters();
  startCommands(act, PLACES);
}

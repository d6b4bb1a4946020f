/** What this computer keeps for its agents: drafts, and messages on their way. */
import { storeOf } from "../widget/browser.js";

export const store = storeOf(() => localStorage);

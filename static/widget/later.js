/**
 * The parts of the screen that are loaded when they are first wanted. They import the small pieces, so this is no piece.
 *
 * @import {Ui} from "./parts.js"
 */

import { useEffect, useState } from "../vendor/hooks.js";
import { h } from "../vendor/preact.js";

const files = () => import("./files.js");
const help = () => import("./help.js");
/** Where the parts are that are loaded when they are first wanted. @type {Record<string, () => Promise<any>>} */
const PARTS = {
  Article: help,
  Emoji: () => import("./emoji.js"),
  Feedback: () => import("./feedback.js"),
  Files: files,
  Help: help,
  Menu: () => import("./menu.js"),
  Prechat: () => import("./prechat.js"),
  Tray: files,
};

/** One of them, with all other properties.
 * @param {{ui: Ui, of: string, [more: string]: any}} props */
export function Later({ of, ...props }) {
  const [part, setPart] = useState(/** @type {any} */ (null));
  useEffect(() => void Promise.all([PARTS[of]?.(), props.ui.more()]).then(([loaded]) => setPart(() => loaded[of]), props.ui.lack), []);
  return part && h(part, props);
}

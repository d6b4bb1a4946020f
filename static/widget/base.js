/**
 * What the frame and the parts that are loaded later have in common. Collected static files have all of it in this one
 * file, and the rest of the frame in main.js.
 */

export * from "../realtime/outbox.js";
export * from "../realtime/reducer.js";
export * from "./api.js";
export * from "./browser.js";
export * from "./look.js";
export * from "./machine.js";
export * from "./parts.js";

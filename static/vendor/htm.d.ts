import type { VNode } from "./preact.js";

/** Tagged templates instead of JSX: no build step. */
declare const htm: {
  bind(h: (...args: any[]) => VNode): (strings: TemplateStringsArray, ...values: unknown[]) => any;
};
export default htm;

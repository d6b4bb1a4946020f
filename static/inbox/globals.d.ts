/** The two vendored libraries, as far as the inbox uses them. Both put one name on the window. */

interface Htmx {
  process(element: Element): void;
  ajax(method: "GET", path: string, options: { source: Element; target: Element; swap: string }): Promise<void>;
}

interface MorphCallbacks {
  beforeNodeMorphed?: (old: Node, fresh: Node) => boolean | void;
  beforeAttributeUpdated?: (name: string, node: Element, change: "update" | "remove") => boolean | void;
}

interface IdiomorphLibrary {
  morph(
    old: Element,
    fresh: Element,
    options: { morphStyle: "outerHTML" | "innerHTML"; callbacks?: MorphCallbacks },
  ): void;
}

interface Window {
  htmx: Htmx;
  Idiomorph: IdiomorphLibrary;
}

/**
 * For the tests of S38, in a page: everything that is not an element of ours, or that leads, loads or says what nothing of
 * ours does. `shapes`: which elements there may be, with which attributes.
 */
(/** @type {Record<string, string[]>} */ shapes) => {
  const ADDRESSES = ["href", "src", "action", "formaction", "data", "poster", "background", "ping", "srcset", "xlink:href"];
  const OF_PEOPLE = ".rich, .prose, .thread-body";
  /** @type {string[]} */
  const faults = [];
  /** @param {Document | ShadowRoot} root
   * @returns {Element[]} what is in its shadow roots, too */
  const inside = (root) => [...root.querySelectorAll("*")].flatMap((one) => [one, ...(one.shadowRoot ? inside(one.shadowRoot) : [])]);
  for (const one of inside(document)) {
    const names = one.getAttributeNames();
    const known = shapes[one.localName];
    const fault = (/** @type {string} */ why) => faults.push(`${why}: ${one.cloneNode(false).outerHTML}`);
    if (!known) fault("an element of nobody's");
    if (names.some((name) => name.startsWith("on") || !known?.includes(name))) fault("an attribute of nobody's");
    if (one.localName === "script" && one.textContent.trim() && one.type !== "application/json") fault("inline");
    if (/url\(|expression/i.test(one.getAttribute("style") ?? "")) fault("a style that loads");
    const isPeoples = one.parentElement?.closest(OF_PEOPLE) && !one.closest(".attached");
    if (isPeoples && names.some((name) => !["href", "rel", "title"].includes(name))) fault("more than markup");
    for (const name of ADDRESSES.filter((name) => names.includes(name))) {
      const url = URL.parse(one.getAttribute(name) ?? "", document.baseURI);
      if (!url) continue;
      const isOurs = url.origin === location.origin && ["http:", "https:", "blob:"].includes(url.protocol);
      const isLink = one.localName === "a" && name === "href" && ["http:", "https:", "mailto:"].includes(url.protocol);
      if (!isOurs && !isLink) fault("an address");
      const isCompanys = one.closest("form.prechat .consent"); // Its own privacy policy, given in the admin.
      if (!isOurs && isLink && !isCompanys && one.rel !== "noopener nofollow ugc") fault("a link that vouches");
      if (url.username || url.password) fault("a link with user info");
    }
  }
  return faults;
};

/*! Curbe Messenger */
/* One script per widget: draws the launcher, and costs nothing before somebody wants to talk. */
(() => {
  /** Filled in when it is served, and so are the styles below.
   * @type {{widget_id: string, tenant_id: string, appearance: Record<string, any>}} */
  const config = /** @type {any} */ ("CURBE_CONFIG");
  /** @type {any} */
  const page = window;
  if (page.Curbe?.loaded || /bot\b|crawl|spider|slurp/i.test(navigator.userAgent)) return;

  const script = /** @type {HTMLScriptElement} */ (
    document.currentScript ?? document.querySelector(`script[src*="/widget/${config.widget_id}"]`)
  );
  const source = new URL(script.src);
  const HINT = `curbe_history:${config.tenant_id}`;
  const DEVICE = `curbe_device_id:${config.tenant_id}`;
  /** shared.js where the tenant wants that, otherwise nothing. @type {{read(): string | undefined, write(value: string): void} | undefined} */
  const shared = /** @type {any} */ ("CURBE_SHARED")?.(`curbe_device_id_${config.tenant_id}`);
  /** The message whose preview the visitor has put away. */
  const DISMISSED = `curbe_dismissed:${config.tenant_id}`;
  /** The same on this page, where storage is blocked. */
  let dismissed = "";
  /** What of the preview stands there. */
  let drawn = "";
  /** The devices whose sessions have still to be ended on the server. */
  const LEAVING = `curbe_leaving:${config.tenant_id}`;
  const WORDS = {
    en: ["Open chat", "Close chat", "unread", "Chat is not available right now.", "Dismiss"],
    es: ["Abrir el chat", "Cerrar el chat", "sin leer", "El chat no está disponible ahora.", "Descartar"],
  };
  const DARK = matchMedia("(prefers-color-scheme: dark)");
  const PHONE = matchMedia("(max-width: 480px)");

  /** @type {Record<string, any>} */
  let settings = {};
  let isActive = false;
  let isOpen = false;
  let isDebugging = false;
  /** The page wants no badge and no preview. */
  let isQuiet = false;
  /** What the frame last said of its state; the preview is of the latest message that is unread.
   * @type {{contact?: any, unread: number, preview?: {id: string, conversation: string, author: string, text: string}}} */
  let known = { unread: 0 };
  /** What stands before the page's own title. */
  let mark = "";
  /** What has stood there: pages keep their title and bring it back. */
  const marks = new Set([mark]);
  /** @returns {Record<string, any[]>} functions of the page */
  const none = () => ({ onShow: [], onHide: [], onUnreadCountChange: [], onUserEmailSupplied: [], onAuthRequired: [] });
  let callbacks = none();
  /** The page has booted since its user was signed out from elsewhere: then even the same proof holds again. */
  let isBoot = true;
  /** Why the page's word for its user was not taken, until it says something else. */
  let refusal = "";
  /** @type {HTMLIFrameElement | null} */
  let frame = null;
  /** @type {MessagePort | null} */
  let port = null;
  /** What the frame is to hear, in order. @type {Promise<any>} */
  let line;
  /** Begins the line. @type {Function} */
  let connected;
  /** Whether the frame is this session's, and not there just to end one. */
  let isWanted = false;
  let lacks = 0;
  /** Of the session: what was said of an earlier one arrives too late. */
  let visit = 0;
  /** @type {string | null} */
  let memory = null;
  /** @type {Element | null} */
  let opener = null;
  /** What the page's own overflow was, while the panel covers all of it. @type {string | null} */
  let overflow = null;

  // Drawing: a shadow root, styled through the CSSOM, so that a strict policy of the page needs no exception for us.

  const root = document.createElement("curbe-messenger");
  const shadow = root.attachShadow({ mode: "open" });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync("CURBE_STYLES");
  shadow.adoptedStyleSheets = [sheet];
  const box = add("div", shadow);
  const panel = add("div", box, "panel");
  const note = add("p", box, "note");
  const preview = add("div", box, "preview");
  for (const one of [note, preview]) one.setAttribute("role", "status");
  const launcher = /** @type {HTMLButtonElement} */ (add("button", box, "launcher"));
  launcher.type = "button";
  const badge = add("span", launcher, "badge");
  badge.setAttribute("aria-hidden", "true");

  /** @param {string} tag
   * @param {ParentNode} parent
   * @param {string} [name]
   * @returns {HTMLElement} */
  function add(tag, parent, name = "") {
    const made = document.createElement(tag);
    made.className = name;
    parent.append(made);
    return made;
  }

  /** @param {string} name
   * @param {any} otherwise */
  function look(name, otherwise) {
    return settings[name] ?? config.appearance[name] ?? otherwise;
  }

  function language() {
    return String(settings.language_override || document.documentElement.lang || navigator.language || "en");
  }

  function words() {
    return WORDS[language().toLowerCase().startsWith("es") ? "es" : "en"];
  }

  /** Everything that shows follows from the state, as often as it changes. */
  function draw() {
    const [open, close, word] = words();
    const action = String(look("action_color", "#1f5eff"));
    const theme = look("theme_mode", "auto");
    const isDark = theme === "dark" || (theme !== "light" && DARK.matches);
    box.className = `${isOpen ? "open " : ""}${isDark ? "dark" : ""}`;
    const away = `${parseFloat(look("horizontal_padding", 20))}px`;
    const isLeft = look("alignment", "") === "left";
    root.style.zIndex = look("z_index", "");
    for (const [name, value] of Object.entries({
      "--left": isLeft ? away : "auto",
      "--right": isLeft ? "auto" : away,
      "--x": away,
      "--y": `${parseFloat(look("vertical_padding", 20))}px`,
      "--action": action,
      "--ink": isLight(action) ? "#16181d" : "#fff",
    }))
      box.style.setProperty(name, value);
    launcher.hidden = !!look("hide_default_launcher", "");
    launcher.setAttribute("aria-expanded", String(isOpen));
    launcher.setAttribute("aria-label", isOpen ? close : known.unread ? `${open}, ${known.unread} ${word}` : open);
    const unread = isOpen ? 0 : known.unread;
    const count = unread > 99 ? "99+" : String(unread);
    badge.hidden = isQuiet || !unread;
    badge.textContent = count;
    drawPreview(unread);
    entitle(unread ? `(${count}) ` : "");
    fit();
  }

  /** @param {number} unread */
  function drawPreview(unread) {
    const { id = "", conversation, author, text } = known.preview ?? {};
    const isShown = unread && !isQuiet && text && ![dismissed, stored(DISMISSED)].includes(id);
    const [, , , , label = ""] = words();
    const now = isShown ? id + text + label : "";
    if (drawn === now) return;
    drawn = now;
    preview.replaceChildren();
    if (!isShown) return;
    const open = add("button", preview, "text");
    add("b", open).textContent = author ?? "";
    add("span", open).textContent = text + (text.length < 120 ? "" : "…");
    open.onclick = () => show({ space: "conversation", conversation });
    const dismiss = add("button", preview, "dismiss");
    dismiss.setAttribute("aria-label", label);
    dismiss.textContent = "✕";
    dismiss.onclick = () => {
      stored(DISMISSED, (dismissed = id));
      draw();
      launcher.focus();
    };
  }

  function ownTitle() {
    const [all, count] = /^(\(\d+\+?\))(?: |$)/.exec(document.title) ?? ["", ""]; // A page may have no title of its own.
    return document.title.slice(marks.has(`${count} `) ? all.length : 0);
  }

  /** The number of unread messages goes before the page's title, whatever the page makes of that meanwhile.
   * @param {string} wanted */
  function entitle(wanted) {
    const title = wanted + ownTitle();
    marks.add((mark = wanted));
    if (document.title !== title) document.title = title;
  }

  /** A phone's keyboard covers a fixed element: the panel follows what is really visible, and the page stays put. */
  function fit() {
    const seen = window.visualViewport;
    const isFull = isOpen && PHONE.matches;
    panel.style.height = isFull && seen ? `${seen.height}px` : "";
    panel.style.top = isFull && seen ? `${seen.offsetTop}px` : "";
    if (isFull === (overflow !== null)) return;
    const { style } = document.documentElement;
    [style.overflow, overflow] = isFull ? ["hidden", style.overflow] : [overflow ?? "", null];
  }

  /** Whether dark ink reads better on it, by WCAG's relative luminance.
   * @param {string} color #rrggbb; white ink on any other */
  function isLight(color) {
    const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => (parseInt(color.slice(at, at + 2), 16) / 255) ** 2.2);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.183;
  }

  // Identity of the browser: a secret of this site, made when somebody wants to talk, handed to the frame and to nobody else.

  /** Storage may be blocked: then nothing is remembered, and all else works.
   * @param {string} key
   * @param {string | null} [value] null removes */
  function stored(key, value) {
    try {
      if (value === null) localStorage.removeItem(key);
      else if (value !== undefined) localStorage.setItem(key, value);
      return localStorage.getItem(key);
    } catch {
      return null;
    }
  }

  /** @param {string} [but] known to be of no more use */
  function read(but) {
    return [shared?.read(), stored(DEVICE)].find((id) => id !== but && /^[\w-]{43,128}$/.test(id ?? ""));
  }

  /** @param {string} id */
  function keep(id) {
    stored(DEVICE, id);
    shared?.write(id);
    return (memory = id);
  }

  /** 258 random bits: 43 of the 44 characters of 33 bytes, in the alphabet of URLs. */
  function newDeviceId() {
    const text = btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(33))));
    return text.replaceAll("+", "-").replaceAll("/", "_").slice(1);
  }

  /** Two tabs that start together agree on one: by a lock, or where there is none by writing and reading again.
   * @param {string} [but] known to be of no more use */
  async function deviceId(but) {
    const agree = async () => keep(read(but) ?? newDeviceId());
    try {
      memory ??= read(but) ?? (await navigator.locks.request(DEVICE, agree));
    } catch {
      await agree();
      await new Promise((resolve) => setTimeout(resolve, 60));
    }
    return keep(read(but) ?? memory ?? newDeviceId());
  }

  // The frame, and the one channel to it.

  function ensureFrame() {
    if (isWanted || !isActive) return;
    makeFrame();
    isWanted = true;
    post(introduction());
    focusChanged();
  }

  function makeFrame() {
    if (frame) return;
    note.hidden = true;
    const made = /** @type {HTMLIFrameElement} */ (add("iframe", panel));
    frame = made;
    line = new Promise((resolve) => (connected = resolve));
    made.title = "Chat";
    made.allow = "clipboard-write";
    // A page that failed to load has fired "load" too, but never says that it is ready.
    made.onload = () => setTimeout(() => frame === made && !port && unavailable(), 2000);
    made.src = `${source.origin}/widget/${config.widget_id}/frame#${encodeURIComponent(location.origin)}`;
    draw();
  }

  function unavailable() {
    const wasOpen = isOpen;
    known.preview = undefined; // The note goes where it is.
    dropFrame();
    setOpen(false);
    note.textContent = words()[3] ?? "";
    note.hidden = !wasOpen;
    setTimeout(() => (note.hidden = true), 8000);
  }

  function dropFrame() {
    port?.close();
    frame?.remove();
    frame = port = null;
    isWanted = false;
  }

  /** Begin with another frame where this one was. */
  function remake() {
    dropFrame();
    place();
    ensureFrame();
    if (isOpen) show();
  }

  /** @param {MessageEvent} event */
  function greeted({ source: from, origin, data }) {
    if (!frame || port || from !== frame.contentWindow || origin !== source.origin || data !== "curbe:ready") return;
    const { port1, port2 } = new MessageChannel();
    port = port1;
    port1.onmessage = (event) => port === port1 && hear(event.data);
    frame.contentWindow?.postMessage("curbe:port", source.origin, [port2]);
    connected();
  }

  /** Begins a session in the frame.
   * @param {Promise<string>} [given] the device
   * @returns {Promise<object>} */
  async function introduction(given) {
    const n = ++visit;
    const device_id = await (given ?? deviceId());
    return { t: "init", n, ...config, device_id, page: where(), ...context() };
  }

  /** @param {object | Promise<object>} message */
  function post(message) {
    // Through JSON, because a page may give functions and elements, which no port takes.
    const send = (/** @type {any[]} */ [ready]) => port?.postMessage(JSON.parse(JSON.stringify(ready)));
    line = Promise.all([message, line]).then(send).catch(console.warn);
  }

  function context() {
    return { settings, is_boot: isBoot, language: language(), is_debugging: isDebugging };
  }

  function where() {
    return { url: location.href, title: ownTitle(), referrer: document.referrer };
  }

  /** @param {object} message */
  function tell(message) {
    if (isWanted) post(message);
  }

  /** @param {any} message */
  function hear({ t, n, ...message }) {
    if (n && n !== visit) return;
    if (message.settings) [settings, isBoot] = [message.settings, false]; // What is left when their user has gone.
    heard[t]?.(message);
  }

  /** @type {Record<string, (message: any) => void>} */
  const heard = {
    close: hide,
    state: learn,
    /** The ended device's successor is whatever this browser has agreed on since, or a new one; nobody needs it before
     * somebody looks. */
    again({ device_id }) {
      learn({ unread: 0 });
      memory = null;
      isWanted = isOpen;
      if (!isOpen) return;
      post(introduction(deviceId(device_id)));
      tell({ t: "open" });
      focusChanged();
    },
    /** A part of the frame could not be loaded. Browsers ask for it once per page, so it takes another frame. */
    lacking() {
      if (lacks++ < 3) remake();
    },
    device: ({ device_id }) => keep(device_id),
    email_supplied: () => callbacks.onUserEmailSupplied.forEach((run) => attempt(run)),
    auth_required({ code }) {
      refusal = code;
      callbacks.onAuthRequired.forEach(askForProof);
    },
    /** The page announces somebody else: the first one's session ends. */
    other() {
      const [given, wasOpen] = [settings, isOpen];
      shutdown();
      boot(given);
      if (wasOpen) show();
    },
    /** A session has ended, on the server too if the device is named. Else the next page, or the network's return, tries
     * again. */
    gone({ device_id }) {
      stored(LEAVING, stored(LEAVING)?.replace(device_id, "").trim() || null);
      if (!isWanted) dropFrame();
      if (!isActive) root.remove();
    },
  };

  /** @param {any} message */
  function learn(message) {
    const { unread } = known;
    known = message;
    stored(HINT, message.hint);
    draw();
    if (known.unread !== unread) callbacks.onUnreadCountChange.forEach((run) => attempt(run, known.unread));
  }

  /** What the page's own functions throw is the page's to see, and stops nothing of ours.
   * @param {Function} run
   * @param {any[]} args */
  function attempt(run, ...args) {
    try {
      return run(...args);
    } catch (error) {
      console.warn(error);
    }
  }

  /** @param {Function} run of the page; what it returns is the new token */
  function askForProof(run) {
    const asked = callbacks;
    Promise.resolve(refusal)
      .then((code) => run(code))
      .then((token) => token && typeof token === "string" && asked === callbacks && update({ user_jwt: token }))
      .catch(console.warn);
  }

  function focusChanged() {
    tell({ t: "focus", on: document.hasFocus() && document.activeElement !== root });
  }

  /** @param {boolean} value */
  function setOpen(value) {
    if (value === isOpen) return;
    isOpen = value;
    draw();
    callbacks[value ? "onShow" : "onHide"].forEach((run) => attempt(run));
  }

  /** @param {object} [wish] where to go: space, conversation or text */
  function show(wish = {}) {
    if (!isActive) return;
    opener = isOpen ? opener : (document.activeElement ?? null);
    ensureFrame();
    setOpen(true);
    tell({ t: "open", ...wish });
    frame?.focus();
  }

  function hide() {
    if (!isOpen) return;
    setOpen(false);
    tell({ t: "closed" });
    const target = !launcher.hidden ? launcher : /** @type {HTMLElement | null} */ (opener);
    target?.focus?.();
  }

  // The page's own API.

  /** What of the page's settings can be handed on: what JSON can say.
   * @param {Record<string, any>} given */
  function plain(given) {
    /** @type {typeof given} */
    const kept = {};
    let lost = "";
    for (const name of Object.keys(Object(given)))
      try {
        kept[name] = JSON.parse(JSON.stringify(given[name]) ?? null);
      } catch {
        lost += ` ${name}`; // Handled: the page is told.
      }
    if (lost) console.warn(`Curbe has no use for${lost}.`);
    return kept;
  }

  /** @param {Record<string, any>} [given] */
  function boot(given = {}) {
    isBoot = true;
    if (isActive) return change(given);
    isActive = true;
    settings = plain(given);
    if (document.body) attach();
    else document.addEventListener("DOMContentLoaded", attach, { once: true });
  }

  /** Beside the body, so that a swap of the body leaves it alone. Moving it would load the frame again. */
  function place() {
    if (!root.isConnected) document.documentElement.append(root);
  }

  function attach() {
    leave();
    if (!isActive) return;
    place();
    root.hidden = false;
    draw();
    Curbe.booted = true;
    if (stored(HINT)) (page.requestIdleCallback ?? setTimeout)(ensureFrame);
  }

  function shutdown() {
    // Until the server knows, which this page may not live to see.
    if (read()) stored(LEAVING, `${stored(LEAVING) ?? ""} ${read()}`);
    if (isWanted) post({ t: "shutdown" });
    else leave();
    stored(DEVICE, null);
    stored(DISMISSED, null);
    shared?.write("");
    visit++;
    memory = null;
    refusal = "";
    settings = {};
    isWanted = isActive = isOpen = Curbe.booted = false;
    root.hidden = true;
    learn({ unread: 0, hint: null });
    if (!frame) root.remove();
  }

  /** Ends a session that no frame of this page has begun: an earlier page did, and left in a hurry. */
  function leave() {
    for (const device_id of stored(LEAVING)?.match(/\S+/g) ?? []) {
      place();
      makeFrame();
      post({ t: "leave", ...config, device_id, is_alone: !read() });
    }
  }

  /** @param {Record<string, any>} [given] nothing: a page view of a single-page site */
  function update(given) {
    if (!isActive) return;
    if (given) change(given);
    else tell({ t: "visit", page: where() });
  }

  /** @param {Record<string, any>} given */
  function change(given) {
    const told = JSON.stringify(settings);
    given = plain(given);
    settings = { ...settings, ...given };
    if (JSON.stringify(settings) === told) return;
    refusal = "";
    draw();
    tell({ t: "settings", given, ...context() });
  }

  /** @param {unknown} text of the page, or the event that its button passes on */
  function worded(text) {
    return typeof text === "string" ? text : "";
  }

  /** @type {Record<string, Function>} */
  const methods = {
    boot,
    shutdown() {
      callbacks = none();
      shutdown();
    },
    update,
    hide,
    show: () => show(),
    showSpace(/** @type {string} */ space) {
      const isKnown = /^(home|messages|help)$/.test(space);
      if (!isKnown) console.warn(`Curbe has no space "${space}".`);
      show({ space: isKnown ? space : "home" });
    },
    showMessages: () => show({ space: "messages" }),
    showNewMessage: (/** @type {unknown} */ text) => show({ space: "new", text: worded(text) }),
    startConversation(/** @type {unknown} */ text) {
      show({ space: "new" });
      tell({ t: "say", text: worded(text) });
    },
    showConversation: (/** @type {string} */ conversation) => show({ space: "conversation", conversation }),
    showArticle: (/** @type {string} */ article) => show({ space: "article", article }),
    reset() {
      ensureFrame();
      tell({ t: "reset", device_id: newDeviceId() });
    },
    getVisitorId: () => methods.whoami?.().contact_id,
    whoami() {
      const { widget_id, tenant_id } = config;
      const { id: contact_id = null, type = null } = known.contact ?? {};
      return { widget_id, tenant_id, contact_id, type, booted: isActive };
    },
    ready: (/** @type {unknown} */ run) => typeof run === "function" && attempt(run),
    reattach_activator() {}, // Clicks are heard on the document, so there is nothing to attach again.
    hideNotifications(isHidden = true) {
      isQuiet = !!isHidden;
      draw();
    },
    trackEvent(/** @type {unknown[]} */ ...event) {
      if (!isDebugging) return;
      ensureFrame();
      tell({ t: "event", event });
    },
    debug(on = true) {
      isDebugging = !!on;
      tell({ t: "settings", ...context() });
    },
  };

  for (const name of Object.keys(callbacks))
    methods[name] = (/** @type {unknown} */ run) => {
      if (typeof run !== "function") return;
      callbacks[name].push(run);
      if (name === "onUnreadCountChange") attempt(run, known.unread);
      if (name === "onAuthRequired" && refusal) askForProof(run);
    };

  /** @type {any} */
  const Curbe = (/** @type {string} */ method, /** @type {any[]} */ ...args) => {
    if (Object.hasOwn(methods, method)) return methods[method]?.(...args);
    console.warn(`Curbe has no method "${method}".`);
  };
  Curbe.loaded = config.widget_id;
  Curbe.booted = false;

  launcher.onclick = () => (isOpen ? hide() : show());
  launcher.onpointerenter = launcher.onfocus = ensureFrame;
  shadow.addEventListener("keydown", (event) => /** @type {KeyboardEvent} */ (event).key === "Escape" && hide());
  document.addEventListener("click", (event) => {
    const selector = look("custom_launcher_selector", "");
    const target = /** @type {Element} */ (event.target);
    if (!isActive || !selector || !attempt(() => target.closest?.(selector))) return;
    event.preventDefault();
    show();
  });
  DARK.onchange = () => isActive && draw();
  addEventListener("message", greeted);
  addEventListener("online", leave);
  for (const name of ["focus", "blur"]) addEventListener(name, focusChanged);
  for (const name of ["resize", "scroll"]) window.visualViewport?.addEventListener(name, fit);
  const watcher = new MutationObserver(() => {
    if (!isActive || !document.body) return;
    if (isWanted && port && !root.isConnected) remake(); // A frame that was taken out has lost its page.
    else place();
    // The page has changed its title, or its head. Later, because it may have an opinion of its own, again and again.
    if (marks.size > 1) setTimeout(() => entitle(mark), 50);
  });
  watcher.observe(document.documentElement, { childList: true });
  watcher.observe(document.head, { childList: true, subtree: true, characterData: true });

  // What the page said before we were here, in its order.

  const isIntercom = source.searchParams.get("compat") === "intercom" || Array.isArray(page.Intercom?.q);
  const stubs = [page.Curbe, isIntercom ? page.Intercom : null];
  const said = stubs.flatMap((stub) => [...(stub?.q ?? [])]);
  page.Curbe = Curbe;
  if (isIntercom) page.Intercom = Curbe;
  if (!said.some(([method]) => method === "boot")) boot(page.curbeSettings ?? page.intercomSettings ?? {});
  for (const [method, ...args] of said) Curbe(method, ...args);
})();

/** The first page of a fresh install: the code is in the address that the server printed, the time zone is known here. */

const field = (/** @type {string} */ name) => /** @type {HTMLInputElement | null} */ (document.querySelector(`[name=${name}]`));

const code = field("code");
if (code && !code.value && location.hash.length > 1) {
  code.value = location.hash.slice(1);
  history.replaceState(null, "", location.pathname); // It is worth something until the form is sent.
}

const zone = field("time_zone");
if (zone && zone.value === "UTC") zone.value = Intl.DateTimeFormat().resolvedOptions().timeZone;
if (zone && !zone.value) zone.value = "UTC";

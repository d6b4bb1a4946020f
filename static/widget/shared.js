/**
 * The device id of tenants who want one visitor across the subdomains of their site: in a cookie of the registrable
 * domain. Becomes part of the loader where the tenant wants that, and costs nobody else a byte.
 *
 * @param {string} name of the cookie
 */
(name) => ({
  /** @returns {string | undefined} */
  read() {
    try {
      return document.cookie.split(`${name}=`)[1]?.split(";")[0];
    } catch {
      return undefined; // Handled: a sandbox without cookies.
    }
  },
  /** On the widest domain that the browser accepts, which is the registrable one.
   * @param {string} value none removes */
  write(value) {
    const labels = location.hostname.split(".");
    const rest = `path=/;samesite=lax;max-age=${value ? 31536e3 : 0}${location.protocol === "https:" ? ";secure" : ""}`;
    for (let at = labels.length; (this.read() ?? "") !== value && at >= 0; )
      document.cookie = `${name}=${value};${rest}${at-- ? `;domain=${labels.slice(at).join(".")}` : ""}`;
  },
});

/**
 * Signing out of what an earlier page has left: in a hurry, or without a network. Loaded when there is such a thing.
 *
 * @import {Store} from "../realtime/types.js"
 * @import {Request} from "./api.js"
 */

import { leave } from "./api.js";

/** Resolves when the server has said that the session is over; rejects with ApiError when it has not.
 * @param {Request} request
 * @param {Store} store
 * @param {string} widget_id
 * @param {{tenant_id: string, device_id: string, is_alone: boolean}} whose alone: nobody has come after them, so whatever
 *   texts this browser has are theirs */
export function leaveLater(request, store, widget_id, { tenant_id, device_id, is_alone }) {
  const kinds = is_alone ? ["outbox", "draft", "cache", "prechat"] : [];
  for (const key of kinds.flatMap((kind) => store.keys(`curbe_${kind}:${tenant_id}`))) store.remove(key);
  return leave(request, { widget_id, device_id });
}

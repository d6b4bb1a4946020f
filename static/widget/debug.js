/**
 * The trail that the debugging plan asks for. Never a credential. Loaded when somebody wants it.
 *
 * @import {Init, State} from "./types.js"
 */

import { identityOf } from "./machine.js";

/** Write a step to the console.
 * @param {string} step
 * @param {{traceId: string, widgetId: string, init: Init, device: string, state?: State, more?: object}} scene */
export function report(step, { traceId, widgetId, init, device, state, more }) {
  const ids = { trace_id: traceId, widget_id: widgetId, tenant_id: init.tenant_id, device, identity: state && identityOf(state) };
  const where = { contact_id: state?.log.contact?.id ?? null, conversation_id: state?.thread ?? null };
  console.info(`[curbe] ${step} ${JSON.stringify({ ...ids, ...where, ...more })}`);
}

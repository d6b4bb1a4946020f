/** What the widget's modules agree on. */
import type { Attachment, Batch, Contact, Conversation, Entry, LogState, Message, ReplyTime, Typist } from "../realtime/types.d.ts";

import type { Connection } from "../realtime/socket.js";

export type { Attachment, Batch, Contact, Conversation, Entry, LogState, Message, Typist };

export type Phase = "starting" | "ready" | "unavailable" | "refused" | "ended";
export type Space = "home" | "messages" | "conversation" | "help" | "article";
export type Identity = "none" | "device" | "anonymous" | "lead" | "user" | "shutdown";

export interface Widget {
  id: string;
  tenant_id: string;
  name: string;
  appearance: Record<string, any>;
  greeting: string;
  texts: Record<string, Record<string, string>>;
  features: Record<string, unknown>;
  prechat: Prechat;
  /** Some of the people who answer. */
  team: { name: string; avatar_url: string | null }[];
  thread_policy: "conversations" | "single_thread";
  availability: Availability;
}

/** Whether somebody answers, how soon, and when the office opens next. */
export interface Availability {
  online: boolean;
  reply_time: ReplyTime;
  back_at: string | null;
}

/** What a guest is asked before their first message; without `enabled`, nothing. */
export interface Prechat {
  enabled?: boolean;
  skippable?: boolean;
  /** name, email and phone are the person's own, other names are custom attributes. */
  fields?: { name: string; required?: boolean; label?: Record<string, string> }[];
  consent?: { required?: boolean; url?: string } | null;
}

/** Something that went wrong and that the visitor has to know. */
export interface Problem {
  code: string;
  trace_id: string;
  retry: "start" | "boot" | null;
}

export interface State {
  phase: Phase;
  connection: Connection;
  /** What the browser says of the network. */
  isOffline: boolean;
  /** Applying the log failed twice: nothing more is applied until the page is loaded again. */
  isPaused: boolean;
  isOpen: boolean;
  /** Whether the visitor, or the page, has been somewhere yet: until then, opening chooses. */
  hasChosen: boolean;
  space: Space;
  /** A conversation id, "open" for get-or-open, or "new:<uuid>" for an explicit new one. With an article, the one that
   * it was cited in, to go back to. */
  thread: string | null;
  /** The slug of the help article that is read. */
  article: string | null;
  /** Grows whenever somebody goes somewhere. A thread that is known by another name is still the same place. */
  arrival: number;
  /** A text that the page wants in the composer. */
  prefill: string | null;
  /** Texts that the page has the visitor say, as soon as they may. */
  saying: string[];
  /** Where the page wants the visitor to be, as soon as there is a session. */
  wish: { space?: string; conversation?: string; article?: string; text?: string };
  log: LogState;
  entries: Entry[];
  typing: Record<string, Typist[]>;
  loading: Record<string, boolean>;
  widget: Widget | null;
  availability: Availability;
  /** The visitor has filled in the pre-chat form, or gone past it. */
  isExcused: boolean;
  problem: Problem | null;
  limit: number;
  /** The id of the user whom the page announces, verified or not. */
  announced: string | null;
  /** The announced user's proof has not been answered yet: what is written waits. */
  isPending: boolean;
}

export interface Snapshot {
  session_token: string;
  tenant_id: string;
  widget: Widget;
  contact: Contact | null;
  merged_from: string[];
  conversations: Conversation[];
  messages: Message[];
  cursor: string | null;
  availability: Availability;
  realtime: { url: string };
  limits: { message_characters: number };
}

/** What the loader hands over, once for each session. */
export interface Init {
  /** The session's number on this page. */
  n: number;
  tenant_id: string;
  device_id: string;
  page: { url: string; title: string; referrer: string };
  settings: Record<string, any>;
  /** Said on purpose: a proof that has served its time may be used again. */
  is_boot: boolean;
  appearance: Record<string, any>;
  language: string;
  is_debugging: boolean;
}

/** A file that goes with the next message. */
export interface Picked {
  /** The client_upload_id. */
  key: string;
  file: File;
  state: "picked" | "sending" | "kept" | "failed";
  kept?: Attachment;
  problem?: string;
}

/** A line of the thread, ready to be drawn. */
export type Part =
  | { type: "day"; key: string; at: string }
  | { type: "unread"; key: string }
  | { type: "event"; key: string; message: Message }
  | {
      type: "bubble";
      key: string;
      isOwn: boolean;
      isFirst: boolean;
      isLast: boolean;
      at: string;
      message: Message | null;
      entry: Entry | null;
      /** The message is still being written: its body is what there is so far, empty while the assistant thinks. */
      isGrowing?: boolean;
      status: "queued" | "sending" | "sent" | "seen" | "failed" | null;
    };

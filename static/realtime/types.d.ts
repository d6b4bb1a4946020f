/** Shapes of the HTTP APIs and of the socket that both clients share. */

export interface Face {
  id: string;
  name: string;
  avatar_url: string | null;
}

export interface Author {
  kind: "contact" | "agent" | "assistant" | "system";
  id: string | null;
  name: string;
  avatar_url: string | null;
}

export interface Participant extends Author {
  is_active: boolean;
}

export interface Attachment {
  id: string;
  name: string;
  content_type: string;
  size: number;
  width: number | null;
  height: number | null;
  url: string;
}

export interface Message {
  id: string;
  conversation_id: string;
  seq: number;
  kind: "message" | "note" | "event";
  author: Author;
  body: string;
  body_html: string;
  attachments: Attachment[];
  client_message_id: string | null;
  created_at: string;
  deleted: boolean;
  /** Of a hand-over to the team: when it answers. */
  event: { name: string; reply_time?: ReplyTime; back_at?: string | null } | null;
  /** The articles that an answer of the assistant comes from. */
  sources?: Source[];
  rev: number;
}

/** How soon the team usually answers; null where it does not say. */
export type ReplyTime = "minutes" | "hours" | "day" | null;

/** A help article. */
export interface Source {
  slug: string;
  locale: string;
  title: string;
}

export interface Conversation {
  id: string;
  status: "open" | "snoozed" | "closed";
  is_primary: boolean;
  cycle: number;
  subject: string;
  created_at: string;
  last_message_at: string | null;
  last_seq: number;
  unread_count: number;
  last_read_seq: number;
  /** Only agents are told how far the contact has read. */
  contact_last_read_seq?: number;
  seen_seq: number;
  assignee: Face | null;
  participants: Participant[];
  last_message: Message | null;
  rating: Rating | null;
  /** Whether feedback on the present cycle is asked for, or may still be changed. */
  rating_requested: boolean;
  /** Whether what the contact writes is the assistant's to answer first. */
  assistant_answers?: boolean;
  /** Only agents get the contact with each conversation. */
  contact?: Contact;
  rev: number;
}

export interface Rating {
  cycle: number;
  score: number;
  remark: string | null;
}

export interface Contact {
  id: string;
  type: "anonymous" | "lead" | "user";
  name: string | null;
  email: string | null;
  phone: string | null;
  avatar_url: string | null;
  /** Only agents are told how a nameless guest is called. */
  display_name?: string;
}

/** The part of a snapshot that becomes the log's state. */
export interface SnapshotState {
  contact: Contact | null;
  merged_from: string[];
  conversations: Conversation[];
  messages: Message[];
  cursor: string | null;
}

export interface LogEvent {
  seq: number;
  type: string;
  v: number;
  payload: any;
}

/** A frame that covers `from..to` completely. */
export interface Batch {
  epoch: string;
  from: number;
  to: number;
  items: LogEvent[];
}

/** What a client knows from the log: a position in it, and the entities as of that position. */
export interface LogState {
  epoch: string | null;
  seq: number;
  /** Batches beyond a hole, in order. */
  held: Batch[];
  contact: Contact | null;
  mergedFrom: string[];
  conversations: Record<string, Conversation>;
  /** Parts per conversation, ascending by seq. */
  messages: Record<string, Message[]>;
}

/** Somebody who is typing, until a moment in ms since the epoch. */
export interface Typist {
  kind: string;
  id: string | null;
  name: string;
  until: number;
  /** Of the assistant alone: which answer it writes, how many times that has grown, and all of it so far. */
  turn?: string;
  n?: number;
  text?: string;
}

/** A message on its way. `thread` is a conversation id, or a local key while there is none yet. */
export interface Entry {
  id: string;
  thread: string;
  body: string;
  /** Sent up before, and carried by this message. */
  files?: Attachment[];
  author: string | null;
  /** ms since the epoch */
  at: number;
  state: "queued" | "sending" | "sent" | "failed";
  tries: number;
  /** Not before this moment, in ms since the epoch. */
  due: number;
  error: string | null;
  saved: boolean;
}

export interface Clock {
  now(): number;
  set(run: () => void, ms: number): number;
  clear(id: number | undefined): void;
  random(): number;
}

/** Durable string storage; `set` says whether the value will survive. */
export interface Store {
  get(key: string): string | null;
  set(key: string, value: string): boolean;
  remove(key: string): void;
  keys(prefix: string): string[];
}

// SPDX-License-Identifier: MIT
import { MAX_MESSAGE_BYTES, MESSAGE_KINDS, type MessageKind } from "../messages/index.ts";
import type { Rate } from "../../tokenBucket.ts";

/*
 * All numbers of the network in one place; docs/network.md has them with their reasons.
 */

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** Messages of a kind that a peer may send: in a second on the average, and at once. */
export const MESSAGE_RATES: Readonly<Record<MessageKind, Rate>> = {
  transaction: { perSecond: 50, burst: 500 },
  proposal: { perSecond: 5, burst: 64 },
  vote: { perSecond: 50, burst: 600 },
  transcript: { perSecond: 2, burst: 32 },
  block: { perSecond: 2, burst: 32 },
  proof: { perSecond: 10, burst: 120 },
  quote: { perSecond: 5, burst: 64 },
  purchase: { perSecond: 2, burst: 32 },
  sale: { perSecond: 2, burst: 32 },
};

/** Bytes of a kind: as many as its messages may have at their largest. */
export const BYTE_RATES = Object.fromEntries(
  MESSAGE_KINDS.map((kind) => {
    const { perSecond, burst } = MESSAGE_RATES[kind];
    const most = MAX_MESSAGE_BYTES[kind];
    return [kind, { perSecond: perSecond * most, burst: burst * most }];
  }),
) as Readonly<Record<MessageKind, Rate>>;

/** Milliseconds that the decisions about a peer's messages of a kind may take. Beyond, its messages are dropped. */
export const TIME_RATES: Readonly<Record<MessageKind, Rate>> = {
  transaction: { perSecond: 200, burst: 2_000 },
  proposal: { perSecond: 50, burst: 1_000 },
  vote: { perSecond: 250, burst: 5_000 },
  transcript: { perSecond: 50, burst: 1_000 },
  block: { perSecond: 100, burst: 2_000 },
  proof: { perSecond: 300, burst: 10_000 },
  quote: { perSecond: 50, burst: 1_000 },
  purchase: { perSecond: 50, burst: 1_000 },
  sale: { perSecond: 50, burst: 1_000 },
};

/** Entries of control messages and subscriptions of a peer. */
export const CONTROL_RATE: Rate = { perSecond: 200, burst: 4_000 };

export const REQUEST_LIMITS = {
  /** Questions of a peer. */
  questions: { perSecond: 10, burst: 60 },
  /** Bytes of answers to a peer, and to all peers. */
  answerBytes: { perSecond: 64 * 1_024, burst: 256 * 1_024 },
  allAnswerBytes: { perSecond: 1_024 * 1_024, burst: 4 * 1_024 * 1_024 },
  /** For so many bytes of answers counts each message that a peer pulls by gossipsub's IWANT. */
  pulledBytes: 1_024,
  /** Open questions of a peer, and to a peer. */
  concurrent: 4,
  /** Milliseconds until the first byte, and until the last. */
  firstByte: 5 * SECOND,
  total: 10 * SECOND,
  /** Peers that are asked for one message, and how many of them at once. */
  peers: 6,
  atOnce: 2,
} as const;

export const SCORE = {
  /** A message that no state makes valid; an answer to another question. */
  invalid: 10,
  /** A message above its maximum, an unknown topic, a malformed question. */
  abuse: 5,
  /** As many messages beyond the budget as may come at once. */
  excess: 1,
  halfLife: 10 * MINUTE,
  disconnect: -20,
  ban: -50,
  banTime: 24 * HOUR,
  /** Peers whose score is remembered, and bans that are. */
  remembered: 10_000,
} as const;

export const CONNECTIONS = {
  most: 64,
  /** Below this the node asks its peers for others. */
  wanted: 12,
  /** New connections of one address in a second. */
  perAddress: 10,
  /** Milliseconds between two looks at the peers. */
  interval: 2 * SECOND,
  /** Between two questions for peers. */
  exchange: 30 * SECOND,
  /** Before the second attempt to reach a peer; each further one waits twice as long, up to the last. */
  redial: SECOND,
  redialMost: MINUTE,
  /** A connection on which a peer takes no part in the gossip for so long is closed. */
  silent: 15 * SECOND,
  /** Addresses from one answer that are tried. */
  dialsOfAnswer: 4,
} as const;

/** Own messages that nobody was there for, and how long they are kept. */
export const OUTGOING = { messages: 512, time: 10 * MINUTE } as const;

/** References to messages that came too early: how many in all and of a peer, how often and how long they are tried. */
export const LATER = { all: 512, ofPeer: 48, tries: 6, time: 15 * MINUTE, concurrent: 4, pause: SECOND } as const;

/** Gossipsub's mesh: a message is sent to at most `Dhi` peers of it. */
export const MESH = {
  D: 6,
  Dlo: 4,
  Dhi: 8,
  Dout: 2,
  Dscore: 4,
  Dlazy: 6,
  heartbeatInterval: 700,
  seenTTL: 30 * SECOND,
} as const;

/** Limits for decoding an RPC of gossipsub, whose defaults are 5,000 (js-libp2p 3520). */
export const DECODE_LIMITS = {
  maxSubscriptions: 64,
  maxMessages: 256,
  maxIhaveMessageIDs: 256,
  maxIwantMessageIDs: 256,
  maxIdontwantMessageIDs: 256,
  maxControlMessages: 64,
  maxPeerInfos: 16,
} as const;

/** A frame above this ends the peer's stream for good (measured), so it is far above all messages. */
export const MAX_FRAME_BYTES = 4 * 1_024 * 1_024;

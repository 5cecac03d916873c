// SPDX-License-Identifier: MIT
import { amount, boolean, hex, integer, list, nullable, object, optional, text, type Decoded } from "./decode.ts";

/** Batches of a page; the API gives at most 50. */
export const PAGE = 50;
/** Larger than each number of a batch, so a page before it is the newest. */
export const NEWEST = 2 ** 32 - 1;

export const STATUS = object({
  ...{ l1Block: integer, batches: integer, finalBatches: integer, virtualRoot: hex, finalRoot: hex },
  ...{ accounts: integer, isFrozen: boolean, waiting: integer },
});
export type Status = Decoded<typeof STATUS>;

export const RULES = object({
  ...{ chainId: amount, rollup: hex, consensus: hex, slots: integer, baseFee: amount, minFee: amount, maxFee: amount },
  ...{ targetTime: integer, doublingTime: integer, halvingTime: integer, maxPendingLeaves: integer },
  ...{ forcedDeadline: integer, escapeDelay: integer },
});
export type Rules = Decoded<typeof RULES>;

export const HEAD = object({ l1Block: integer, timestamp: integer });

export const BATCH = object({
  ...{ number: integer, sequencer: hex, timestamp: integer, postedAt: integer, leaves: integer, bytes: integer },
  ...{ forcedCount: integer, transactions: integer, void: integer, root: hex, isTruthful: boolean },
  ...{ fee: amount, leafFee: amount, bond: amount, forcedFees: amount, baseFee: amount, feeToken: integer },
  proof: optional(
    object({
      ...{ aggregator: hex, l1Block: integer, timestamp: optional(integer), from: integer, to: integer },
      reward: amount,
    }),
  ),
});
export type Batch = Decoded<typeof BATCH>;
export const BATCHES = list(BATCH, PAGE);

export const SLOT = object({
  ...{ slot: integer, bytes: hex, isForced: boolean, kind: text, status: text, reason: optional(text) },
  ...{ from: integer, to: integer, token: integer, amount, tip: optional(amount), fee: optional(amount) },
  l1Address: optional(hex),
});
export type Slot = Decoded<typeof SLOT>;
export const LEAF = nullable(object({ batch: integer, leaf: integer, isFinal: boolean, slots: list(SLOT, 1_024) }));

export const OPERATION = object({
  ...{ number: integer, bytes: hex, kind: text, from: integer, to: integer, token: integer, amount, fee: amount },
  ...{ l1Address: hex, batch: optional(integer) },
  ...{ queuedAt: optional(integer), dueBy: optional(integer), freezableFrom: optional(integer) },
});
export type Operation = Decoded<typeof OPERATION>;
export const CLOCK = object({ total: integer, operations: list(OPERATION, 100) });

export const FEES = object({
  ...{ baseFee: amount, batchFee: amount },
  batches: list(object({ number: integer, timestamp: integer, leaves: integer, fee: amount, leafFee: amount }), PAGE),
});
export type Fees = Decoded<typeof FEES>;

export const ACCOUNT = object({
  ...{ index: integer, token: amount, balance: amount, nonce: amount, owner: hex, x: hex, y: hex },
});
/** `after`: there may be more behind this index. */
export const ACCOUNTS = object({ accounts: list(ACCOUNT, 100), after: optional(integer) });

export const TRANSACTION = object({
  ...{ status: text, reason: optional(text), nonce: optional(amount), batch: optional(integer) },
  ...{ leaf: optional(integer), slot: optional(integer), l1Block: optional(integer), isFinal: optional(boolean) },
});

/** Of the OpenRPC document, the part that says what the node can do. */
export const DOCUMENT = object({ methods: list(object({ name: text }), 200) });

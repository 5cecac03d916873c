// SPDX-License-Identifier: MIT

/** The facts that a bidder has when it could bid for a slot. Amounts in the native token's smallest unit. */
export interface BidderView {
  /** Worth of the slot to the bidder: fees and MEV, less its costs. */
  readonly value: bigint;
  /** Least bid that the auction takes now. */
  readonly minimum: bigint;
  /** Whether it holds the slot now. */
  readonly isHolder: boolean;
  /** Whether somebody of its ring holds the slot. */
  readonly isFriendHolder: boolean;
  /** Whether the slot is worth more to nobody in its ring. */
  readonly isLeader: boolean;
}

/** How much a bidder bids; undefined if it does not. */
export type BidderStrategy = (view: BidderView) => bigint | undefined;

/** The least that is taken, up to the value. */
const honest: BidderStrategy = ({ value, minimum, isHolder }) => (isHolder || minimum > value ? undefined : minimum);

/** As `honest`, but only the member to whom the slot is worth most bids, and never against its own ring. */
const ring: BidderStrategy = (view) => (view.isLeader && !view.isFriendHolder ? honest(view) : undefined);

/** Half of its value at once, to frighten others off; then as `honest`. */
const jump: BidderStrategy = (view) => {
  const half = view.value / 2n;
  return honest(view) === undefined ? undefined : half > view.minimum ? half : view.minimum;
};

/** Strategies of bidders, by the name that parameters know them by. */
export const BIDDERS = { honest, ring, jump } as const satisfies Record<string, BidderStrategy>;

export type BidderName = keyof typeof BIDDERS;

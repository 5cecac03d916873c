// SPDX-License-Identifier: MIT

/** Amounts in the native token, spans in blocks of L1. The names are those of `ISlotAuction.AuctionTerms`. */
export interface AuctionTerms {
  readonly minBid: bigint;
  /** In 1/10,000 of the bid. */
  readonly bondRate: bigint;
  /** Slots after the one at hand that bids are taken for. */
  readonly reach: number;
  readonly closeBlocks: number;
  readonly finalBlocks: number;
  readonly extensionBlocks: number;
}

interface Sold {
  holder: string;
  bid: bigint;
  bidAt: number;
  isSettled: boolean;
}

const ceilDiv = (a: bigint, b: bigint): bigint => (a + b - 1n) / b;

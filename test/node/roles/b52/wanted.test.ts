// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { id, ZeroHash } from "ethers";

import {
  commitName,
  escrowName,
  isWantedByB52,
  lockedCommitName,
  lockName,
  type WantingParts,
} from "../../../../src/node/roles/index.ts";

const BLOCK = 77;
const PROPOSER = `0x${"Ab".repeat(20)}`;
const LOCK = { hash: id("lock"), proposer: PROPOSER, round: 17n, height: 5n, deadline: 1_600n };
const [PARENT, ENDED] = [id("parent"), `0x${"1".padStart(64, "0")}`];

/** L1 as the question sees it, each thing after block 77 and no other. */
interface L1 {
  readonly now: number;
  readonly round: bigint;
  readonly isOpen: boolean;
  readonly height: bigint;
  /** The word of the proposer's place for odd heights. */
  readonly place: string;
  readonly closesAt: bigint;
  readonly defenceEnd: bigint;
  /** Purposes that may come into a block. */
  readonly coming: readonly string[];
  readonly hasEscrow: boolean;
}

const L1: L1 = {
  ...{ now: 1_500, round: 17n, isOpen: true, height: 4n, place: ZeroHash },
  ...{ closesAt: 2_400n, defenceEnd: 5_000n, coming: [], hasEscrow: true },
};

function wants(purpose: string, changes: Partial<L1> = {}): Promise<boolean> {
  const l1 = { ...L1, ...changes };
  const at = <Value>(tag: { readonly blockTag: number }, value: Value): Promise<Value> => {
    expect(tag).to.deep.equal({ blockTag: BLOCK });
    return Promise.resolve(value);
  };
  const consensus = {
    openRound: (tag: { readonly blockTag: number }) => at(tag, [l1.round, 5n, l1.isOpen]),
    height: (tag: { readonly blockTag: number }) => at(tag, l1.height),
  };
  const provider = { getBlock: (block: number) => at({ blockTag: block }, { timestamp: l1.now }) };
  const escrow = {
    placeOf: (proposer: string, parity: bigint, tag: { readonly blockTag: number }) => {
      expect([proposer.toLowerCase(), parity]).to.deep.equal([PROPOSER.toLowerCase(), 1n]);
      return at(tag, l1.place);
    },
  };
  const parts = {
    node: {
      system: { consensus, provider },
      proofWindowOf: (round: bigint) => {
        expect(round).to.equal(17n);
        return { opensAt: 1_600n, closesAt: l1.closesAt };
      },
      provenBlocks: [{ proposal: { round: 17n, proposer: PROPOSER }, record: { defenceEnd: l1.defenceEnd } }],
    },
    escrow: l1.hasEscrow ? { escrow } : undefined,
    inFlight: (words: string) => l1.coming.some((other) => other.startsWith(words)),
  } as unknown as WantingParts;
  return isWantedByB52(parts, purpose, BLOCK);
}

describe("L1 asks for", () => {
  it("a commitment, while its round takes commitments", async () => {
    const name = commitName(17n, PARENT);
    expect(await wants(name)).to.equal(true);
    expect(await wants(name, { isOpen: false })).to.equal(false);
    expect(await wants(name, { round: 18n })).to.equal(false);
    expect(await wants(`${name} (2)`)).to.equal(true);
  });

  it("a commitment to a builder's block, while L1 has its lock, or may have it before", async () => {
    const name = lockedCommitName(PARENT, LOCK);
    expect(await wants(name, { place: LOCK.hash })).to.equal(true);
    expect(await wants(name)).to.equal(false);
    for (const place of [ENDED, id("another lock")]) expect(await wants(name, { place })).to.equal(false);
    expect(await wants(name, { coming: [lockName(LOCK)] })).to.equal(true);
    expect(await wants(name, { coming: [lockName({ ...LOCK, hash: id("another lock") })] })).to.equal(false);
    expect(await wants(name, { place: LOCK.hash, isOpen: false })).to.equal(false);
    expect(await wants(name, { place: LOCK.hash, round: 18n })).to.equal(false);
    // A node that was started without the escrow sends no commitment that needs it.
    expect(await wants(name, { place: LOCK.hash, hasEscrow: false })).to.equal(false);
    expect(await wants(`${name} (2)`)).to.equal(false);
  });

  it("a lock, while its round takes commitments, its offer is good, and L1 does not have it", async () => {
    const name = lockName(LOCK);
    for (const place of [ZeroHash, ENDED]) expect(await wants(name, { place })).to.equal(true);
    expect(await wants(name, { place: LOCK.hash })).to.equal(false);
    expect(await wants(name, { now: 1_599 })).to.equal(true);
    expect(await wants(name, { now: 1_600 })).to.equal(false);
    expect(await wants(name, { isOpen: false })).to.equal(false);
    expect(await wants(name, { round: 16n })).to.equal(false);
    expect(await wants(`${name} (2)`, { place: LOCK.hash })).to.equal(false);
  });

  for (const what of ["ask content", "answer", "take cover", "resolve"] as const) {
    it(`the call "${what}", while L1 has the lock in just this stage, and in time`, async () => {
      const name = escrowName(what, LOCK);
      expect(await wants(name, { place: LOCK.hash })).to.equal(true);
      for (const place of [ZeroHash, ENDED, id("the next stage")]) expect(await wants(name, { place })).to.equal(false);
      const timed = escrowName(what, LOCK, 1_700n);
      expect(await wants(timed, { place: LOCK.hash, now: 1_699 })).to.equal(true);
      expect(await wants(timed, { place: LOCK.hash, now: 1_700 })).to.equal(false);
      expect(await wants(timed)).to.equal(false);
      expect(await wants(`${timed} (2)`, { place: LOCK.hash })).to.equal(true);
    });
  }

  it("a submission, until the proof window ends", async () => {
    const name = `submit 17 ${PROPOSER.toLowerCase()} fe`;
    expect(await wants(name, { now: 2_399 })).to.equal(true);
    expect(await wants(name, { now: 2_400 })).to.equal(false);
  });

  it("an advance, until the height is there", async () => {
    expect(await wants("advance 5")).to.equal(true);
    expect(await wants("advance 5", { height: 5n })).to.equal(false);
  });

  for (const what of ["defend", "demand", "show"]) {
    it(`the call "${what}", until the defence window of its block ends; of an unknown block L1 decides`, async () => {
      const name = `${what} 17 ${PROPOSER.toLowerCase()} 3`;
      expect(await wants(name, { now: 4_999 })).to.equal(true);
      expect(await wants(name, { now: 5_000 })).to.equal(false);
      expect(await wants(`${what} 16 ${PROPOSER.toLowerCase()} 3`, { now: 9_000 })).to.equal(true);
    });
  }

  it("any other call, of which L1 says it when it is tried", async () => {
    for (const name of [
      ...["settle 17", "pay 17 0xab", "close 17 0xab 3", "slash 17 ticket 3", "join 3", "approve the stake of 3"],
      ...["deposit for round 17", "approve for round 17", "depart 2", "fill 7"],
      ...["fund the escrow in 17", "approve the escrow in 17", "request from the escrow in 17"],
      "withdraw from the escrow 1700",
    ]) {
      expect(await wants(name, { isOpen: false, now: 10_000, height: 99n }), name).to.equal(true);
    }
  });
});

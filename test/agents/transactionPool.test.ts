// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { hexlify } from "ethers";

import { TransactionPool, type PoolLimits } from "../../src/agents/index.ts";
import { SLOT_BYTES } from "../../src/codec/index.ts";
import type { ErrorCode, ProtocolError } from "../../src/errors.ts";
import { AccountTree, BatchBuilder, signTransaction, State, type TransactionRequest } from "../../src/ledger/index.ts";
import { createProfile } from "../../src/profile.ts";
import { expectError } from "../helpers/expectError.ts";
import { createFastSigner } from "../helpers/fastSigner.ts";
import {
  account,
  ALICE,
  aliceSigns,
  BOB,
  CAROL,
  ENVIRONMENT,
  FEE_TOKEN,
  FULL,
  HEADER,
  SIGNERS,
  SMALL,
  stateWith,
} from "../helpers/ledgerFixture.ts";

const TERMS = { ...ENVIRONMENT, baseFee: HEADER.baseFee, feeToken: HEADER.feeToken };
const ROOM = 100;

const poolOf = (transactions: readonly Uint8Array[] = [], limits: PoolLimits = {}): TransactionPool => {
  const pool = new TransactionPool(TERMS, limits);
  for (const transaction of transactions) pool.add(transaction, stateWith());
  return pool;
};

const bobSigns = (request: Partial<TransactionRequest> = {}): Uint8Array =>
  signTransaction(SIGNERS.bob, {
    ...{ from: BOB, to: ALICE, token: FEE_TOKEN, amount: 1n, nonce: 0n, domain: ENVIRONMENT.domain },
    ...request,
  });

const select = (pool: TransactionPool, state: State = stateWith(), room = ROOM): Uint8Array[] =>
  pool.select(new BatchBuilder(SMALL, state, HEADER, ENVIRONMENT), room);

const small = (nonce: bigint, tip = 0n): Uint8Array => aliceSigns({ amount: 1n, nonce, tip });

describe("A pool of transactions", () => {
  it("keeps nonce n + 1 that comes before n", () => {
    const pool = poolOf([small(9n), small(8n)]);
    expect(select(pool)).to.deep.equal([]);
    expect(pool.size).to.equal(2);
    pool.add(small(7n), stateWith());
    expect(select(pool)).to.deep.equal([small(7n), small(8n), small(9n)]);
  });

  it("loses nothing when it is asked for a batch: only used nonces leave it", () => {
    const pool = poolOf([small(7n), small(8n), bobSigns()]);
    for (let i = 0; i < 2; i++) expect(select(pool).length).to.equal(3);
    pool.prune(stateWith({ [ALICE]: { nonce: 8n } }));
    expect([pool.has(small(7n)), pool.has(small(8n)), pool.has(bobSigns())]).to.deep.equal([false, true, true]);
    pool.prune(stateWith({ [ALICE]: { nonce: 8n } }));
    expect(pool.size).to.equal(2);
  });

  it("takes the highest tips first, of equals the earliest, and each sender's in order", () => {
    const pool = poolOf([small(7n, 1n), small(8n, 9n), bobSigns({ tip: 5n }), bobSigns({ nonce: 1n })]);
    expect(select(pool)).to.deep.equal([bobSigns({ tip: 5n }), small(7n, 1n), small(8n, 9n), bobSigns({ nonce: 1n })]);
    expect(select(pool, stateWith(), 2)).to.deep.equal([bobSigns({ tip: 5n }), small(7n, 1n)]);
    expect(select(poolOf([small(7n), bobSigns()]))).to.deep.equal([small(7n), bobSigns()]);
  });

  it("takes what becomes possible by another transaction of the batch", () => {
    // Bob has 50, and gets 100 from alice, who pays less.
    const large = bobSigns({ amount: 120n, tip: 5n });
    const pool = poolOf([large, aliceSigns()]);
    expect(select(pool)).to.deep.equal([aliceSigns(), large]);
    expect(select(poolOf([large]))).to.deep.equal([]);
  });

  it("replaces a transaction by one with its nonce whose tip is higher by a tenth", () => {
    const pool = poolOf([small(7n, 100n), small(8n, 1n)]);
    for (const tip of [0n, 99n, 109n]) {
      expectError(() => pool.add(aliceSigns({ amount: 2n, tip }), stateWith()), "TIP_TOO_LOW");
    }
    expectError(() => pool.add(aliceSigns({ amount: 2n, nonce: 8n, tip: 1n }), stateWith()), "TIP_TOO_LOW");
    const dearer = aliceSigns({ amount: 2n, tip: 110n });
    pool.add(dearer, stateWith());
    expect(select(pool)).to.deep.equal([dearer, small(8n, 1n)]);
    expect([pool.size, pool.has(small(7n, 100n))]).to.deep.equal([2, false]);
    pool.add(dearer, stateWith());
    expect(pool.size).to.equal(2);
  });

  it("says why it refuses", () => {
    const pool = poolOf([], { perSender: 4 });
    const refuse = (transaction: Uint8Array, code: ErrorCode): ProtocolError =>
      expectError(() => pool.add(transaction, stateWith()), code);
    refuse(new Uint8Array(92), "BAD_LENGTH");
    refuse(new Uint8Array(SLOT_BYTES), "UNKNOWN_SENDER");
    refuse(aliceSigns({ token: FEE_TOKEN + 1n }), "SENDER_TOKEN_MISMATCH");
    refuse(aliceSigns({}, SIGNERS.bob), "BAD_SIGNATURE");
    refuse(aliceSigns({ nonce: 6n }), "NONCE_USED");
    refuse(aliceSigns({ nonce: 2n }), "BAD_SIGNATURE");
    refuse(aliceSigns({ nonce: 11n }), "BAD_SIGNATURE");
    refuse(aliceSigns({ boundTo: 1n }), "BAD_SIGNATURE");
    expect(pool.size).to.equal(0);
    pool.add(aliceSigns({ nonce: 10n }), stateWith());
    pool.add(aliceSigns({ boundTo: ENVIRONMENT.sequencer }), stateWith());
    expect(pool.size).to.equal(2);
  });

  it("when it is full, keeps those that can pay more, and no gap in anybody's nonces", () => {
    const pool = poolOf([small(7n, 5n), small(8n, 2n)], { total: 2 });
    const refused = bobSigns({ tip: 2n });
    expectError(() => pool.add(refused, stateWith()), "POOL_FULL");
    const better = bobSigns({ tip: 3n });
    pool.add(better, stateWith());
    expect([pool.has(small(7n, 5n)), pool.has(small(8n, 2n)), pool.has(better)]).to.deep.equal([true, false, true]);
    // Bob has 50. A transaction that he cannot pay counts for nothing, whatever tip it promises. Neither does one after
    // a gap in the nonces.
    for (const request of [{ amount: 100n, nonce: 0n }, { nonce: 2n }]) {
      const full = poolOf([small(7n), small(8n)], { total: 2 });
      expectError(() => full.add(bobSigns({ ...request, tip: 1000n }), stateWith()), "POOL_FULL");
      const rubbish = poolOf([bobSigns({ ...request, tip: 1000n })], { total: 1 });
      rubbish.add(small(7n), stateWith());
      expect(rubbish.has(small(7n))).to.equal(true);
    }
  });

  it("keeps the honest when 300 senders promise high tips for what can never be executed", () => {
    const count = 300;
    const first = 5;
    const unknown = first + count;
    const large = createProfile({ name: "large", depth: 5, slots: 4, levels: 1 });
    const signers = Array.from({ length: count }, (_, i) => createFastSigner(`attacker ${i}`));
    const tree = [...stateWith().accounts.entries()].reduce(
      (result, [index, fields]) => result.set(index, fields),
      AccountTree.empty(large.depth),
    );
    const state = new State(
      signers.reduce((all, signer, i) => all.set(first + i, account(signer, { balance: 5_000n })), tree),
      unknown,
    );
    const signs = (i: number, request: Partial<TransactionRequest>): Uint8Array =>
      signTransaction(signers[i]!, {
        ...{ from: first + i, to: BOB, token: FEE_TOKEN, amount: 1n, nonce: 0n, tip: 1_000n },
        ...{ domain: ENVIRONMENT.domain, ...request },
      });
    // A receiver that does not exist, one with another token, one that is full; and what comes after such a one.
    const rubbish = signers.flatMap((_, i) => {
      const useless = signs(i, { to: [unknown, CAROL, FULL][i % 3]! });
      return i % 10 === 0 ? [useless, signs(i, { nonce: 1n })] : [useless];
    });
    const honest = small(7n);
    const offer = (pool: TransactionPool, transaction: Uint8Array): boolean => {
      try {
        pool.add(transaction, state);
        return true;
      } catch (error) {
        expect(error).to.have.property("code", "POOL_FULL");
        return false;
      }
    };

    const early = new TransactionPool(TERMS, { total: count });
    early.add(honest, state);
    for (const transaction of rubbish) offer(early, transaction);
    expect([early.size, early.has(honest)]).to.deep.equal([count, true]);

    const late = new TransactionPool(TERMS, { total: count });
    for (const transaction of rubbish) offer(late, transaction);
    expect(late.size).to.equal(count);
    // Neither of them evicts another one, and without room not even a signature is looked at.
    const forged = signTransaction(SIGNERS.alice, {
      ...{ from: unknown - 1, to: unknown, token: FEE_TOKEN, amount: 1n, nonce: 0n, domain: ENVIRONMENT.domain },
    });
    expectError(() => late.add(forged, state), "POOL_FULL");
    late.add(honest, state);
    expect([late.size, late.has(honest)]).to.deep.equal([count, true]);

    // A batch costs no look at the signatures of what cannot be executed.
    const builder = new BatchBuilder(large, state, HEADER, ENVIRONMENT);
    let offers = 0;
    const original = builder.offer.bind(builder);
    builder.offer = (bytes) => {
      offers += 1;
      return original(bytes);
    };
    expect(late.select(builder, ROOM)).to.deep.equal([honest]);
    expect(offers).to.equal(1);
  });

  it("applies each transaction once, however many there are", () => {
    const count = 16;
    const pool = poolOf(Array.from({ length: count }, (_, i) => small(7n + BigInt(i))));
    const builder = new BatchBuilder(SMALL, stateWith(), HEADER, ENVIRONMENT);
    let offers = 0;
    const offer = builder.offer.bind(builder);
    builder.offer = (bytes) => {
      offers += 1;
      return offer(bytes);
    };
    expect(pool.select(builder, ROOM).length).to.equal(count);
    expect(offers).to.equal(count);
  });

  it("says what had to leave for a transaction, and why", () => {
    const pool = poolOf([small(7n, 5n), small(8n, 2n)], { total: 2 });
    const better = bobSigns({ tip: 3n });
    expect(pool.add(better, stateWith())).to.deep.equal({
      ...{ nonce: 0n, isKnown: false },
      removed: { bytes: small(8n, 2n), nonce: 8n, why: "EVICTED" },
    });
    expect(pool.add(better, stateWith())).to.deep.equal({ nonce: 0n, isKnown: true, removed: undefined });
    const dearer = bobSigns({ amount: 2n, tip: 4n });
    expect(pool.add(dearer, stateWith()).removed).to.deep.equal({ bytes: better, nonce: 0n, why: "REPLACED" });
  });

  it("says in one sentence what it takes to get into a full one", () => {
    const pool = poolOf([small(7n, 5n), small(8n, 2n)], { total: 2 });
    const error = expectError(() => pool.add(bobSigns({ tip: 2n }), stateWith()), "POOL_FULL");
    expect(error.message).to.equal(
      "the pool has 2 transactions, and this one pays a tip of 2, which is not above the lowest, 2",
    );
  });

  it("neither evicts nor replaces what is in a batch that was posted", () => {
    const pool = poolOf([small(7n, 1n), bobSigns({ tip: 2n })], { total: 2 });
    pool.pin(new Set([hexlify(small(7n, 1n))]));
    expectError(() => pool.add(aliceSigns({ amount: 2n, tip: 100n }), stateWith()), "ALREADY_POSTED");
    pool.pin(new Set([hexlify(bobSigns({ tip: 2n }))]));
    expectError(() => pool.add(small(8n, 9n), stateWith()), "POOL_FULL");
    pool.pin(new Set());
    expect(pool.add(aliceSigns({ amount: 2n, tip: 100n }), stateWith()).removed).to.include({ why: "REPLACED" });
  });

  it("takes back what it had before, without a look at the signature, and no second one with its nonce", () => {
    const forged = aliceSigns({ nonce: 8n }, SIGNERS.bob);
    const pool = poolOf([], { total: 1 });
    expect([pool.restore(small(7n), 7n), pool.restore(forged, 8n), pool.size]).to.deep.equal([true, true, 2]);
    expect([pool.restore(small(7n), 7n), pool.restore(small(7n, 1n), 7n), pool.size]).to.deep.equal([true, false, 2]);
    // A false signature costs its sender nothing, and others no more than a look.
    expect(select(pool)).to.deep.equal([small(7n)]);
    pool.drop(small(7n));
    pool.drop(small(7n));
    expect([pool.has(small(7n)), pool.size]).to.deep.equal([false, 1]);
  });

  it("gives what it prunes, and goes on to have it if the state goes back", () => {
    const pool = poolOf([small(7n), small(8n)]);
    const [pruned, ...others] = pool.prune(stateWith({ [ALICE]: { nonce: 8n } }));
    expect([pruned, others]).to.deep.equal([small(7n), []]);
    pool.restore(pruned!, 7n);
    expect(select(pool)).to.deep.equal([small(7n), small(8n)]);
  });
});

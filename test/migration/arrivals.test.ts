// SPDX-License-Identifier: MIT
import { expect } from "chai";

import { encodeForcedSlot, SLOT_BYTES, type ForcedSlot } from "../../src/codec/index.ts";
import { compressKey, poseidon } from "../../src/crypto/index.ts";
import { accountHash, arrivalsRoot, newAccountSlot, type Account } from "../../src/ledger/index.ts";
import { decodeArrivals, encodeArrivals, migrants } from "../../src/migration/index.ts";
import { createFastSigner } from "../helpers/fastSigner.ts";
import { expectError } from "../helpers/expectError.ts";
import { account, MAX_BALANCE } from "../helpers/ledgerFixture.ts";
import { ORDER_8, SMALL_ORDER_POINTS } from "../helpers/smallOrder.ts";

const SIZE = { levels: 1 };
const arrival = (name: string, fields: Partial<Account> = {}): Account =>
  account(createFastSigner(name), { token: 5n, balance: 10n, owner: 0xa11cen, ...fields });

const EXTREMES: readonly Account[] = [
  arrival("a", { balance: 0n, token: 0n, owner: 0n }),
  arrival("b", { balance: MAX_BALANCE, token: 65535n, owner: (1n << 160n) - 1n }),
  account(createFastSigner("outside the subgroup", ORDER_8)),
];

describe("arrivals", () => {
  it("have the root of a tree of arity 4", () => {
    const [a, b] = [arrival("a"), arrival("b")];
    expect(migrants({ levels: 1 })).to.equal(4);
    expect(migrants({ levels: 2 })).to.equal(16);
    const one = poseidon([0n, accountHash(a), 0n, 0n]);
    const none = poseidon([0n, 0n, 0n, 0n]);
    expect(arrivalsRoot([undefined, a], 1)).to.equal(one);
    expect(arrivalsRoot([], 2)).to.equal(poseidon([none, none, none, none]));
    const far: (Account | undefined)[] = [undefined, a];
    far[15] = b;
    expect(arrivalsRoot(far, 2)).to.equal(poseidon([one, none, none, poseidon([0n, 0n, 0n, accountHash(b)])]));
    expectError(() => arrivalsRoot([a, a, a, a, b], 1), "OUT_OF_RANGE");
  });

  it("are written as deposits to new accounts, without zeros at the end", () => {
    const a = arrival("a");
    const slot = newAccountSlot({
      key: { x: a.ax, y: a.ay },
      token: a.token,
      amount: a.balance,
      l1Address: a.owner,
    });
    expect(encodeArrivals([a, undefined, undefined])).to.deep.equal(slot);
    expect(encodeArrivals([undefined, a, undefined])).to.deep.equal(
      Uint8Array.from(Buffer.concat([new Uint8Array(SLOT_BYTES), slot])),
    );
    expect(encodeArrivals([undefined, undefined])).to.have.length(0);
  });

  it("can be read from their data alone", () => {
    const [a, b, c] = EXTREMES;
    for (const arrivals of [[a, b, c, undefined], [undefined, undefined, undefined, b], [a, a, a, a], []]) {
      const all = Array.from({ length: 4 }, (_, i) => arrivals[i]);
      expect(decodeArrivals(encodeArrivals(arrivals), SIZE)).to.deep.equal(all);
    }
  });

  it("are not read from anything else", () => {
    const { x, y } = createFastSigner("a").publicKey;
    const good: ForcedSlot = {
      from: 0,
      to: 0,
      token: 5n,
      amount: 10n,
      flags: 0n,
      ...compressKey({ x, y }),
      fee: 0n,
      l1Address: 7n,
    };
    expect(decodeArrivals(encodeForcedSlot(good), SIZE)[0]?.balance).to.equal(10n);
    const wrong: readonly Partial<ForcedSlot>[] = [
      { from: 1 },
      { to: 1 },
      { fee: 1n },
      { flags: 4n },
      { keyY: 2n },
      ...SMALL_ORDER_POINTS.map(compressKey),
    ];
    for (const fields of wrong) {
      expectError(() => decodeArrivals(encodeForcedSlot({ ...good, ...fields }), SIZE), "NOT_AN_ARRIVAL");
    }
    expectError(() => decodeArrivals(new Uint8Array(4 * SLOT_BYTES + 1), SIZE), "BAD_LENGTH");
  });

  it("must be accounts that a state may have", () => {
    for (const fields of [{ balance: MAX_BALANCE + 1n }, { token: 65536n }, { owner: 1n << 160n }]) {
      expectError(() => encodeArrivals([arrival("a", fields)]), "OUT_OF_RANGE");
    }
  });
});

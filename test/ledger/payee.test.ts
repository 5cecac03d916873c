// SPDX-License-Identifier: MIT
import { expect } from "chai";
import fc from "fast-check";

import { createSigner } from "../../src/crypto/index.ts";
import { P } from "../../src/field.ts";
import { formatPayee, parsePayee, requirePayeeAccount, type Payee } from "../../src/ledger/index.ts";
import { expectError } from "../helpers/expectError.ts";
import { account } from "../helpers/ledgerFixture.ts";
import { createFastSigner } from "../helpers/fastSigner.ts";

const OWNER = `0x${"0a".repeat(20)}`;
const KEYS = ["a", "b", "c", "d"].map((seed) => createFastSigner(seed).publicKey);

describe("A payee as a text", () => {
  it("is read as it was written, for every index, token and owner, and keys with even and odd x", () => {
    expect(new Set(KEYS.map(({ x }) => x & 1n))).to.have.property("size", 2);
    const payee = fc.record({
      index: fc.integer({ min: 1, max: 2 ** 32 - 1 }),
      token: fc.bigInt({ min: 0n, max: 65_535n }),
      key: fc.constantFrom(...KEYS),
      owner: fc.bigInt({ min: 0n, max: 2n ** 160n - 1n }).map((value) => `0x${value.toString(16).padStart(40, "0")}`),
    });
    const check = (given: Payee): void => {
      expect(parsePayee(formatPayee(given))).to.deep.equal(given);
    };
    fc.assert(fc.property(payee, check), { seed: Number(process.env["SEED"] ?? 16), numRuns: 50 });
  });

  it("has one form, which is written down", () => {
    const { publicKey } = createSigner(new Uint8Array(32));
    const text = formatPayee({ index: 7, token: 0n, key: publicKey, owner: OWNER });
    expect(text).to.match(/^7:0:0x[0-9a-f]{64}:0x[0-9a-f]{40}$/u);
    expect(BigInt(text.split(":")[2]!) % 2n ** 255n).to.equal(publicKey.y);
  });

  it("is refused with a sentence if it is anything else", () => {
    const good = formatPayee({ index: 7, token: 0n, key: KEYS[0]!, owner: OWNER });
    const [, , key] = good.split(":") as [string, string, string];
    const hex = (value: bigint): string => `0x${value.toString(16).padStart(64, "0")}`;
    for (const text of [
      "",
      "7",
      "x".repeat(100_000),
      `${good} `,
      `${good}\n`,
      ` ${good}`,
      good.replace("7", "0"),
      good.replace("7", "4294967296"),
      good.replace("7", "-7"),
      good.replace(":0:", ":65536:"),
      good.replace(key, key.slice(0, -1)),
      good.replace(key, hex(P)),
      // The identity, of order 1, and no point at all.
      good.replace(key, hex(1n)),
      good.replace(key, hex(2n)),
      good.replace(OWNER, OWNER.slice(0, -1)),
      good.replace(OWNER, "vitalik.eth"),
    ]) {
      const { message } = expectError(() => parsePayee(text), "BAD_PAYEE");
      expect(message.length, message).to.be.lessThan(400);
      expect(message).not.to.include("\n");
    }
  });

  it("is compared with all of the account", () => {
    const signer = createFastSigner("a");
    const there = account(signer, { token: 3n, owner: BigInt(OWNER) });
    const payee: Payee = { index: 7, token: 3n, key: signer.publicKey, owner: OWNER };
    expect(requirePayeeAccount(there, payee)).to.equal(7);
    for (const [other, changed] of [
      [undefined, payee],
      [there, { ...payee, index: 0 }],
      [there, { ...payee, token: 4n }],
      [there, { ...payee, key: KEYS[1]! }],
      [there, { ...payee, owner: `0x${"0b".repeat(20)}` }],
      [{ ...there, owner: 5n }, payee],
      [{ ...there, ax: KEYS[1]!.x }, payee],
    ] as const) {
      expectError(() => requirePayeeAccount(other, changed), "WRONG_PAYEE");
    }
  });
});

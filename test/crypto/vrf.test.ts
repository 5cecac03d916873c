// SPDX-License-Identifier: MIT
import { expect } from "chai";

import { isElected, limitFor, NO_LIMIT, packDraw, ticketOutput, unpackDraw } from "../../src/b52/index.ts";
import { createOutputSigner, createSigner, hashToCurve, poseidon, verifyOutput } from "../../src/crypto/index.ts";
import { L, P } from "../../src/field.ts";
import { expectError } from "../helpers/expectError.ts";

const SECRET = new Uint8Array(32).fill(7);
const BASE = hashToCurve(9n);
const WORDS = [1n, 2n, 3n, 9n];

describe("crypto: outputs of a key", () => {
  const signer = createOutputSigner(SECRET);
  const key = signer.publicKey;
  const good = signer.signOutput(BASE, WORDS);

  it("come from the key and the signatures of an ordinary signer", () => {
    const ordinary = createSigner(SECRET);
    const message = poseidon([5n, 6n]);
    expect(key).to.deep.equal(ordinary.publicKey);
    expect(signer.sign(message)).to.deep.equal(ordinary.sign(message));
  });

  it("are shown and proven by one signature, the same each time", () => {
    expect(good.gamma).to.deep.equal(signer.outputAt(BASE));
    expect(signer.signOutput(BASE, WORDS)).to.deep.equal(good);
    expect(verifyOutput(key, BASE, WORDS, good)).to.equal(true);
  });

  it("are not taken with another base, word, key, point or number", () => {
    const other = createOutputSigner(new Uint8Array(32).fill(8));
    const { x, y } = good.gamma;
    expect(verifyOutput(key, hashToCurve(8n), WORDS, good)).to.equal(false);
    for (const i of [0, 1, 2, 3]) expect(verifyOutput(key, BASE, WORDS.with(i, 77n), good)).to.equal(false);
    expect(verifyOutput(other.publicKey, BASE, WORDS, good)).to.equal(false);
    for (const gamma of [other.outputAt(BASE), { x: P - x, y }, { x: 0n, y: 1n }, { x: 0n, y: 0n }]) {
      expect(verifyOutput(key, BASE, WORDS, { ...good, gamma })).to.equal(false);
    }
    for (const changes of [
      { h: (good.h + 1n) % P },
      { s: (good.s + 1n) % L },
      { s: good.s + L },
      { h: P },
      { s: -1n },
    ]) {
      expect(verifyOutput(key, BASE, WORDS, { ...good, ...changes })).to.equal(false);
    }
  });

  it("elect all tickets up to the target, and about as many as the target of more", () => {
    expect(limitFor(0, 50)).to.equal(NO_LIMIT);
    expect(limitFor(50, 50)).to.equal(NO_LIMIT);
    expect(limitFor(100, 50)).to.equal((NO_LIMIT + 1n) / 2n - 1n);
    const limit = limitFor(247, 50);
    const elected = Array.from({ length: 247 }, (_, i) => i + 1).filter((ticket) =>
      isElected(good.gamma, ticket, { limit }),
    );
    expect(elected).to.have.lengthOf(53);
    const output = ticketOutput(good.gamma, 7)!;
    expect(isElected(good.gamma, 7, { limit: output })).to.equal(true);
    expect(isElected(good.gamma, 7, { limit: output - 1n })).to.equal(false);
  });

  it("round the limit down: at most the target of all outputs, and less than one output of the range below", () => {
    const range = NO_LIMIT + 1n;
    for (let tickets = 1; tickets <= 247; tickets++) {
      for (const target of [1, 2, 3, 15, 50, 113, 246, 247]) {
        const outputs = limitFor(tickets, target) + 1n;
        if (target >= tickets) {
          expect(outputs).to.equal(range);
          continue;
        }
        const [share, whole] = [outputs * BigInt(tickets), range * BigInt(target)];
        expect(share <= whole && whole - share < BigInt(tickets), `${target} of ${tickets}`).to.equal(true);
      }
    }
  });

  it("have draws of 248 bits", () => {
    const draw = { seed: (1n << 128n) - 1n, limit: NO_LIMIT };
    expect(packDraw(draw)).to.equal((1n << 248n) - 1n);
    expect(unpackDraw(packDraw(draw))).to.deep.equal(draw);
    expectError(() => packDraw({ seed: 1n << 128n, limit: 1n }), "OUT_OF_RANGE");
    expectError(() => packDraw({ seed: 1n, limit: 1n << 120n }), "OUT_OF_RANGE");
    expectError(() => unpackDraw(1n << 248n), "OUT_OF_RANGE");
  });
});

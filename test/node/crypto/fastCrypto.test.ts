// SPDX-License-Identifier: MIT
import { readFileSync } from "node:fs";

import { expect } from "chai";
import fc from "fast-check";
import * as lite from "poseidon-lite";

import {
  challengePoint,
  fastCrypto,
  installFastCrypto,
  mulBase,
  poseidon,
  transactionMessage,
  verifySignature,
  type FastCrypto,
  type Point,
} from "../../../src/crypto/index.ts";
import { L, P } from "../../../src/field.ts";
import { createFastCrypto, useFastCrypto } from "../../../src/node/crypto/index.ts";
import { WasmField } from "../../../src/node/crypto/wasmField.ts";
import { createFastSigner } from "../../helpers/fastSigner.ts";
import { check, field } from "../../helpers/properties.ts";
import { SMALL_ORDER_POINTS } from "../../helpers/smallOrder.ts";
import { buildVectors } from "../../vectors/build.ts";

const EDGES = [0n, 1n, 2n, P - 1n, P - 2n, 1n << 64n, (1n << 128n) - 1n, 1n << 253n];

/** The reference: poseidon-lite, by number of inputs. */
const reference = lite as unknown as Record<string, (inputs: bigint[]) => bigint>;

describe("WebAssembly's field", () => {
  it("reads what was written, however many zeros there are at either end", async () => {
    const wasm = await WasmField.create();
    const [at] = wasm.allocate(1);
    for (let bits = 0n; bits < 254n; bits++) {
      for (const value of [(1n << bits) - 1n, 1n << bits]) {
        if (value >= P) continue;
        wasm.write(at!, P - 1n);
        expect(wasm.read(at!)).to.equal(P - 1n);
        wasm.write(at!, value);
        expect(wasm.read(at!)).to.equal(value);
      }
    }
  });

  it("goes on after its memory has grown", async () => {
    const wasm = await WasmField.create();
    const [at] = wasm.allocate(1);
    wasm.allocate(200_000);
    wasm.write(at!, 7n);
    wasm.mul(at!, at!, at!);
    expect(wasm.read(at!)).to.equal(49n);
  });
});

describe("Poseidon by WebAssembly", () => {
  let fast: FastCrypto;
  before(async () => {
    fast = await createFastCrypto();
  });

  for (let inputs = 1; inputs <= 16; inputs++) {
    it(`hashes ${inputs} inputs as poseidon-lite does`, () => {
      const hash = reference[`poseidon${inputs}`]!;
      for (const edge of EDGES) {
        const same = new Array<bigint>(inputs).fill(edge);
        expect(fast.poseidon(same)).to.equal(hash(same));
      }
      check(
        [fc.array(field(), { minLength: inputs, maxLength: inputs })],
        (values) => {
          expect(fast.poseidon(values)).to.equal(hash(values));
        },
        inputs === 4 ? 300 : 10,
      );
    });
  }
});

describe("A ledger that computes by WebAssembly", () => {
  it("gives the committed vectors", async () => {
    await useFastCrypto();
    try {
      for (const [name, content] of Object.entries(buildVectors())) {
        const committed: unknown = JSON.parse(readFileSync(new URL(`../../vectors/${name}`, import.meta.url), "utf8"));
        expect(committed, name).to.deep.equal(content);
      }
    } finally {
      installFastCrypto(undefined);
    }
  });
});

describe("The check of signatures by WebAssembly", () => {
  let fast: FastCrypto;
  before(async () => {
    fast = await createFastCrypto();
  });
  afterEach(() => installFastCrypto(undefined));

  const expectSame = (s: bigint, h: bigint, point: Point): void => {
    expect(fast.challengePoint(s, h, point), `s = ${s}, h = ${h}`).to.deep.equal(challengePoint(s, h, point));
  };

  it("computes the point of the leaf circuit for scalars at their limits", () => {
    const key = mulBase(12345n);
    const edges = [0n, 1n, 2n, 15n, 16n, 17n, 31n, 127n, 128n, 129n, 255n, 256n, L - 1n, L, L + 1n, 8n * L - 1n];
    for (const edge of edges) {
      expectSame(edge, 3n, key);
      expectSame(3n, edge, key);
      expectSame(edge, edge, key);
    }
  });

  it("computes it for each digit of each window of the base's scalar", () => {
    for (let window = 0; window < 32; window++) {
      for (const digit of [1n, 127n, 128n, 129n, 255n]) {
        const s = digit << BigInt(8 * window);
        if (s < 8n * L) expectSame(s, 0n, mulBase(1n));
      }
    }
  });

  it("computes it for keys outside the subgroup, and of small order", () => {
    for (const torsion of SMALL_ORDER_POINTS) {
      expectSame(5n, L - 2n, torsion);
      expectSame(L - 5n, 77n, createFastSigner("key", torsion).publicKey);
    }
  });

  it("computes it for random scalars and keys", () => {
    const scalar = fc.bigInt({ min: 0n, max: 8n * L - 1n });
    check(
      [scalar, scalar, fc.bigInt({ min: 1n, max: L - 1n })],
      (s, h, secret) => expectSame(s, h, mulBase(secret)),
      60,
    );
  });

  it("is the same for the user of the library, once it is installed", async () => {
    const signer = createFastSigner("user");
    const message = transactionMessage({ domain: 1n, payload: 2n, nonce: 3n, bound: 4n });
    const hash = poseidon([1n, 2n]);
    await useFastCrypto();
    expect(fastCrypto()).not.to.equal(undefined);
    expect(poseidon([1n, 2n])).to.equal(hash);
    expect(transactionMessage({ domain: 1n, payload: 2n, nonce: 3n, bound: 4n })).to.equal(message);
    const signature = signer.sign(message);
    expect(verifySignature(signer.publicKey, message, signature)).to.equal(true);
    for (const wrong of [
      { ...signature, h: signature.h ^ 1n },
      { ...signature, s: signature.s ^ 1n },
      { ...signature, s: signature.s + L },
    ]) {
      expect(verifySignature(signer.publicKey, message, wrong)).to.equal(false);
    }
    installFastCrypto(undefined);
    expect(verifySignature(signer.publicKey, message, signature)).to.equal(true);
  });
});

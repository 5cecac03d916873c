// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { hexlify } from "ethers";
import fc from "fast-check";

import { answer, RPC, type ApiSource, type Method } from "../../src/node/api/index.ts";

/** Gives a method any parameters: each has an answer, or a refusal, and none is a fault of the node. */
export async function fuzzMethod(
  source: ApiSource,
  { name, parameters }: Pick<Method, "name" | "parameters">,
  options: { readonly seed: number; readonly numRuns: number },
): Promise<void> {
  const hex = fc.uint8Array({ minLength: 93, maxLength: 93 }).map((bytes) => hexlify(bytes));
  const others = fc.constantFrom(null, 0, `0x${"00".repeat(64)}`, `0x${"fF".repeat(64)}`, `0x${"11".repeat(20)}`);
  const likely = fc.oneof(fc.integer(), others, hex, fc.double(), fc.string(), fc.jsonValue());
  const names = fc.constantFrom(...parameters.map(({ name: own }) => own), "number", "__proto__");
  const params = fc.oneof(
    fc.tuple(...parameters.map(() => likely)),
    fc.array(likely, { maxLength: 3 }),
    fc.dictionary(names, likely),
    fc.jsonValue(),
  );
  let faults = 0;
  const check = async (given: unknown): Promise<void> => {
    const text = JSON.stringify({ jsonrpc: "2.0", id: 1, method: name, params: given });
    const { result, error } = JSON.parse((await answer(source, text, { onFault: () => (faults += 1) }))!) as {
      readonly result?: unknown;
      readonly error?: { readonly code: number };
    };
    if (error === undefined) expect(result).not.to.equal(undefined);
    else expect(error.code).to.be.oneOf([RPC.PARAMETERS, RPC.REFUSED]);
    expect(faults).to.equal(0);
  };
  await fc.assert(fc.asyncProperty(params, check), options);
}

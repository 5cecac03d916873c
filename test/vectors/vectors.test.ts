// SPDX-License-Identifier: MIT
import { readdirSync, readFileSync } from "node:fs";

import { expect } from "chai";
import { getBytes, hexlify } from "ethers";

import { fastCrypto } from "../../src/crypto/index.ts";
import { decodeMessage, encodeMessage } from "../../src/node/network/messages/index.ts";
import { expectError } from "../helpers/expectError.ts";
import { buildVectors } from "./build.ts";

describe("shared vectors", () => {
  const built = buildVectors();

  it("are computed by the library, without WebAssembly", () => {
    expect(fastCrypto()).to.equal(undefined);
  });

  it("are all committed", () => {
    const files = readdirSync(new URL(".", import.meta.url)).filter((name) => name.endsWith(".json"));
    expect(files.sort()).to.deep.equal(Object.keys(built).sort());
  });

  for (const [name, content] of Object.entries(built)) {
    it(`${name} is what the ledger gives`, () => {
      const committed: unknown = JSON.parse(readFileSync(new URL(name, import.meta.url), "utf8"));
      expect(committed).to.deep.equal(content);
    });
  }

  it("messages.json has messages that are read and written as they are, and byte strings that are none", () => {
    const { messages, invalid } = JSON.parse(readFileSync(new URL("messages.json", import.meta.url), "utf8")) as Record<
      "messages" | "invalid",
      readonly { readonly bytes: string; readonly fault: string }[]
    >;
    for (const { bytes } of messages) expect(hexlify(encodeMessage(decodeMessage(getBytes(bytes))))).to.equal(bytes);
    for (const { bytes, fault } of invalid) {
      expect(expectError(() => decodeMessage(getBytes(bytes)), "BAD_MESSAGE").data.fault).to.equal(fault);
    }
    expect(messages.length).to.be.above(5);
  });
});

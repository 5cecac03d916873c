// SPDX-License-Identifier: MIT
import { ESLint } from "eslint";
import { expect } from "chai";

import { PROJECT_ROOT } from "../../src/setup/paths.ts";

interface Restriction {
  readonly patterns: readonly { readonly regex: string }[];
}

/** Whether the configuration lets a file import a path. */
async function allows(file: string, path: string): Promise<boolean> {
  const eslint = new ESLint({ cwd: PROJECT_ROOT });
  const { rules } = (await eslint.calculateConfigForFile(file)) as {
    readonly rules: Readonly<Record<string, readonly unknown[]>>;
  };
  const [, { patterns }] = rules["no-restricted-imports"] as [number, Restriction];
  return !patterns.some(({ regex }) => new RegExp(regex, "u").test(path));
}

describe("The rooms of src", () => {
  it("are entered by their index, and from above", async () => {
    for (const [file, path] of [
      ["src/agents/b52/node.ts", "../../codec/index.ts"],
      ["src/agents/b52/node.ts", "../system.ts"],
      ["src/agents/wallet.ts", "../chain/index.ts"],
      ["src/agents/index.ts", "./poe/index.ts"],
      ["src/chain/reverts.ts", "../setup/paths.ts"],
      ["src/recursion/convertedCircuit.ts", "../prover/index.ts"],
      ["src/recursion/barretenberg.ts", "./acir/index.ts"],
      ["src/profile.ts", "./codec/index.ts"],
      ["src/codec/slot.ts", "./bits.ts"],
      ["tools/bench/age.ts", "../../src/agents/index.ts"],
      ["scripts/node.ts", "../src/node/configuration/index.ts"],
      ["src/node/program/node.ts", "../outbox/index.ts"],
      ["src/node/program/node.ts", "../../escape/index.ts"],
      ["explorer/hooks.ts", "preact/hooks"],
      ["explorer/views/fees.tsx", "../parts.tsx"],
    ] as const) {
      expect(await allows(file, path), `${file} imports ${path}`).to.equal(true);
    }
  });

  it("are entered by no other door, from no lower floor, and import nothing beside src", async () => {
    for (const [file, path] of [
      ["src/agents/b52/node.ts", "../../codec/slot.ts"],
      ["src/agents/wallet.ts", "./poe/sequencer.ts"],
      ["src/codec/slot.ts", "../ledger/index.ts"],
      ["src/b52/merge.ts", "../prover/index.ts"],
      ["src/prover/witness.ts", "../recursion/index.ts"],
      ["src/recursion/barretenberg.ts", "../chain/index.ts"],
      ["src/recursion/barretenberg.ts", "./acir/convert.ts"],
      ["src/chain/l1Cursor.ts", "../agents/index.ts"],
      ["src/escape/escape.ts", "../client/index.ts"],
      ["src/profile.ts", "./codec/slot.ts"],
      ["src/agents/wallet.ts", "../../tools/errors.ts"],
      ["src/errors.ts", "../test/model/b52/index.ts"],
      ["tools/bench/age.ts", "../../src/agents/wallet.ts"],
      ["scripts/node.ts", "../src/node/outbox/index.ts"],
      ["src/agents/wallet.ts", "../node/index.ts"],
      ["explorer/client.ts", "ethers"],
      ["explorer/client.ts", "../src/errors.ts"],
      ["explorer/views/fees.tsx", "../../src/field.ts"],
    ] as const) {
      expect(await allows(file, path), `${file} imports ${path}`).to.equal(false);
    }
  });
});

// SPDX-License-Identifier: MIT
import { spawnSync } from "node:child_process";

import { expect } from "chai";
import { JsonRpcProvider } from "ethers";
import { network } from "hardhat";

import {
  cappedGas,
  findRules,
  requireEstimates,
  requireWithinLimits,
  scheduledRules,
  type Endpoint,
} from "../../tools/deployment/chainRules.ts";
import { rehearse, type SentTransaction } from "../../tools/deployment/rehearsal.ts";
import { BLOCK_GAS, L1_RULES, RULE_FACTS } from "../../src/l1Rules.ts";
import { prepareAll } from "../../src/setup/index.ts";
import { expectError } from "../helpers/expectError.ts";
import { expectRejection } from "../helpers/expectRejection.ts";
import { startNode } from "../helpers/localNode.ts";

const SEPOLIA = 11_155_111n;
const NOBODY = "0x00000000000000000000000000000000000000aa";
/** 2026-10-06, 13:53:36. */
const AMSTERDAM_ON_SEPOLIA = 1_791_294_816;

/** Answers by method; a method that is not there is refused, as an endpoint refuses one that it does not know. */
function fakeEndpoint(answers: Readonly<Record<string, unknown>>): Endpoint & { readonly asked: string[] } {
  const asked: string[] = [];
  const send = (method: string): Promise<unknown> => {
    asked.push(method);
    const answer = answers[method];
    if (answer instanceof Error) return Promise.reject(answer);
    return answer === undefined ? Promise.reject(new Error(`no method ${method}`)) : Promise.resolve(answer);
  };
  return { send, asked };
}

const OSAKA_BLOCK = { number: "0x1", gasLimit: "0x3938700", requestsHash: "0xe3", withdrawalsRoot: "0x56" };
const AMSTERDAM_BLOCK = { ...OSAKA_BLOCK, blockAccessListHash: "0xfd", slotNumber: "0x1" };
const CLZ_OF_ONE = `0x${"ff".padStart(64, "0")}`;
const answersOf = (block: object, more: object = {}): Record<string, unknown> => ({
  eth_chainId: "0xaa36a7",
  eth_getBlockByNumber: block,
  eth_call: CLZ_OF_ONE,
  ...more,
});

/** The limits depend on the sizes of a transaction, not on its content. */
const transaction = (sizes: Partial<SentTransaction>): SentTransaction => ({
  what: "B52",
  dataBytes: 49_152,
  codeBytes: 24_576,
  gas: 1_000_000n,
  stateGas: 0n,
  ...sizes,
});

describe("Rules of a chain", () => {
  for (const rules of L1_RULES) {
    it(`are found to be those of ${rules} on an embedded chain that has them`, async () => {
      const { ethers } = await network.create({ network: RULE_FACTS[rules].network });
      expect(await findRules(ethers.provider)).to.deep.equal({ rules, blockGas: BLOCK_GAS });
    });
  }

  it("are found on anvil, whose chain has another id and other fields", async function () {
    this.timeout(120_000);
    const node = await startNode("anvil", { chainId: Number(SEPOLIA) });
    const provider = new JsonRpcProvider(node.url);
    try {
      const { rules } = await findRules(provider);
      expect(rules).to.equal("osaka");
      await requireEstimates(provider, NOBODY, { rules }, 11_000_000n);
    } finally {
      provider.destroy();
      await node.stop();
    }
  });

  it("cannot be Amsterdam's on anvil 1.7.1, which does not start under them: when it does, lifecycles belong there too", function () {
    this.timeout(120_000);
    const anvil = spawnSync("anvil", ["--hardfork", "amsterdam", "--port", "0"], { encoding: "utf8", timeout: 60_000 });
    // A node that starts runs until the time is over, which is an error here. The exit code of anvil's panic is 0.
    expect(anvil.error).to.equal(undefined);
    expect(anvil.stdout + anvil.stderr).to.include("panicked");
  });

  it("are refused where they are older than the compiler's target", async () => {
    const { ethers } = await network.create({ override: { hardfork: "prague" } });
    const { message } = await expectRejection(findRules(ethers.provider), "UNKNOWN_RULES");
    expect(message).to.include("older than Osaka").and.to.not.include("\n");
  });

  it("follow from a block's fields, whether or not the endpoint says how it is configured", async () => {
    for (const [rules, block] of [
      ["osaka", OSAKA_BLOCK],
      ["amsterdam", AMSTERDAM_BLOCK],
    ] as const) {
      expect((await findRules(fakeEndpoint(answersOf(block)))).rules).to.equal(rules);
      const config = { current: { activationTime: AMSTERDAM_ON_SEPOLIA }, next: null, last: null };
      expect(await findRules(fakeEndpoint(answersOf(block, { eth_config: config })))).to.deep.equal({
        rules,
        blockGas: BLOCK_GAS,
      });
    }
  });

  it("are said to change when the endpoint is configured for another fork", async () => {
    const config = { current: { activationTime: 1 }, next: { activationTime: AMSTERDAM_ON_SEPOLIA } };
    const found = await findRules(fakeEndpoint(answersOf(OSAKA_BLOCK, { eth_config: config })));
    expect(found).to.deep.equal({ rules: "osaka", blockGas: BLOCK_GAS, changesAt: AMSTERDAM_ON_SEPOLIA });
  });

  it("are refused where they are newer than the program knows, by a field or by the fork that is active", async () => {
    const field = fakeEndpoint(answersOf({ ...AMSTERDAM_BLOCK, inclusionListHash: "0x01" }));
    const byField = await expectRejection(findRules(field), "UNKNOWN_RULES");
    expect(byField.message).to.include("newer than Amsterdam").and.to.include("inclusionListHash");
    const config = { current: { activationTime: AMSTERDAM_ON_SEPOLIA + 1 }, next: null };
    const fork = fakeEndpoint(answersOf(AMSTERDAM_BLOCK, { eth_config: config }));
    const byFork = await expectRejection(findRules(fork), "UNKNOWN_RULES");
    expect(byFork.message).to.include("newer than Amsterdam").and.to.include("2026-10-06T13:53:37");
    for (const { message } of [byField, byFork]) expect(message).to.not.include("\n");
    expect([...field.asked, ...fork.asked]).to.not.include("eth_sendRawTransaction");
  });

  it("are known by schedule where nobody answers", () => {
    expect(scheduledRules(SEPOLIA, AMSTERDAM_ON_SEPOLIA - 1)).to.equal("osaka");
    expect(scheduledRules(SEPOLIA, AMSTERDAM_ON_SEPOLIA)).to.equal("amsterdam");
    expect(scheduledRules(31_337n, AMSTERDAM_ON_SEPOLIA)).to.equal(undefined);
  });
});

describe("Limits of a chain's transactions", () => {
  const osaka = { rules: "osaka", blockGas: BLOCK_GAS } as const;
  const amsterdam = { rules: "amsterdam", blockGas: BLOCK_GAS } as const;

  it("cap all gas under Osaka, and the gas of execution under Amsterdam", () => {
    const large = transaction({ gas: 16_777_217n, stateGas: 1n });
    expect(cappedGas(large, "osaka")).to.equal(16_777_217n);
    expect(cappedGas(large, "amsterdam")).to.equal(16_777_216n);
    requireWithinLimits([large], amsterdam);
    const { message } = expectError(() => requireWithinLimits([large], osaka), "BEYOND_LIMITS");
    expect(message).to.equal(
      "B52 needs 16777217 gas of execution, and a transaction has 16777216 at most, under the rules of osaka: nothing was sent",
    );
    expectError(() => requireWithinLimits([transaction({ gas: 16_777_217n })], amsterdam), "BEYOND_LIMITS");
  });

  it("include the chain's block, for all gas", () => {
    requireWithinLimits([transaction({ gas: BLOCK_GAS, stateGas: BLOCK_GAS })], amsterdam);
    const { message } = expectError(
      () => requireWithinLimits([transaction({ gas: 78_975_103n, stateGas: 70_000_000n })], amsterdam),
      "BEYOND_LIMITS",
    );
    expect(message).to.include("B52 needs 78975103 gas, and a block of this chain has 60000000");
  });

  it("include the sizes of code and of what deploys it, but not of other calls", () => {
    for (const chain of [osaka, amsterdam]) {
      requireWithinLimits([transaction({}), transaction({ codeBytes: 0, dataBytes: 100_000 })], chain);
      expectError(() => requireWithinLimits([transaction({ codeBytes: 24_577 })], chain), "BEYOND_LIMITS");
      expectError(() => requireWithinLimits([transaction({ dataBytes: 49_153 })], chain), "BEYOND_LIMITS");
    }
  });
});

describe("Rehearsal under the rules of the target", () => {
  for (const rules of L1_RULES) {
    it(`deploys a pair under ${rules}, each transaction of which the chain takes`, async function () {
      this.timeout(600_000);
      const { transactions, inspection } = await rehearse("Pair", {}, await prepareAll("development"), rules);
      expect(inspection.findings.every(({ expected, actual }) => expected === actual)).to.equal(true);
      const stateOf = ({ codeBytes }: SentTransaction): number => codeBytes * RULE_FACTS[rules].codeByte;
      for (const sent of transactions) {
        expect(Number(sent.stateGas), sent.what).to.be.at.least(stateOf(sent));
        expect(sent.gas > sent.stateGas, sent.what).to.equal(true);
      }
      requireWithinLimits(transactions, { rules, blockGas: BLOCK_GAS });
    });
  }
});

describe("Estimates of an endpoint", () => {
  it("are refused in one sentence where they are above a cap of its own, before anything is sent", async () => {
    const refusing = fakeEndpoint({ eth_estimateGas: new Error("gas required exceeds allowance (25000000)\nat …") });
    const { message } = await expectRejection(
      requireEstimates(refusing, NOBODY, { rules: "amsterdam" }, 40_000_000n),
      "ESTIMATE_REFUSED",
    );
    expect(message).to.include("40000000 gas").and.to.include("exceeds allowance (25000000)").and.to.not.include("\n");
    expect(refusing.asked).to.deep.equal(["eth_estimateGas"]);
  });

  for (const [rules, gas] of [
    ["osaka", 16_000_000n],
    ["amsterdam", 50_000_000n],
  ] as const) {
    it(`are asked for with as much gas as a deployment needs under ${rules}, less a slot`, async () => {
      const { ethers } = await network.create({ network: RULE_FACTS[rules].network });
      const [signer] = await ethers.getSigners();
      let estimated = 0n;
      const listening: Endpoint = {
        send: async (method, params) => {
          const answer: unknown = await ethers.provider.send(method, params);
          estimated = BigInt(answer as string);
          return answer;
        },
      };
      await requireEstimates(listening, signer!.address, { rules }, gas);
      expect(Number(estimated)).to.be.within(Number(gas) * 0.97, Number(gas));
    });
  }
});

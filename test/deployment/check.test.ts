// SPDX-License-Identifier: MIT
import { mkdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

import { expect } from "chai";
import { dataLength, dataSlice, getAddress, Interface } from "ethers";
import { network } from "hardhat";
import type { NetworkConnection } from "hardhat/types/network";

import { readCompiled } from "../../tools/deployment/bytecode.ts";
import { checkDeployment, requireSame, type Finding } from "../../tools/deployment/check.ts";
import { deploySystem, type Deployment } from "../../tools/deployment/ignition.ts";
import { ELECTION_NAMES } from "../../src/deployment/index.ts";
import { SCHEMA, type ParameterValue } from "../../src/deployment/schema.ts";
import { prepareAll, readVerificationKey, type CircuitArtifacts } from "../../src/setup/index.ts";
import { BUILD } from "../../src/setup/paths.ts";
import { expectError } from "../helpers/expectError.ts";
import { expectRejection } from "../helpers/expectRejection.ts";

const different = (findings: readonly Finding[]): Finding[] =>
  findings.filter(({ expected, actual }) => expected !== actual);

describe("Check of a deployment", () => {
  let connection: NetworkConnection;
  let keys: readonly CircuitArtifacts[];
  let pair: Deployment;
  const check = (deployment: Deployment, withKeys = keys): Promise<readonly Finding[]> =>
    checkDeployment(connection.ethers.provider, deployment, withKeys).then(({ findings }) => findings);

  before(async function () {
    this.timeout(600_000);
    connection = await network.create();
    keys = await prepareAll("development");
    pair = await deploySystem(connection, "Pair", { withEscrow: true });
  });

  it("finds a pair as it should be: every contract, library, immutable, argument and key", async () => {
    const findings = await check(pair);
    expect(different(findings)).to.deep.equal([]);
    requireSame(findings);
    const codes = findings.filter(({ what }) => what.startsWith("code at ")).map(({ contract }) => contract);
    expect(codes.sort()).to.deep.equal([
      "B52",
      "BlockRecords",
      "BlockVerification",
      "BuilderEscrow",
      "EnforcementVerifier",
      "LeafVerifier",
      "MigrationVerification",
      "NativeToken",
      "Poseidon",
      "ProofOfEfficiency",
      "ProverRegistry",
      "Rollup",
      "Rollup",
      "RollupVerifier",
    ]);
    expect(findings.filter(({ what }) => what.startsWith("key of ")).length).to.equal(5);
  });

  // Each parameter in turn is not what was deployed: something must say so. Elections have a test of their own.
  for (const [module, rules] of Object.entries(SCHEMA) as [keyof typeof SCHEMA, (typeof SCHEMA)["Shared"]][]) {
    if ((ELECTION_NAMES as readonly string[]).includes(module)) continue;
    // With it there are other contracts: see below.
    for (const name of Object.keys(rules).filter((rule) => rule !== "electedTickets")) {
      it(`finds another ${module}.${name}, with both values`, async () => {
        const deployed = pair.parameters[module]?.[name];
        const other = otherThan(deployed);
        const parameters = { ...pair.parameters, [module]: { ...pair.parameters[module], [name]: other } };
        const found = different(await check({ ...pair, parameters }));
        const naming = found.filter(
          ({ expected, actual }) =>
            expected.includes(String(other)) && (deployed === undefined || actual.includes(String(deployed))),
        );
        expect(naming.length, JSON.stringify(found)).to.be.at.least(1);
        expectError(() => requireSame(found), "DEPLOYMENT_DIFFERS");
      });
    }
  }

  it("finds that tickets are not drawn where they should be, by the contracts", async () => {
    const B52 = { ...pair.parameters.B52, electedTickets: 15n, seedRounds: 4n };
    const { message } = await expectRejection(
      check({ ...pair, parameters: { ...pair.parameters, B52 } }),
      "CODE_DIFFERS",
    );
    expect(message).to.match(/^DrawnProverRegistry at 0x\w{40} has code .* with \(CONSENSUS, ELECTED_TICKETS, /u);
  });

  it("knows what every contract was deployed with, as explorers ask for it", async () => {
    const { provider } = connection.ethers;
    const { contracts } = await checkDeployment(provider, pair, keys);
    let compared = 0;
    for (let number = 1; number <= (await provider.getBlockNumber()); number++) {
      const block = await provider.getBlock(number, true);
      for (const { hash, data, to } of block?.prefetchedTransactions ?? []) {
        if (to !== null) continue;
        const receipt = await provider.getTransactionReceipt(hash);
        const contract = contracts.find(({ address }) => address === receipt?.contractAddress);
        if (contract === undefined) throw new Error(`nothing is known of ${receipt?.contractAddress}`);
        const { abi, creation } = await readCompiled(contract.name);
        const encoded = new Interface(abi).encodeDeploy(contract.args);
        expect(encoded, contract.name).to.equal(dataSlice(data, dataLength(creation.code)));
        compared++;
      }
    }
    // All but the two cores and the registry, which their consensus deployed.
    expect(compared).to.equal(contracts.length - 3);
  });

  it("finds two rollups that are no pair", async () => {
    const [poe, b52] = [await deploySystem(connection, "ProofOfEfficiency"), await deploySystem(connection, "B52")];
    const parameters = { ...poe.parameters, ...b52.parameters };
    const consensus = { ...poe.consensus, ...b52.consensus };
    const apart: Deployment = { system: "Pair", parameters, consensus, elections: {}, escrow: undefined };
    const found = different(await check(apart)).map(({ contract, what }) => `${contract}: ${what}`);
    expect(found).to.deep.equal([
      "Pair: token of both",
      "Pair: verifier of migrations",
      "Pair: native token is registered under ProofOfEfficiency",
      "Pair: native token is registered under B52",
    ]);
  });

  it("finds an escrow of the builders of another rollup", async () => {
    const other = await deploySystem(connection, "B52", { withEscrow: true });
    const found = different(await check({ ...pair, escrow: other.escrow })).map(
      ({ contract, what }) => `${contract}: ${what}`,
    );
    expect(found).to.include.members(["BuilderEscrow: CONSENSUS", "BuilderEscrow: ROLLUP", "BuilderEscrow: TOKEN"]);
  });

  it("finds a selector that is no contract any more", async () => {
    const selector = await (await connection.ethers.deployContract("MockSelector")).getAddress();
    const closed = await deploySystem(connection, "ProofOfEfficiency", { overrides: { selector } });
    expect(different(await check(closed))).to.deep.equal([]);
    await withCode(selector, "0x", async () => {
      const found = different(await check(closed)).map(({ contract, what }) => `${contract}: ${what}`);
      expect(found).to.deep.equal(["ProofOfEfficiency: SELECTOR has code"]);
    });
  });

  it("finds a verifier that is none", async () => {
    const { ethers } = connection;
    const consensus = await ethers.getContractAt("ProofOfEfficiency", pair.consensus.ProofOfEfficiency ?? "");
    await withCode(await consensus.VERIFIER(), await codeOf("MockVerifier"), async () => {
      const found = different(await check(pair)).map(({ contract, what }) => `${contract}: ${what}`);
      expect(found).to.deep.equal([`LeafVerifier: code at ${await consensus.VERIFIER()}`, "LeafVerifier: key of leaf"]);
    });
  });

  it("finds one byte of code that is another, in each contract", async () => {
    const sound = await check(pair);
    const places = sound.flatMap(({ contract, what }) =>
      what.startsWith("code at ") ? [{ contract, address: what.slice("code at ".length) }] : [],
    );
    for (const { contract, address } of places) {
      const code = await connection.ethers.provider.getCode(address);
      // In the metadata at the end, which nothing executes.
      const at = code.length - 40;
      const changed = code.slice(0, at) + (code[at] === "0" ? "1" : "0") + code.slice(at + 1);
      await withCode(address, changed, async () => {
        const found = different(await check(pair));
        expect(found.map((finding) => `${finding.contract} ${finding.what}`)).to.deep.equal([
          `${contract} code at ${address}`,
        ]);
      });
    }
  });

  it("finds keys that are not those of the build folder", async () => {
    const path = join(BUILD, "test", `changed-${process.pid}.vkey.json`);
    const changed = await Promise.all(
      keys.map(async (key) => {
        if (key.name !== "leaf") return key;
        const { vk_delta_2: delta, ...rest } = readVerificationKey(key);
        const [[x0 = "", x1 = ""] = [], ...others] = delta;
        await mkdir(dirname(path), { recursive: true });
        await writeFile(path, JSON.stringify({ ...rest, vk_delta_2: [[x0, String(BigInt(x1) + 1n)], ...others] }));
        return { ...key, verificationKey: path };
      }),
    );
    const found = different(await check(pair, changed)).map(({ contract, what }) => `${contract}: ${what}`);
    expect(found).to.deep.equal([
      "LeafVerifier: key of leaf",
      "LeafVerifier: source LeafVerifyingKey.sol",
      "RollupVerifier: key of leaf",
      "RollupVerifier: source LeafVerifyingKey.sol",
    ]);
    await rm(path);
  });

  it("finds what is not deployed, and what is something else", async () => {
    const nobody = "0x00000000000000000000000000000000000000aa";
    await expectRejection(check({ ...pair, consensus: { B52: nobody } }), "CODE_DIFFERS");
    const swapped = { B52: pair.consensus.ProofOfEfficiency ?? "" };
    await expectRejection(check({ ...pair, consensus: swapped }), "CODE_DIFFERS");
  });

  async function codeOf(name: string): Promise<string> {
    const contract = await connection.ethers.deployContract(name);
    return connection.ethers.provider.getCode(contract);
  }

  async function withCode(address: string, code: string, run: () => Promise<void>): Promise<void> {
    const { provider, networkHelpers } = connection;
    const before = (await provider.request({ method: "eth_getCode", params: [address, "latest"] })) as string;
    await networkHelpers.setCode(address, code);
    try {
      await run();
    } finally {
      await networkHelpers.setCode(address, before);
    }
  }
});

function otherThan(value: ParameterValue | undefined): ParameterValue {
  if (typeof value === "boolean") return !value;
  if (typeof value === "bigint") return value + 1n;
  if (typeof value === "object") return [...value, getAddress(`0x${"bb".repeat(20)}`)];
  if (value?.startsWith("0x") !== false) return getAddress(`0x${"bb".repeat(20)}`);
  return `${value} 2`;
}

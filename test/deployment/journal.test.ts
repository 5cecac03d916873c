// SPDX-License-Identifier: MIT
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { network } from "hardhat";
import { expect } from "chai";

import { firstBlockOf, readJournal, requireJournalOf } from "../../tools/deployment/ignition.ts";
import { BUILD } from "../../src/setup/paths.ts";
import { expectError } from "../helpers/expectError.ts";
import { expectRejection } from "../helpers/expectRejection.ts";

const FOLDER = join(BUILD, "test", `journal-${process.pid}`);
const NOBODY = "0x00000000000000000000000000000000000000aa";

const write = (addresses: Readonly<Record<string, string>>): void => {
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(join(FOLDER, "deployed_addresses.json"), JSON.stringify(addresses));
};

describe("Journal of a deployment", () => {
  afterEach(() => rmSync(FOLDER, { recursive: true, force: true }));

  it("gives the consensus of each system", () => {
    write({ "ProofOfEfficiency#ProofOfEfficiency": "0x01", "ProofOfEfficiency#Rollup": "0x02", "B52#B52": "0x03" });
    expect(readJournal(FOLDER, "Pair", {}).consensus).to.deep.equal({ ProofOfEfficiency: "0x01", B52: "0x03" });
    expect(readJournal(FOLDER, "B52", {}).consensus).to.deep.equal({ B52: "0x03" });
  });

  it("gives the escrow of builders, if there is one", () => {
    write({ "B52#B52": "0x03" });
    expect(readJournal(FOLDER, "B52", {}).escrow).to.equal(undefined);
    write({ "B52#B52": "0x03", "BuilderEscrow#BuilderEscrow": "0x04" });
    expect(readJournal(FOLDER, "B52", {}).escrow).to.equal("0x04");
  });

  it("is refused where it is not, or not complete", () => {
    expectError(() => readJournal(FOLDER, "B52", {}), "UNKNOWN_DEPLOYMENT");
    write({ "B52#B52": "0x03" });
    expectError(() => readJournal(FOLDER, "Pair", {}), "UNKNOWN_DEPLOYMENT");
  });

  it("knows the block of the first transaction", () => {
    write({});
    const receipts = [9, 7, 8].map((blockNumber) => ({ type: "TRANSACTION_CONFIRM", receipt: { blockNumber } }));
    const messages = [{ type: "DEPLOYMENT_INITIALIZE", chainId: 31337 }, ...receipts];
    writeFileSync(join(FOLDER, "journal.jsonl"), `\n${messages.map((message) => JSON.stringify(message)).join("\n")}`);
    expect(firstBlockOf(FOLDER)).to.equal(7);
  });

  it("is refused on a chain that has nothing of it", async () => {
    const { ethers } = await network.create();
    const token = await ethers.deployContract("MockToken");
    await requireJournalOf(ethers.provider, FOLDER);
    write({ "Shared#NativeToken": await token.getAddress() });
    await requireJournalOf(ethers.provider, FOLDER);
    write({ "Shared#NativeToken": await token.getAddress(), "B52#B52": NOBODY });
    await expectRejection(requireJournalOf(ethers.provider, FOLDER), "JOURNAL_OF_ANOTHER_CHAIN");
  });
});

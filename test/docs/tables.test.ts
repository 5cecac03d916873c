// SPDX-License-Identifier: MIT
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { expect } from "chai";

import { findExternalCalls, findPrivileges, findRestrictions } from "../../tools/docs/audit.ts";
import { replaceBlocks } from "../../tools/docs/markdown.ts";
import { SolidityModel } from "../../tools/docs/solidity.ts";
import { peersOf, PEERS } from "../../tools/bench/peers.ts";
import { documents, firstSentence } from "../../tools/docs/tables.ts";
import { PROJECT_ROOT } from "../../src/setup/paths.ts";

/** Everything that the scans have to find, in one file. */
const HOSTILE = `
pragma solidity 0.8.37;
interface IOther { function poke() external payable; function peek() external view returns (uint256); }
contract Ownable { address internal _owner; }
library Linked { function run() external {} }
contract Hostile is Ownable {
  address admin;
  IOther other;
  mapping(address => bool) known;
  modifier onlyOwner() { require(msg.sender == _owner); _; }
  modifier nonReentrant() { _; }
  function upgradeTo(address code) external onlyOwner { (bool ok, ) = code.delegatecall(""); require(ok); }
  function pause() external { if (admin != msg.sender) revert(); }
  function listed() external view { if (!known[msg.sender]) revert(); }
  function pay(address payable to) external nonReentrant { _pay(to); }
  function payAgain(address payable to) external { _pay(to); }
  function ask() external view returns (uint256) { return other.peek() + (tx.origin == address(0) ? 1 : 0); }
  function link() external { Linked.run(); new Ownable(); }
  function end() external { assembly { sstore(0, create(0, 0, 0)) selfdestruct(0) } }
  function _pay(address payable to) private {
    to.transfer(1);
    (bool ok, ) = to.call{ value: 2 }("");
    require(ok);
    other.poke{ value: address(this).balance }();
  }
}`;

describe("Tables of the documents", () => {
  let model: SolidityModel;
  let hostile: SolidityModel;

  before(function () {
    this.timeout(120_000);
    model = SolidityModel.ofProduction();
    hostile = SolidityModel.of(new Map([["contracts/Hostile.sol", HOSTILE]]));
  });

  it("are what `npm run tables` writes", async function () {
    this.timeout(120_000);
    for (const [path, content] of await documents(model)) {
      const committed = readFileSync(join(PROJECT_ROOT, path), "utf8");
      expect(committed === content, `${path} is stale: npm run tables`).to.equal(true);
    }
  });

  it("have the numbers of peers that were measured side by side", () => {
    const benchmarks = readFileSync(join(PROJECT_ROOT, "docs", "benchmarks.md"), "utf8");
    for (const job of Object.keys(PEERS) as (keyof typeof PEERS)[]) {
      expect(benchmarks).to.include(`| ${peersOf(job)} |`);
    }
  });

  it("have whole sentences, whatever is in them", () => {
    expect(firstSentence("Pays; once. More.")).to.equal("Pays; once");
    expect(firstSentence("Precompiles (EIP-196; EIP-1108 says. prices): all\nof them. More.")).to.equal(
      "Precompiles (EIP-196; EIP-1108 says. prices): all of them",
    );
    expect(firstSentence("Version 0.8.37 of it")).to.equal("Version 0.8.37 of it");
    const audit = readFileSync(join(PROJECT_ROOT, "docs", "audit.md"), "utf8");
    const rows = audit.split("\n").filter((line) => line.includes("](../contracts/"));
    for (const row of rows) expect(row.split("(").length, row).to.equal(row.split(")").length);
  });

  it("are not written where there is no place for them, nor left unwritten", () => {
    expect(replaceBlocks("a <!-- x --> old <!-- /x --> b", { x: "new" })).to.equal(
      "a <!-- x -->\n\nnew\n\n<!-- /x --> b",
    );
    expect(() => replaceBlocks("a", { x: "new" })).to.throw("there is no block x");
    expect(() => replaceBlocks("<!-- y --><!-- /y -->", {})).to.throw("nobody writes the blocks y");
  });

  it("nobody has a privilege: the production contracts have nothing that would give one", () => {
    expect(findPrivileges(model)).to.deep.equal([
      // Of one code only, whose hash the constructor was given (docs/adr/0042).
      { what: "create in assembly", where: "CoreDeployer.deployCore" },
      { what: "tx.origin", where: "DirectCall.isDirect" },
    ]);
  });

  it("the scan finds privileges where there are some", () => {
    const found = findPrivileges(hostile, ["contracts/Hostile.sol"]).map(({ what, where }) => `${where}: ${what}`);
    expect(found).to.have.members([
      "Ownable: state variable _owner",
      "Hostile: inherits Ownable",
      "Hostile: state variable admin",
      "Hostile: modifier onlyOwner",
      "Hostile: function upgradeTo",
      "Hostile.upgradeTo: delegatecall",
      "Hostile.upgradeTo: selfdestruct or delegatecall",
      "Hostile: function pause",
      "Hostile.ask: tx.origin",
      "Hostile.end: sstore in assembly",
      "Hostile.end: create in assembly",
      "Hostile.end: selfdestruct in assembly",
    ]);
  });

  it("the scan finds conditions on the caller, in functions and in modifiers", () => {
    expect(findRestrictions(hostile, ["contracts/Hostile.sol"])).to.deep.equal([
      { key: "Hostile.onlyOwner", condition: "msg.sender == _owner" },
      { key: "Hostile.pause", condition: "admin != msg.sender" },
      { key: "Hostile.listed", condition: "!known[msg.sender]" },
    ]);
  });

  it("the scan finds external calls of every kind, and from where they are reached", () => {
    const found = findExternalCalls(hostile, ["contracts/Hostile.sol"]);
    const lines = found.map(({ key, kind, value, entries }) => [key, kind, value, entries.join(" ")]);
    expect(lines).to.have.deep.members([
      ["Hostile.upgradeTo code.delegatecall", "delegatecall to anything", "", "upgradeTo"],
      ["Hostile.ask other.peek", "staticcall", "", "ask"],
      ["Hostile.link Linked.run", "delegatecall to a library", "", "link"],
      ["Hostile.link new Ownable", "create", "", "link"],
      ["Hostile._pay to.transfer", "call", "1", "pay* payAgain"],
      ["Hostile._pay to.call", "call", "2", "pay* payAgain"],
      ["Hostile._pay other.poke", "call", "address(this).balance", "pay* payAgain"],
    ]);
  });
});

// SPDX-License-Identifier: MIT
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect } from "chai";
import { encryptKeystoreJsonSync, Wallet } from "ethers";

import { openKey, openTicketKey } from "../../../src/node/program/index.ts";
import { expectError } from "../../helpers/expectError.ts";
import { expectRejection } from "../../helpers/expectRejection.ts";

const KEY = `0x${"01".repeat(32)}`;

describe("The key of a node", function () {
  this.timeout(60_000);
  let directory: string;
  let keystore: string;
  const refusal = async (file: string | undefined, environment: Record<string, string>): Promise<string> => {
    const { message } = await expectRejection(openKey(file, environment), "BAD_KEY");
    expect(message).not.to.include(KEY.slice(2));
    return message;
  };

  before(() => {
    directory = mkdtempSync(join(tmpdir(), "key-"));
    keystore = join(directory, "key.json");
    // scrypt with few rounds: the format says how many.
    const { address } = new Wallet(KEY);
    const cheap = { scrypt: { N: 2, r: 8, p: 1 } };
    writeFileSync(keystore, encryptKeystoreJsonSync({ address, privateKey: KEY }, "secret", cheap));
  });

  after(() => rmSync(directory, { recursive: true }));

  it("comes from a keystore file with its password, or from the environment", async () => {
    const { address } = new Wallet(KEY);
    expect((await openKey(keystore, { NODE_PASSWORD: "secret" })).address).to.equal(address);
    expect((await openKey(undefined, { NODE_PRIVATE_KEY: KEY })).address).to.equal(address);
    expect((await openKey(undefined, { NODE_PRIVATE_KEY: KEY.slice(2) })).address).to.equal(address);
  });

  it("is refused in one sentence without a secret in it", async () => {
    expect(await refusal(undefined, {})).to.include("a role needs a key");
    expect(await refusal(undefined, { NODE_PRIVATE_KEY: `${KEY}00` })).to.include("is not a private key");
    expect(await refusal(undefined, { NODE_PRIVATE_KEY: "secret words" })).not.to.include("secret words");
    expect(await refusal(keystore, {})).to.include("has no NODE_PASSWORD");
    expect(await refusal(keystore, { NODE_PASSWORD: "wrong" })).to.include("is not its password");
    expect(await refusal(keystore, { NODE_PASSWORD: "secret", NODE_PRIVATE_KEY: KEY })).to.include("two keys");
    expect(await refusal(join(directory, "nothing"), { NODE_PASSWORD: "secret" })).to.include("ENOENT");
    const other = join(directory, "other.json");
    writeFileSync(other, "{}");
    expect(await refusal(other, { NODE_PASSWORD: "secret" })).to.include("not in the format");
  });

  it("of a ticket is 32 bytes of the environment, and no message has it", () => {
    const first = openTicketKey({ NODE_TICKET_KEY: KEY });
    expect(openTicketKey({ NODE_TICKET_KEY: KEY.slice(2) }).publicKey).to.deep.equal(first.publicKey);
    for (const environment of [{}, { NODE_TICKET_KEY: `${KEY}01` }, { NODE_TICKET_KEY: "0x12" }]) {
      const { message } = expectError(() => openTicketKey(environment), "BAD_KEY");
      expect(message).to.match(/^--prover needs NODE_TICKET_KEY/u);
      expect(message).not.to.include(KEY.slice(2));
    }
  });
});

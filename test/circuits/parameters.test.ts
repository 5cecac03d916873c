// SPDX-License-Identifier: MIT
import { globSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";

import { expect } from "chai";

import { ProtocolError } from "../../src/errors.ts";
import { PROJECT_ROOT } from "../../src/setup/paths.ts";
import { compile } from "../helpers/circuit.ts";

/** For each template with parameters: values right outside of each limit, the other parameters being good. */
const REFUSED: Readonly<Record<string, readonly (readonly number[])[]>> = {
  "escape/Escape.circom": [[0], [17]],
  "leaf/Leaf.circom": [
    [1, 4, 1],
    [17, 4, 1],
    [5, 0, 1],
    [5, 3, 1],
    [5, 256, 1],
    [5, 4, 0],
    [5, 4, 5],
  ],
  "lib/accounts/PathRoot.circom": [[0], [17]],
  "lib/accounts/PathUpdate.circom": [[0], [17]],
  "lib/accounts/SubtreeRoot.circom": [[0], [17]],
  "lib/commitment/DataCommitment.circom": [[0]],
  "lib/exits/ExitsHash.circom": [[0], [12], [256]],
  "lib/migration/ApplyMove.circom": [[0], [17]],
  "lib/signature/FixedBaseMul.circom": [[246], [255]],
  "lib/slot/ApplySlot.circom": [
    [1, 1],
    [17, 1],
    [5, 0],
    [5, 5],
  ],
  "lib/slot/CreditTips.circom": [[0], [17]],
  "lib/slot/IndexInTree.circom": [[0], [17]],
  "lib/statement/ChainedProof.circom": [[0], [12], [256]],
  "lib/statement/Evaluation.circom": [[1]],
  "lib/tree/BinaryRoot.circom": [[0]],
  "lib/votes/Select.circom": [[0], [9]],
  "lib/votes/TicketKey.circom": [[0], [9]],
  "lib/votes/TicketLine.circom": [[0], [9]],
  "lib/votes/TicketUnion.circom": [
    [0, 1, 1],
    [254, 1, 1],
    [8, 0, 1],
    [8, 1, 0],
  ],
  "lib/votes/Vote.circom": [
    [0, 0],
    [5, 0],
    [4, 2],
  ],
  "lib/votes/VoteCheck.circom": [
    [0, 4, 0],
    [9, 4, 0],
    [8, 0, 0],
    [8, 5, 0],
    [8, 4, 2],
  ],
  "merge/Merge.circom": [
    [7, 4, 0],
    [9, 4, 0],
    [8, 1, 0],
    [8, 5, 0],
    [8, 4, 2],
  ],
  "chain/Chain.circom": [[0], [12], [256]],
  "migration/Migration.circom": [
    [0, 1],
    [17, 1],
    [5, 0],
    [5, 17],
  ],
};

describe("circuits: parameters", () => {
  it("are tested for every template that has parameters", () => {
    const files = globSync("**/*.circom", { cwd: join(PROJECT_ROOT, "circuits") });
    const withParameters = files.filter((file) => /^template \w+\(\w/m.test(sourceOf(file)));
    expect(Object.keys(REFUSED)).to.have.members(withParameters);
  });

  for (const [file, variants] of Object.entries(REFUSED)) {
    it(`of ${basename(file, ".circom")} outside of their limits are rejected by the compiler`, async () => {
      const path = join("circuits", file);
      const errors = await Promise.all(
        variants.map((params) =>
          compile(path, params).then(
            () => undefined,
            (error: unknown) => error,
          ),
        ),
      );
      for (const [i, error] of errors.entries()) {
        expect(error, variants[i]!.join(", ")).to.be.instanceOf(ProtocolError);
        const { code, message } = error as ProtocolError;
        expect(code).to.equal("CIRCUIT_COMPILATION_FAILED");
        // The template itself rejects them, not one that it uses.
        expect(message)
          .to.match(/False assert reached/)
          .and.to.include(`"${path}"`);
      }
    });
  }
});

const sourceOf = (file: string): string => readFileSync(join(PROJECT_ROOT, "circuits", file), "utf8");

// SPDX-License-Identifier: MIT
import { expect } from "chai";

import type { B52Node } from "../../../../src/agents/index.ts";
import { NO_DRAW } from "../../../../src/b52/index.ts";
import { State } from "../../../../src/ledger/index.ts";
import { B52Store } from "../../../../src/node/b52Store/index.ts";
import { GossipBook, LoneGossip, Workshop } from "../../../../src/node/roles/index.ts";
import { openDatabase } from "../../../../src/node/storage/index.ts";
import { DEVELOPMENT } from "../../../../src/profile.ts";
import {
  BLOCK,
  CHAIN_ID,
  DOMAIN,
  GENESIS_HEAD,
  ID,
  PROPOSAL,
  REGISTRY,
  ROLLUP,
  TRANSCRIPT_MESSAGE,
} from "../../../helpers/gossipWorld.ts";

describe("A block that was shown", () => {
  it("is opened as soon as this node knows the forced operations that it takes, if it did not know them at first", () => {
    const database = openDatabase(":memory:", { chainId: CHAIN_ID, rollup: ROLLUP.toLowerCase() });
    const forcedOperations: Uint8Array[] = [];
    const node = {
      ...{ domain: DOMAIN, head: GENESIS_HEAD, executedForced: 0, forcedOperations, system: { profile: DEVELOPMENT } },
      parameters: { maxLeaves: 8n },
      virtualState: State.genesis(DEVELOPMENT),
      listDue: () => [],
      headerOf: (_: bigint, content: object) => ({ baseFee: 1n, timestamp: 1_800_000_600n, ...content }),
      environmentOf: (address: string) => ({ sequencer: BigInt(address), domain: DOMAIN }),
      round: () => ({ registry: REGISTRY, draw: NO_DRAW }),
    } as unknown as B52Node;
    const book = new GossipBook(new LoneGossip(), DOMAIN);
    const workshop = new Workshop(node, book, new B52Store(database));
    book.remember(TRANSCRIPT_MESSAGE);
    book.remember(BLOCK);
    expect(workshop.judge(ID, PROPOSAL)).to.equal("forced");
    expect(workshop.open(ID, PROPOSAL)).to.equal(undefined);
    // Its proposer knew the operation before this node's L1 had it.
    forcedOperations.push(BLOCK.data.slice(0, 93));
    expect(workshop.open(ID, PROPOSAL)?.tree.size).to.equal(2);
    database.close();
  });
});

// SPDX-License-Identifier: MIT
import type { Provider } from "ethers";

import type { RollupNode } from "../../src/agents/index.ts";
import { isProtocolError } from "../../src/errors.ts";
import { openRollup } from "../../src/escape/index.ts";
import { ToolError } from "../errors.ts";

/** Follows a rollup, also when L1 goes back: then it reads again. */
export class Observer {
  readonly #open: () => Promise<RollupNode>;
  #node: RollupNode;

  private constructor(open: () => Promise<RollupNode>, node: RollupNode) {
    this.#open = open;
    this.#node = node;
  }

  /** @throws {ToolError} `NOT_READY` if the rollup is of another consensus; as `openRollup` */
  static async open(provider: Provider, rollup: string, deploymentBlock: number): Promise<Observer> {
    const open = async (): Promise<RollupNode> => {
      const opened = await openRollup(provider, rollup, { deploymentBlock });
      if (opened.consensus === "Proof of Efficiency") return opened.node;
      throw new ToolError("NOT_READY", { name: rollup }, `${rollup} is of ${opened.consensus}`);
    };
    return new Observer(open, await open());
  }

  /** Another object after L1 has gone back. */
  get node(): RollupNode {
    return this.#node;
  }

  /** Reads up to L1's head. */
  async sync(): Promise<RollupNode> {
    try {
      await this.#node.sync();
    } catch (error) {
      if (!isProtocolError(error, "REORGANISED")) throw error;
      this.#node = await this.#open();
    }
    return this.#node;
  }
}

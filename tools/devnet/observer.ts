// SPDX-License-Identifier: MIT
import type { Provider } from "ethers";

import { isProtocolError } from "../../src/errors.ts";
import { openRollup, type OpenedRollup } from "../../src/escape/index.ts";
import { ToolError } from "../errors.ts";

/** A consensus, as a rollup that was opened names it. */
export type Consensus = OpenedRollup["consensus"];
/** The view of a rollup of a consensus. */
export type NodeOf<Of extends Consensus> = Extract<OpenedRollup, { consensus: Of }>["node"];

/** Follows a rollup, also when L1 goes back: then it reads again. */
export class Observer<Node extends NodeOf<Consensus> = NodeOf<Consensus>> {
  readonly #open: () => Promise<Node>;
  #node: Node;

  private constructor(open: () => Promise<Node>, node: Node) {
    this.#open = open;
    this.#node = node;
  }

  /** @throws {ToolError} `NOT_READY` if the rollup is of another consensus; as `openRollup` */
  static async open<Of extends Consensus>(
    consensus: Of,
    provider: Provider,
    rollup: string,
    deploymentBlock: number,
  ): Promise<Observer<NodeOf<Of>>> {
    const open = async (): Promise<NodeOf<Of>> => {
      const opened = await openRollup(provider, rollup, { deploymentBlock });
      if (opened.consensus === consensus) return opened.node as NodeOf<Of>;
      throw new ToolError("NOT_READY", { name: rollup }, `${rollup} is of ${opened.consensus}`);
    };
    return new Observer(open, await open());
  }

  /** Another object after L1 has gone back. */
  get node(): Node {
    return this.#node;
  }

  /** Reads up to L1's head. */
  async sync(): Promise<Node> {
    try {
      await this.#node.sync();
    } catch (error) {
      if (!isProtocolError(error, "REORGANISED")) throw error;
      this.#node = await this.#open();
    }
    return this.#node;
  }
}

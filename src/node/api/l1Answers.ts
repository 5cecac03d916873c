// SPDX-License-Identifier: MIT
import { ask } from "../../chain/index.ts";
import type { FollowedNode } from "./method.ts";

/** Questions to L1 on their way at a time, so that a client that turns pages does not flood the node's endpoint. */
const AT_ONCE = 8;

/** Answers that are kept for the head alone. */
interface Head {
  block: number;
  answers: Map<string, Promise<unknown>>;
}

interface Kept {
  /** Do not change as long as a node object lives: after a reorganisation there is another one. */
  readonly constant: Map<string, Promise<bigint | undefined>>;
  readonly head: Head;
  running: number;
  readonly waiting: (() => void)[];
}

const KEPT = new WeakMap<FollowedNode, Kept>();

function keptOf(node: FollowedNode): Kept {
  const kept = KEPT.get(node) ?? {
    ...{ constant: new Map(), running: 0, waiting: [] },
    head: { block: node.block, answers: new Map() },
  };
  KEPT.set(node, kept);
  return kept;
}

/**
 * Asks L1 once for an answer that does not change. Else a client that asks for the queue again and again floods the
 * node's endpoint. An answer that is missing, or an error, is asked for again.
 */
export function once(
  node: FollowedNode,
  name: string,
  question: () => Promise<bigint | undefined>,
): Promise<bigint | undefined> {
  const kept = keptOf(node);
  const known = kept.constant.get(name);
  if (known !== undefined) return known;
  const answer = inTurn(kept, question);
  kept.constant.set(name, answer);
  answer.then(
    (value) => {
      if (value === undefined) kept.constant.delete(name);
    },
    () => kept.constant.delete(name),
  );
  return answer;
}

/**
 * Asks L1 once for each block that the node has read.
 *
 * @param name always of answers of the same type; @param question gets the number of the block
 */
export function onceABlock<Value>(
  node: FollowedNode,
  name: string,
  question: (block: number) => Promise<Value>,
): Promise<Value> {
  const kept = keptOf(node);
  const { head } = kept;
  const { block } = node;
  if (head.block !== block) Object.assign(head, { block, answers: new Map() });
  const { answers } = head;
  const known = answers.get(name) as Promise<Value> | undefined;
  if (known !== undefined) return known;
  const answer = inTurn(kept, () => question(block));
  answers.set(name, answer);
  answer.catch(() => answers.delete(name));
  return answer;
}

/** The time of an L1 block, in unix seconds; undefined if the endpoint does not know it. */
export const timeOfBlock = (node: FollowedNode, number: number): Promise<bigint | undefined> =>
  once(node, `time ${number}`, () => askForTime(node, number));

/** The time of the last L1 block that the node has read, in unix seconds. */
export const timeOfHead = (node: FollowedNode): Promise<bigint> =>
  onceABlock(node, "time", async (block) => (await askForTime(node, block)) ?? 0n);

async function askForTime({ system }: FollowedNode, number: number): Promise<bigint | undefined> {
  const block = await ask("eth_getBlockByNumber", () => system.provider.getBlock(number));
  return block === null ? undefined : BigInt(block.timestamp);
}

async function inTurn<Value>(kept: Kept, question: () => Promise<Value>): Promise<Value> {
  if (kept.running >= AT_ONCE) await new Promise<void>((resolve) => kept.waiting.push(resolve));
  kept.running += 1;
  try {
    return await question();
  } finally {
    kept.running -= 1;
    kept.waiting.shift()?.();
  }
}

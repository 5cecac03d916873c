// SPDX-License-Identifier: MIT
import { appendFileSync } from "node:fs";

import { hexlify, NonceManager, parseEther, Wallet as Key, ZeroAddress, type JsonRpcProvider } from "ethers";

import { isSameAddress, type B52Node } from "../../src/agents/index.ts";
import { reasonOf, sendTransaction } from "../../src/chain/index.ts";
import {
  commitmentHash,
  draftContext,
  nodesBitmap,
  signVote,
  Transcript,
  transcriptHash,
  type Draft,
} from "../../src/b52/index.ts";
import { createSigner, type Signer } from "../../src/crypto/index.ts";
import {
  choosePromises,
  decodeMessage,
  encodeMessage,
  MESSAGE_KINDS,
  signProposal,
  topicOf,
  widthOf,
  type Message,
  type NetworkIdentity,
  type VoteMessage,
} from "../../src/node/index.ts";
import { openProvider } from "../../src/escape/index.ts";
import { Observer } from "../devnet/observer.ts";
import { Random } from "../random.ts";
import { HostilePeer } from "./hostilePeer.ts";
import { RudePeer, type Heard } from "./rudePeer.ts";

/** The configuration of a hostile process. */
export interface HostileConfig {
  readonly l1: string;
  readonly chainId: number;
  readonly rollup: string;
  readonly deploymentBlock: number;
  /** Where the nodes are reached. */
  readonly addresses: readonly string[];
  /** File for what it hears and does, a line of JSON each. */
  readonly journal: string;
  readonly seed: number;
  /** Of its account on L1, which has a deposit, and owns the ticket. */
  readonly key: string;
  readonly ticket: number;
  /** Of the ticket's key on L2, 32 bytes in hex. */
  readonly ticketSecret: string;
}

/** A line of its journal. */
export type HostileLine = { readonly at: number } & (
  | { readonly heard: "proposal"; readonly context: string; readonly proposer: string; readonly round: string }
  | { readonly heard: "vote"; readonly context: string; readonly ticket: number; readonly nodes: string }
  | {
      readonly heard: "transcript";
      readonly id: string;
      readonly context: string;
      readonly votes: readonly { readonly ticket: number; readonly nodes: string }[];
    }
  | { readonly heard: "block" | "transaction"; readonly id: string }
  | { readonly heard: "proof"; readonly id: string; readonly node: number; readonly worker: number }
  | { readonly did: string; readonly reason?: string }
);

/** Milliseconds between two looks; messages that are replayed; seconds of L1 from an offer to its commitment. */
const [STEP, REPLAYED, GATHERING] = [1_000, 64, 20];
/** Its tree has two leaves: three nodes. */
const NODES = [1, 2, 3] as const;

/**
 * One who wants harm, as a proposer, a prover and a peer. It
 *
 * - floods, replays, forges, and asks for nonsense, under names that are banned one after the other (`RudePeer`);
 * - offers two blocks in a round, commits to one of them, and shows neither its transcript nor its content;
 * - signs two votes for each offer that it hears of, promises every node, and proves none.
 *
 * Under a second name, which breaks no rule of the network, it hears all that the nodes pass on, and writes it down.
 */
export class Hostile {
  readonly #config: HostileConfig;
  readonly #identity: NetworkIdentity;
  readonly #random: Random;
  readonly #key: NonceManager;
  readonly #address: string;
  readonly #ticketKey: Signer;
  readonly #observer: Observer<B52Node>;
  readonly #sly: HostilePeer;
  readonly #rude: RudePeer;
  readonly #heard: Heard[] = [];
  readonly #votes = new Map<bigint, VoteMessage[]>();
  /** Contexts for which it has voted, and rounds in which it has offered or let the time pass. */
  readonly #voted = new Set<bigint>();
  readonly #offered = new Map<bigint, { readonly drafts: readonly Draft[]; readonly at: number; isDone: boolean }>();
  #isEnding = false;

  private constructor(config: HostileConfig, provider: JsonRpcProvider, observer: Observer<B52Node>, sly: HostilePeer) {
    this.#config = config;
    this.#identity = { chainId: BigInt(config.chainId), rollup: config.rollup };
    this.#random = new Random(`hostile/${config.seed}`);
    const key = new Key(config.key, provider);
    [this.#key, this.#address] = [new NonceManager(key), key.address];
    this.#ticketKey = createSigner(Buffer.from(config.ticketSecret.slice(2), "hex"));
    this.#observer = observer;
    this.#sly = sly;
    this.#rude = new RudePeer(this.#identity, config.addresses, this.#random);
  }

  static async start(config: HostileConfig): Promise<Hostile> {
    const provider = openProvider(config.l1);
    const observer = await Observer.open("B52", provider, config.rollup, config.deploymentBlock);
    const sly = await HostilePeer.start();
    const hostile = new Hostile(config, provider, observer, sly);
    for (const kind of MESSAGE_KINDS) sly.libp2p.services.pubsub.subscribe(topicOf(hostile.#identity, kind));
    sly.onMessage((topic, data) => hostile.#hear(topic, data));
    return hostile;
  }

  /** Does harm until it is told to end. */
  async run(): Promise<void> {
    while (!this.#isEnding) {
      await this.#try("offer", () => this.#lookAtL1());
      await Promise.all(this.#config.addresses.map((address) => this.#sly.dial(address).catch(() => undefined)));
      await this.#try("vote", () => this.#equivocate());
      await this.#try("be rude", async () => {
        const done = await this.#rude.step(this.#heard);
        if (done !== undefined) this.#write({ did: `rude: ${done.did}` });
        else this.#write({ did: `rude: let in by nobody` });
      });
      await new Promise((resolve) => setTimeout(resolve, STEP));
    }
  }

  async stop(): Promise<void> {
    this.#isEnding = true;
    await Promise.all([this.#rude.stop(), this.#sly.stop()]);
  }

  async #try(what: string, act: () => Promise<void>): Promise<void> {
    try {
      await act();
    } catch (error) {
      if (!this.#isEnding) this.#write({ did: `could not ${what}`, reason: reasonOf(error) });
    }
  }

  #write(line: Record<string, unknown>): void {
    appendFileSync(this.#config.journal, `${JSON.stringify({ at: Date.now(), ...line })}\n`);
  }

  // ── Listening ──────────────────────────────────────────────────────────────────────────────────────────────────────

  #hear(topic: string, bytes: Uint8Array): void {
    this.#heard.push({ topic, bytes });
    if (this.#heard.length > REPLAYED) this.#heard.shift();
    let message: Message;
    try {
      message = decodeMessage(bytes);
    } catch (error) {
      this.#write({ did: "heard rubbish that a node has passed on", reason: reasonOf(error) });
      return;
    }
    const { domain } = this.#observer.node;
    switch (message.kind) {
      case "proposal": {
        const { proposer, round } = message.draft;
        const context = draftContext(domain, message.draft);
        this.#votes.set(context, this.#votes.get(context) ?? []);
        this.#write({ heard: "proposal", context: hexOf(context), proposer, round: String(round) });
        return;
      }
      case "vote": {
        const { context, ticket, vote } = message;
        this.#votes.get(context)?.push(message);
        this.#write({ heard: "vote", context: hexOf(context), ticket, nodes: hexOf(vote.nodes) });
        return;
      }
      case "transcript": {
        const { proposal, promised, votes } = message;
        const given = votes.flatMap((vote, node) =>
          vote === undefined
            ? []
            : [{ ticket: Number((promised >> BigInt(8 * node)) & 0xffn), nodes: hexOf(vote.nodes) }],
        );
        const context = hexOf(draftContext(domain, proposal));
        this.#write({ heard: "transcript", id: commitmentHash(domain, proposal), context, votes: given });
        return;
      }
      case "block":
        this.#write({ heard: "block", id: message.id });
        return;
      case "proof":
        this.#write({ heard: "proof", id: message.id, node: message.node, worker: message.worker });
        return;
      case "transaction":
        this.#write({ heard: "transaction", id: hexlify(message.slot) });
    }
  }

  // ── Prover ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Two votes for each offer of others: for every node, and for one. None is ever kept. */
  async #equivocate(): Promise<void> {
    const { ticket } = this.#config;
    for (const context of this.#votes.keys()) {
      if (this.#voted.has(context)) continue;
      this.#voted.add(context);
      for (const nodes of [NODES, [this.#random.pick(NODES)]]) {
        const vote = signVote(this.#ticketKey, { context, ticket, nodes: nodesBitmap(nodes) });
        await this.#publish({ kind: "vote", context, ticket, vote });
      }
      this.#write({ did: "two votes for an offer" });
    }
  }

  // ── Proposer ───────────────────────────────────────────────────────────────────────────────────────────────────────

  async #lookAtL1(): Promise<void> {
    const node = await this.#observer.sync();
    const { consensus, provider } = node.system;
    const chore = node.chores.find(
      (candidate) => candidate.kind === "settle" && isSameAddress(candidate.proposal.proposer, this.#address),
    );
    if (chore?.kind === "settle") {
      await sendTransaction(this.#key, consensus.settle.populateTransaction(chore.proposal, chore.result));
      this.#write({ did: "a bid settled" });
    }
    const [round, height, isOpen] = await consensus.openRound();
    const now = (await provider.getBlock("latest"))?.timestamp ?? 0;
    const offered = this.#offered.get(round);
    if (offered === undefined) {
      if (isOpen && node.registry.size > 1) await this.#offer(node, round, height, now);
      return;
    }
    if (offered.isDone || now < offered.at + GATHERING) return;
    offered.isDone = true;
    if (isOpen) await this.#commit(node, this.#random.pick(offered.drafts));
  }

  /** Two offers in a round, in two of three rounds: of blocks that nobody will see. */
  async #offer(node: B52Node, round: bigint, height: bigint, now: number): Promise<void> {
    if (this.#random.chance(1 / 3)) {
      this.#offered.set(round, { drafts: [], at: now, isDone: true });
      return;
    }
    const drafts: Draft[] = [];
    for (let i = 0; i < 2; i++) {
      const draft: Draft = {
        ...{ proposer: this.#address, round, height, parent: node.head, leaves: 2n, share: 4_000n },
        contentHash: hexlify(this.#random.bytes(32)),
        bid: parseEther(String(1 + this.#random.int(15))),
      };
      drafts.push(draft);
      await this.#publish(await signProposal(this.#key.signer, node.domain, draft));
      this.#votes.set(draftContext(node.domain, draft), []);
    }
    this.#offered.set(round, { drafts, at: now, isDone: false });
    this.#write({ did: "two offers in a round" });
  }

  /** Commits with the votes that came, and shows nothing of it ever after. */
  async #commit(node: B52Node, draft: Draft): Promise<void> {
    const votes = this.#votes.get(draftContext(node.domain, draft)) ?? [];
    const given = votes.map(({ ticket, vote }) => ({ ticket, nodes: vote.nodes, misses: 0 }));
    const promises = choosePromises(NODES.length, given);
    const transcript = new Transcript(
      promises.map(({ node: at, ticket, vote }) => [at, { ticket, vote: votes[vote]!.vote }] as const),
    );
    const proposal = {
      ...draft,
      promisedProvers: BigInt(widthOf(promises)),
      transcript: transcriptHash(transcript.promised, transcript.votesRoot),
    };
    const { consensus } = node.system;
    await sendTransaction(this.#key, consensus.commit.populateTransaction(proposal, ZeroAddress));
    this.#write({ did: "a commitment without a transcript" });
  }

  async #publish(message: Message): Promise<void> {
    await this.#sly.publish(topicOf(this.#identity, message.kind), encodeMessage(message));
  }
}

const hexOf = (value: bigint): string => `0x${value.toString(16)}`;

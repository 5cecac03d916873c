// SPDX-License-Identifier: MIT
import {
  gossipsub,
  StrictNoSign,
  TopicValidatorResult,
  type GossipSub,
  type GossipSubComponents,
  type Message as PubsubMessage,
} from "@libp2p/gossipsub";
import type { PeerId } from "@libp2p/interface";

import { DECODE_LIMITS, MAX_FRAME_BYTES, MESH } from "./limits.ts";

/** An RPC of gossipsub as it was decoded. */
export interface Rpc {
  subscriptions?: readonly unknown[];
  messages?: { readonly topic?: string; readonly data?: Uint8Array }[];
  control?: {
    readonly ihave?: readonly { readonly messageIDs?: readonly unknown[] }[];
    readonly iwant?: readonly { readonly messageIDs?: readonly unknown[] }[];
    readonly idontwant?: readonly { readonly messageIDs?: readonly unknown[] }[];
    readonly graft?: readonly unknown[];
    readonly prune?: readonly unknown[];
  };
}

export type RouterVerdict = "accept" | "ignore" | "reject";

export interface RouterOptions {
  readonly topics: readonly string[];
  /**
   * Looks at each RPC before the router does anything with it, and takes messages out. The router does not
   * remember those, so another peer can still deliver them.
   *
   * @returns false to drop all of it
   */
  readonly admit: (peer: string, rpc: Rpc) => boolean;
  readonly judge: (peer: string, topic: string, data: Uint8Array) => Promise<RouterVerdict>;
  /** Score of a peer, 0 or below. */
  readonly score: (peer: string) => number;
  /** Told of each message that was given to a peer's stream. */
  readonly onSent: (peer: string, topic: string) => void;
}

const RESULTS: Readonly<Record<RouterVerdict, TopicValidatorResult>> = {
  accept: TopicValidatorResult.Accept,
  ignore: TopicValidatorResult.Ignore,
  reject: TopicValidatorResult.Reject,
};

/**
 * The parts of gossipsub that every RPC of a peer comes through, and every RPC with a message goes out by. The tests in
 * test/node/network see that they do.
 */
interface RpcHandler {
  handleReceivedRpc(from: PeerId, rpc: Rpc): Promise<void>;
  /** @returns whether the peer's stream has it */
  sendRpc(to: string, rpc: Rpc): boolean;
}

/** Whether somebody listens to a topic to whom the router can send: a stream opens some time after the connection. */
export function canReach(router: GossipSub, topic: string): boolean {
  const { streamsOutbound } = router as GossipSub & { readonly streamsOutbound: ReadonlyMap<string, unknown> };
  return router.getSubscribers(topic).some((peer) => streamsOutbound.has(peer.toString()));
}

/** Gossipsub with the network's rules: messages without an author, topics of one rollup, and an admission before it. */
export function createRouter({ topics, admit, judge, score, onSent }: RouterOptions) {
  const factory = gossipsub({
    ...MESH,
    // The messages say themselves who their author is. Their id is the SHA-256 of their bytes.
    globalSignaturePolicy: StrictNoSign,
    fallbackToFloodsub: false,
    floodPublish: true,
    emitSelf: false,
    ignoreDuplicatePublishError: true,
    doPX: false,
    allowedTopics: [...topics],
    maxInboundDataLength: MAX_FRAME_BYTES,
    maxOutboundBufferSize: 4 * MAX_FRAME_BYTES,
    maxTopicBytesPerPeer: 16 * 1_024,
    decodeRpcLimits: DECODE_LIMITS,
    scoreParams: {
      // Topics are quiet for minutes, and peers of one operator share an address: neither is a fault.
      topics: {},
      IPColocationFactorWeight: 0,
      appSpecificScore: score,
      appSpecificWeight: 1,
    },
    scoreThresholds: { gossipThreshold: -10, publishThreshold: -20, graylistThreshold: -50 },
  });
  return (components: GossipSubComponents): GossipSub => {
    const router = factory(components) as unknown as GossipSub & RpcHandler;
    const handle = router.handleReceivedRpc.bind(router);
    router.handleReceivedRpc = (from, rpc): Promise<void> =>
      admit(from.toString(), rpc) ? handle(from, rpc) : Promise.resolve();
    const send = router.sendRpc.bind(router);
    router.sendRpc = (to, rpc): boolean => {
      const isSent = send(to, rpc);
      if (isSent) for (const { topic = "" } of rpc.messages ?? []) onSent(to, topic);
      return isSent;
    };
    const validate = async (from: PeerId, { topic, data }: PubsubMessage): Promise<TopicValidatorResult> =>
      RESULTS[await judge(from.toString(), topic, data)];
    for (const topic of topics) router.topicValidators.set(topic, validate);
    return router;
  };
}

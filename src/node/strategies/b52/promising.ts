// SPDX-License-Identifier: MIT

/** A vote that was given for the nodes of an offer. */
export interface GivenVote {
  /** 1 … 247 */
  readonly ticket: number;
  /** Bit i: the ticket will prove node i. */
  readonly nodes: bigint;
  /** Nodes that the ticket promised in the rounds that are kept, and did not deliver. */
  readonly misses: number;
}

/** A node, and the vote that promises it. */
export interface ChosenPromise {
  readonly node: number;
  readonly ticket: number;
  /** Index of the vote in the list that was given. */
  readonly vote: number;
}

/**
 * Chooses one vote for each node, so that as many different tickets as possible have a node: the score grows with the
 * cube of the tickets that deliver, and further promises to the same ticket add nothing (docs/b52.md §6). A node that
 * has votes is never left without a promise, as nobody is paid to prove it then.
 *
 * Tickets that have missed fewer nodes come first; nodes beyond the widest assignment go to those with the fewest.
 *
 * @param count number of nodes: 1 … `count`
 */
export function choosePromises(count: number, votes: readonly GivenVote[]): ChosenPromise[] {
  const order = votes
    .map((vote, index) => ({ ...vote, index }))
    .sort((a, b) => a.misses - b.misses || a.ticket - b.ticket || a.index - b.index);
  const hasVote = (nodes: bigint, node: number): boolean => ((nodes >> BigInt(node)) & 1n) === 1n;
  const tickets = [...new Set(order.map(({ ticket }) => ticket))];
  const nodesOf = new Map(
    tickets.map((ticket) => [
      ticket,
      Array.from({ length: count }, (_, i) => i + 1).filter((node) =>
        order.some((vote) => vote.ticket === ticket && hasVote(vote.nodes, node)),
      ),
    ]),
  );

  // A maximum matching, by augmenting paths (Kuhn): a ticket takes a node, and its holder looks for another one.
  const holder = new Map<number, number>();
  const place = (ticket: number, seen: Set<number>): boolean => {
    for (const node of nodesOf.get(ticket) ?? []) {
      if (seen.has(node)) continue;
      seen.add(node);
      const other = holder.get(node);
      if (other === undefined || place(other, seen)) {
        holder.set(node, ticket);
        return true;
      }
    }
    return false;
  };
  for (const ticket of tickets) place(ticket, new Set());

  const load = new Map<number, number>();
  for (const ticket of holder.values()) load.set(ticket, 1);
  for (let node = 1; node <= count; node++) {
    if (holder.has(node)) continue;
    const willing = tickets.filter((ticket) => nodesOf.get(ticket)!.includes(node));
    const [least] = willing.sort((a, b) => (load.get(a) ?? 0) - (load.get(b) ?? 0));
    if (least === undefined) continue;
    holder.set(node, least);
    load.set(least, (load.get(least) ?? 0) + 1);
  }
  return [...holder]
    .sort(([a], [b]) => a - b)
    .map(([node, ticket]) => {
      const vote = order.find((candidate) => candidate.ticket === ticket && hasVote(candidate.nodes, node))!.index;
      return { node, ticket, vote };
    });
}

/** Number of different tickets. */
export const widthOf = (promises: readonly ChosenPromise[]): number =>
  new Set(promises.map(({ ticket }) => ticket)).size;

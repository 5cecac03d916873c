// SPDX-License-Identifier: MIT
import type { JSX } from "preact";

import { TICKETS } from "../answers.ts";
import { plural, units } from "../format.ts";
import { useSubscription, useSurroundings } from "../hooks.ts";
import { Facts, Hex, Moment, Shown, Table } from "../parts.tsx";

export function Provers({ after }: { readonly after: number }): JSX.Element {
  const answer = useSubscription("rollup_tickets", [after], TICKETS);
  const { rules } = useSurroundings();
  return (
    <>
      <h1 tabIndex={-1}>Provers</h1>
      <p>
        A prover holds a ticket with a fixed stake. It votes for nodes of proof trees, and loses a part of its stake for
        a node that it promised and did not deliver.
      </p>
      <Shown of={answer}>
        {({ total, tickets, after: next }) => (
          <>
            <Facts
              of={[
                ["Tickets that were taken", total.toLocaleString("en")],
                ...(rules?.kind === "B52"
                  ? ([["Stake of a ticket", `${units(rules.stake)} native tokens`]] as const)
                  : []),
              ]}
            />
            <Table
              caption="Tickets by their numbers"
              head={["Ticket", "State", "Owner", "Stake", "Slashed", "Misses"]}
              empty={after === 0 ? "Nobody has a ticket." : "There are no more tickets."}
              rows={tickets.map(({ ticket, state, owner, stake, slashed, slashes, misses, withdrawableAt }) => ({
                key: ticket,
                cells: [
                  `Ticket ${ticket}`,
                  withdrawableAt === undefined ? (
                    state
                  ) : (
                    <>
                      {state}, free <Moment at={withdrawableAt} />
                    </>
                  ),
                  <Hex of={owner} />,
                  units(stake),
                  slashes === 0
                    ? "never"
                    : `${units(slashed)} in ${plural(slashes, "slash").replace("slashs", "slashes")}`,
                  misses,
                ],
              }))}
            />
            <nav class="pager" aria-label="Pages">
              {after > 0 && <a href="#/provers">First</a>}
              {next !== undefined && <a href={`#/provers/${next}`}>More</a>}
            </nav>
          </>
        )}
      </Shown>
      <p class="quiet">
        Stakes are by the events of the registry on L1, in native tokens. Misses are those that were not forgiven at the
        last slash: each doubles the price of the next one.
      </p>
    </>
  );
}

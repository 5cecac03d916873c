// SPDX-License-Identifier: MIT
import type { Outcome } from "./run.ts";

const STRATEGIES = `## Add a strategy

A strategy is a pure function: it gets the facts that an agent would have, and says what the agent does. The files of
\`tools/lab/strategies\` have one kind each:

| file | agents | facts → act |
| --- | --- | --- |
| \`proposing.ts\` | proposers of B52 | value, rivals, score rule → bid |
| \`hiring.ts\` | proposers of B52 | provers and their past times → order in which they are hired |
| \`staking.ts\` | owners of tickets | income, upkeep, savings → tickets to buy or give back |
| \`bidding.ts\` | bidders of auctions | value, least bid, ring → bid |
| \`aggregating.ts\` | aggregators of Proof of Efficiency | batches, costs, experience → whether to begin a proof |

1. Write the function beside the others, with a sentence that says what it does. Chance comes from the view alone.
2. Add it to the record at the end of the file. Its name is then a word of the parameters.
3. Run it: \`npm run lab -- race --set strategies=eager,mine\`. A changed run writes to \`build/lab\` and leaves this report alone.

For another question, write an \`Experiment\` (\`tools/lab/experiment.ts\`) in \`tools/lab/experiments\`: settings with ranges, parts with
points whose rows depend on the seed alone, findings that are true or false of the rows, and plots. Name it in
\`tools/lab/names.ts\` and \`tools/lab/experiments/index.ts\`, and test its small version in \`test/lab\`.`;

/** The end of the report. */
export const CLOSING = (_outcomes: readonly Outcome[]): string => STRATEGIES;

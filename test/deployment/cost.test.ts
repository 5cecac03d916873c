import { rehearse } from "../../src/deployment/rehearsal.ts";
import { prepareAll } from "../../src/setup/index.ts";
import { expectSnapshot } from "../helpers/snapshot.ts";

describe("Cost of a deployment", function () {
  this.timeout(240_000);

  it("of a whole pair is that of the snapshot, from which docs/deployment.md has it", async () => {
    const { transactions } = await rehearse("Pair", { parameters: "sepolia" }, await prepareAll("development"));
    const counts = new Map<string, number>();
    const gas = transactions.map(({ what, gas: used }): [string, number] => {
      const count = (counts.get(what) ?? 0) + 1;
      counts.set(what, count);
      return [count === 1 ? what : `${what}, ${count}`, Number(used)];
    });
    expectSnapshot("deploymentGas", Object.fromEntries(gas));
  });
});

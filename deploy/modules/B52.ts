// SPDX-License-Identifier: MIT
import { buildModule } from "@nomicfoundation/hardhat-ignition/modules";

import { coreParameters } from "./shared.ts";

/**
 * A rollup under B52, of parts that are there (`b52Parts`): the consensus with the provers' registry and, made by the
 * consensus in a transaction of its own, the core. Parameters: `deploy/parameters/<network>.json`; their meaning:
 * docs/parameters.md; besides them, the addresses of the parts, and the core's code and arguments.
 */
const moduleOf = (contract: "B52" | "DrawnB52") =>
  buildModule("B52", (m) => {
    const libraries = Object.fromEntries(
      ["Poseidon", "BlockRecords", "BlockVerification"].map((name) => [name, m.contractAt(name, m.getParameter(name))]),
    );
    const consensus = m.contract(
      contract,
      [
        coreParameters(m),
        {
          token: m.getParameter("token"),
          verifier: m.getParameter("verifier"),
          proposalWindow: m.getParameter("proposalWindow"),
          proofWindow: m.getParameter("proofWindow"),
          defenceWindow: m.getParameter("defenceWindow"),
          pipelined: m.getParameter("pipelined"),
          fairPay: m.getParameter("fairPay"),
          maxUncles: m.getParameter("maxUncles"),
          maxLeaves: m.getParameter("maxLeaves"),
          baseFee: m.getParameter("baseFee"),
          minBid: m.getParameter("minBid"),
          blockReward: m.getParameter("blockReward"),
          uncleReward: m.getParameter("uncleReward"),
          tip: m.getParameter("tip"),
          voteDeposit: m.getParameter("voteDeposit"),
          bounty: m.getParameter("bounty"),
          lostBurnRate: m.getParameter("lostBurnRate"),
          unprovenBurnRate: m.getParameter("unprovenBurnRate"),
          maxShare: m.getParameter("maxShare"),
          targetProvers: m.getParameter("targetProvers"),
          minSlope: m.getParameter("minSlope"),
          maxSlope: m.getParameter("maxSlope"),
        },
        {
          stake: m.getParameter("stake"),
          exitDelay: m.getParameter("exitDelay"),
          slashRate: m.getParameter("slashRate"),
          maxSlashRate: m.getParameter("maxSlashRate"),
          forgiveness: m.getParameter("forgiveness"),
          electedTickets: m.getParameter("electedTickets"),
          seedRounds: m.getParameter("seedRounds"),
        },
        m.getParameter("coreCodeHash"),
      ],
      { id: "B52", libraries },
    );
    m.call(consensus, "deployCore", [m.getParameter("coreInitCode")]);
    return { consensus };
  });

export const b52Module = moduleOf("B52");

/** Where tickets are drawn (docs/b52.md §11). Its parameters and its journal are those of the module B52. */
export const drawnB52Module = moduleOf("DrawnB52");

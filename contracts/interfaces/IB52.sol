// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { IB52Blocks } from "./IB52Blocks.sol";
import { IB52Config } from "./IB52Config.sol";
import { IB52Defaults } from "./IB52Defaults.sol";
import { IB52Rounds } from "./IB52Rounds.sol";
import { IB52Settlement } from "./IB52Settlement.sol";
import { ICoreDeployer } from "./ICoreDeployer.sol";
import { INativeBalances } from "./INativeBalances.sol";

/**
 * @title IB52
 * @notice Selects one block for each height by proposals, prover votes and a score. Proposers commit to a block, to a
 *         bid that they will burn, and to the provers that promised to prove it. The proven proposal with the highest
 *         score becomes the head.
 * @dev Source: "PBS with a federated prover network" (B52). Normative rules: docs/b52.md.
 *
 *      Parts: `IB52Config` has the parameters, `IB52Rounds` rounds and proposals, `IB52Blocks` proven blocks,
 *      `IB52Settlement` heads and rewards, `IB52Defaults` defences and slashes.
 *
 *      A round is one attempt at one height: proposal window → proof window → over. Phases follow from the clock:
 *
 *        proposing   opensAt ≤ t < proposalEnd       commit
 *        proving     proposalEnd ≤ t < proofEnd      submit
 *        over        proofEnd ≤ t                    advanceState if a block was proven; else the next commit opens a
 *                                                    new round for the same height
 *
 *      A commitment: Committed → Proven (submit; again if better) → Settled (settle), or Committed → Settled.
 *      Invariants: INV-B52-01 to INV-B52-08, INV-QUEUE-03, INV-STAKE-01.
 */
// solhint-disable-next-line no-empty-blocks
interface IB52 is INativeBalances, ICoreDeployer, IB52Config, IB52Rounds, IB52Blocks, IB52Settlement, IB52Defaults {}

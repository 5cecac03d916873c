// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/**
 * @notice Names an action in a consensus.
 * - Sequencer: order transactions and post a batch.
 * - Aggregator: prove batches and take their fees.
 */
enum Role {
    Sequencer,
    Aggregator
}

/**
 * @title ISelector
 * @notice Decides who may sequence and who may prove at this moment. Auctions, rotation by stake, authority or
 *         outsourced proving are selectors. Without a selector everybody may act, as in Proof of Efficiency.
 * @dev Requirements
 *      - The answer may depend on state and time, but asking changes nothing.
 *      WARNING: A selector that answers no, reverts or burns gas stops its consensus. So a selector needs its own
 *      liveness rule, which says who may act if the chosen party does not.
 */
interface ISelector {
    /// @notice Returns whether `account` may act in `role` in this block.
    function isAllowed(address account, Role role) external view returns (bool);
}

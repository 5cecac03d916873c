// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/**
 * What a party of a consensus asks to do now.
 * - Sequencer: order transactions and post a batch.
 * - Aggregator: prove batches and take their fees.
 */
enum Role {
    Sequencer,
    Aggregator
}

/**
 * @title ISelector
 * @notice Decides who may sequence and who may prove at this moment. Auctions, rotation by stake, authority or outsourced
 *         proving are selectors; no selector at all means everybody, which is Proof of Efficiency.
 * @dev Requirements
 *      - The answer may depend on state and time, but asking changes nothing.
 *      - A selector that answers no, reverts or burns gas stops its consensus: its own liveness rule (who may act if the
 *        chosen party does not) is part of the selector.
 */
interface ISelector {
    /// @notice Whether `account` may act in `role` in this block.
    function isAllowed(address account, Role role) external view returns (bool);
}

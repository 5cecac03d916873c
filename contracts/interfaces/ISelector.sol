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
 * @notice Says how a selector limits a role. A consensus reads it once, when it is deployed.
 * @param opensAfter Seconds of silence after which everybody has the role, and the selector is not asked any more; 0 if
 *        everybody has the role at all times. For a sequencer more than an hour, up to 30 days: it is silent since the
 *        timestamp of the last batch, and since the deadline of the oldest forced operation that no batch took. For an
 *        aggregator up to the target time of a proof: it is silent since the timestamp of the oldest unproven batch.
 * @param isHeard True if the selector hears of each call in this role, also of those that it is not asked about.
 */
struct RoleTerms {
    uint32 opensAfter;
    bool isHeard;
}

/**
 * @title ISelector
 * @notice Decides who may sequence and who may prove at this moment. Elections are selectors. Without a selector
 *         everybody may act, as in Proof of Efficiency.
 * @dev Source: docs/elections.md §1.
 *      No code of a selector can stop its consensus: once the elected party was silent for
 *      `opensAfter`, the consensus lets everybody act. It then tells a selector that wants to hear of it, with limited
 *      gas, and goes on if the call fails.
 */
interface ISelector {
    /**
     * @notice Binds the selector to a consensus for ever. A consensus calls this in its constructor.
     * @dev Requirements
     *      - Nobody has bound the selector. The first caller is the only one that may call `admit`.
     * @param consensus Contract that the selector reads batches from. It is the caller, or a contract that calls in the
     *        caller's constructor.
     * @return sequencer Terms of the role of a sequencer.
     * @return aggregator Terms of the role of an aggregator.
     */
    function bind(address consensus) external returns (RoleTerms memory sequencer, RoleTerms memory aggregator);

    /**
     * @notice Decides on a call of the consensus, and may record it.
     * @dev Requirements
     *      - The caller has bound the selector.
     *      The consensus calls before it reads its own state, so the selector may call back.
     * @param account Party that wants to act.
     * @param role Role in which it wants to act.
     * @param first Number of the first batch that the call appends, or proves for the first time.
     * @param last Number of its last batch.
     * @param leaves Number of leaves that the call appends. For a proof the leaves of those of its batches that waited
     *        before the call, and so paid a fee.
     * @return True if `account` may act. Ignored if the role is open.
     */
    function admit(address account, Role role, uint256 first, uint256 last, uint256 leaves) external returns (bool);

    /**
     * @notice Returns whether `account` may act in `role` in this block, if the role is not open.
     * @param first Number of the first batch that it would append or prove.
     */
    function isAllowed(address account, Role role, uint256 first) external view returns (bool);
}

// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { BlockRecord } from "../types/BlockRecord.sol";
import { RoundResult } from "../types/Round.sol";
import { IRollup } from "./IRollup.sol";

/**
 * @title IB52Settlement
 * @notice Advances the state, and pays rewards from a pool.
 */
interface IB52Settlement {
    // ─── Events ──────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @notice Logs that blocks of `height` have to include the list that `proposer` carried in `round`.
    event IncludeListDue(uint256 indexed height, uint256 indexed round, address indexed proposer, bytes32 list);

    /// @notice Logs the payment of a block's rewards.
    event RewardsPaid(uint256 indexed round, address indexed proposer, uint256 amount);

    /// @notice Logs the return of reserved, unpaid rewards of `round` to the pool. The result of the round made room
    ///         for another one.
    event RewardsLapsed(uint256 indexed round, uint256 amount);

    /// @notice Logs a payment into the pool of rewards.
    event PoolFunded(address indexed from, uint256 amount);

    /// @notice Logs the destruction of bids and slashed stakes.
    event Burned(uint256 amount);

    // ─── Errors ──────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @notice Rejects the end of a round without a proven block.
    error NothingProven(uint256 round);

    /// @notice Rejects a second payment of a block's rewards.
    error AlreadyPaid(uint256 round, address proposer);

    /// @notice Rejects a block that earns nothing: it is neither the winner nor an uncle, and there is no fair pay.
    error NotRewarded(uint256 round, address proposer);

    /// @notice Rejects a call with nothing to burn.
    error NothingToBurn();

    // ─── Functions ───────────────────────────────────────────────────────────────────────────────────────────────────

    /**
     * @notice Adds to the pool of rewards.
     * @dev Requirements
     *      - The caller approved `amount`.
     */
    function fundPool(uint256 amount) external;

    /**
     * @notice Makes the best block of the current round the head. Anyone may call after the proof window.
     * @param record Record of the best block.
     * @param transition Transition of the best block.
     * @dev Effects
     *      - The winner's bid is marked for burning, and its commitment settled. If the pool holds the block's reward
     *        and the tip, the reward is reserved, and the producer of the L1 block receives the tip. The rest of the
     *        pool limits the uncles' reward.
     *      - The next round is open.
     *      - The result of the round takes the place of an older result, whose reserved, unpaid rewards return to the
     *        pool.
     *      The cost does not depend on the number of provers or proposals.
     */
    function advanceState(BlockRecord calldata record, IRollup.Transition calldata transition) external;

    /**
     * @notice Pays the rewards of one proven block to the balances of its proposer and of the provers that delivered.
     *         Anyone may call, once for each block, until its record or the result makes room for another one. That
     *         does not happen before round r + `ROUNDS_KEPT` is open.
     */
    function payRewards(RoundResult calldata result, BlockRecord calldata record) external;

    /// @notice Destroys the bids and the slashed stakes that are marked for burning; after a freeze also the pool.
    ///         Anyone may call.
    function burn() external returns (uint256 amount);

    // ─── Views ───────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @notice Returns the tokens in the pool, the tokens that are marked for burning, and the slope.
    function treasury() external view returns (uint256 pool, uint256 toBurn, uint256 slope);
}

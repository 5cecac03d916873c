// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { ERC20Burnable } from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Burnable.sol";

import { Election } from "../Election.sol";

/**
 * @title Proceeds
 * @notice Divides what an election earns by fixed shares: one is burned, one goes to the aggregators by what they
 *         prove, one to a public fund.
 * @dev The aggregators' share collects in a pool. Each leaf of a batch that waited for its proof takes
 *      `1 / POOL_LEAVES` of it, rounded down. So a slot's winner who also proves its own batches gets back only a small
 *      part of its own bid, and the pool pays as much as comes in while batches wait. Once nothing can be proven any
 *      more the pool is burned with the rest.
 *      A batch that is posted and proven in one call paid no fee to anybody, and takes nothing. A leaf that waited,
 *      also an empty one, costs its parties some 60,000 gas and a proof: filling leaves to empty the pool pays only
 *      while the part of a leaf is above that.
 *      WARNING: The native token must have a function `burn(uint256)`, or the burned share stays here for ever.
 *      Rounding: shares are rounded down, and the rest is burned.
 *      Invariant: the income is the pool, the burned amount, and the credits.
 */
abstract contract Proceeds is Election {
    // ─── Types ───────────────────────────────────────────────────────────────────────────────────────────────────────

    /**
     * @notice Sets the shares, in 1/10,000. The rest is burned.
     * @param aggregators Share of the aggregators.
     * @param fund Share of the public fund. The sum of both is at most 10,000.
     * @param fundAccount Account of the public fund; not 0 if its share is not.
     * @param poolLeaves Leaves, each of which takes one part of that many of the aggregators' pool, 1 … 65,535.
     */
    struct Shares {
        uint16 aggregators;
        uint16 fund;
        address fundAccount;
        uint16 poolLeaves;
    }

    /**
     * @notice Holds undivided proceeds.
     * @param pool Amount for the aggregators of the next leaves.
     * @param toBurn Amount that `burn` destroys.
     */
    struct Undivided {
        uint128 pool; // slot 0
        uint128 toBurn; // slot 0
    }

    // ─── Constants ───────────────────────────────────────────────────────────────────────────────────────────────────

    uint256 private constant WHOLE = 10_000;

    // ─── Immutables ──────────────────────────────────────────────────────────────────────────────────────────────────

    /// @notice Returns the share of the aggregators, in 1/10,000.
    uint256 public immutable AGGREGATOR_SHARE;

    /// @notice Returns the share of the public fund, in 1/10,000.
    uint256 public immutable FUND_SHARE;

    /// @notice Returns the account of the public fund.
    address public immutable FUND;

    /// @notice Returns the number of parts of the pool, one of which a proven leaf takes.
    uint256 public immutable POOL_LEAVES;

    // ─── Storage ─────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @notice Returns the undivided proceeds.
    Undivided public undivided;

    // ─── Events ──────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @notice Logs the division of `amount`.
    event ProceedsDivided(uint256 amount, uint256 toAggregators, uint256 toFund, uint256 toBurn);

    /// @notice Logs the part of the pool that an aggregator got for so many leaves.
    event PoolPaid(address indexed aggregator, uint256 leaves, uint256 amount);

    /// @notice Logs burned proceeds.
    event ProceedsBurned(uint256 amount);

    // ─── Errors ──────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @notice Rejects shares whose field `name` is out of its range.
    error InvalidShares(string name, uint256 value);

    // ─── Constructor ─────────────────────────────────────────────────────────────────────────────────────────────────

    constructor(Shares memory shares) {
        uint256 sum = uint256(shares.aggregators) + shares.fund;
        if (sum > WHOLE) revert InvalidShares("aggregators + fund", sum);
        if (shares.fund > 0 && shares.fundAccount == address(0)) revert InvalidShares("fundAccount", 0);
        if (shares.poolLeaves == 0) revert InvalidShares("poolLeaves", 0);
        AGGREGATOR_SHARE = shares.aggregators;
        FUND_SHARE = shares.fund;
        FUND = shares.fundAccount;
        POOL_LEAVES = shares.poolLeaves;
    }

    // ─── External ────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @notice Burns what is marked for burning, and also the pool once nothing can be proven any more. Anyone may
    ///         call.
    /// @return amount Burned amount in the native token.
    function burn() external returns (uint256 amount) {
        Undivided memory held = undivided;
        if (_isFrozen()) (held.toBurn, held.pool) = (held.toBurn + held.pool, 0);
        amount = held.toBurn;
        undivided = Undivided(held.pool, 0);
        emit ProceedsBurned(amount);
        ERC20Burnable(address(TOKEN)).burn(amount);
    }

    // ─── Internal ────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev Divides an amount that the contract holds and owes to nobody. Below 2^128 in total.
    function _divide(uint256 amount) internal {
        uint256 toAggregators = (amount * AGGREGATOR_SHARE) / WHOLE;
        uint256 toFund = (amount * FUND_SHARE) / WHOLE;
        uint256 toBurn = amount - toAggregators - toFund;
        Undivided memory held = undivided;
        undivided = Undivided(held.pool + uint128(toAggregators), held.toBurn + uint128(toBurn));
        _credit(FUND, toFund);
        emit ProceedsDivided(amount, toAggregators, toFund, toBurn);
    }

    /// @dev Marks an amount for burning that the contract holds and owes to nobody.
    function _markToBurn(uint256 amount) internal {
        undivided.toBurn += uint128(amount);
    }

    /// @dev Pays an aggregator its part of the pool for so many leaves of batches that waited (`ISelector.admit`).
    function _payFromPool(address aggregator, uint256 leaves) internal {
        uint256 pool = undivided.pool;
        if (pool == 0) return;
        uint256 rest = pool;
        for (uint256 i = 0; i < leaves; ++i) rest -= rest / POOL_LEAVES;
        uint256 amount = pool - rest;
        if (amount == 0) return;
        undivided.pool = uint128(rest);
        _credit(aggregator, amount);
        emit PoolPaid(aggregator, leaves, amount);
    }
}

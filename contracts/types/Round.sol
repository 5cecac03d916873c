// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/**
 * @notice Holds one attempt at one height.
 * @param id Number of the round: 1, 2, 3, …; 0 if no round is open.
 * @param height Height of the blocks that are proposed.
 * @param opensAt Beginning of the proposal window, in unix seconds.
 * @param hasCommitments True if a proposal was committed.
 * @param ranked Number of proven blocks that are kept: the best and its uncles.
 * @param hasList True if its blocks have to include a list.
 * @param carriesList True if a proven block carries a list.
 */
struct Round {
    uint40 id; // slot 0
    uint40 height; // slot 0
    uint40 opensAt; // slot 0
    bool hasCommitments; // slot 0
    uint8 ranked; // slot 0
    bool hasList; // slot 0
    bool carriesList; // slot 0
}

/**
 * @notice Says how a round ended. L1 keeps its hash.
 * @param round Id of the round.
 * @param parent Head before the round.
 * @param winner Proposer of the new head; zero if no block was proven.
 * @param uncles Proposers of the best proven blocks beside the winner's, best first.
 * @param proposerReward Reward for the winner if all promised nodes were delivered.
 * @param proversReward Reward for the provers of the winner, or with fair pay of all proven blocks, by their scores.
 * @param uncleNodeReward Reward for each delivered node of an uncle, in addition.
 * @param scores Sum of the scores of all proven blocks with fair pay; else 0.
 * @param slope Slope of these scores with fair pay; else 0.
 */
struct RoundResult {
    uint40 round;
    bytes32 parent;
    address winner;
    address[] uncles;
    uint256 proposerReward;
    uint256 proversReward;
    uint256 uncleNodeReward;
    uint256 scores;
    uint64 slope;
}

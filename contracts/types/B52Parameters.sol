// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { ERC20Burnable } from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Burnable.sol";

import { IStatementVerifier } from "../verification/IStatementVerifier.sol";

/**
 * @notice Sets the rules of B52 at its deployment. They never change.
 * @param token Native token. It moves exactly the amount of a transfer. Its supply is below 2^96 and never grows.
 * @param verifier Verifier of the circuits leaf and merge.
 * @param proposalWindow Seconds in which proposals are committed, 1 … 30 days.
 * @param proofWindow Seconds in which blocks are proven, 1 … 30 days.
 * @param defenceWindow Seconds after the proof window in which a prover can show the proof of its node, at least 3: a
 *        third for demands for votes, a third for answers, and a third for proofs after the answers.
 * @param pipelined True if the proposal window of the next height opens with the proof window of this height;
 *        `proposalWindow` must then be at least `proofWindow`.
 * @param fairPay True if the provers' share is split among the provers of all proven blocks.
 * @param maxUncles Number of proven blocks that are kept and paid beside the best one, 0 … 3.
 * @param maxLeaves Upper bound for the leaves of a block: 2, 4 or 8.
 * @param baseFee Fee of an L2 transaction for its proof, in wei, in blocks whose fee token is ETH.
 * @param minBid Lower bound of a bid, at least 1.
 * @param blockReward Reward for the proposer and the provers of a block, from the pool.
 * @param uncleReward Reward for the provers of an uncle that is full and delivered by the promised provers, from the
 *        pool.
 * @param tip Reward for the producer of the L1 block in which the state advances, from the pool.
 * @param voteDeposit Deposit of a demand for votes, about the price of an answer.
 * @param bounty Reward for the caller of `slash`, out of the half that is not burned. Upper bound: the loss of a
 *        proposer that leaves out one node of a full tree, at the highest share.
 * @param lostBurnRate Part of the bid that is burned for a proven block that did not win, in 1/10,000. A rate of 10,000
 *        makes the auction "all pay".
 * @param unprovenBurnRate Part of the bid that is burned for a block that could have been proven and was not, in
 *        1/10,000.
 * @param maxShare Upper bound for the provers' share of the block reward, in 1/10,000; at most 5,000, so that a
 *        proposer who leaves a prover out loses more than the prover.
 * @param targetProvers Number of provers T from which on a bid counts in full, 1 … 2 · `maxLeaves` − 1, the number of
 *        nodes of a full tree.
 * @param minSlope Lower bound of the slope, in 1e-18, at least 1e9. The bid is divided by 1 + slope · (1 − N/T) for
 *        N < T provers. Example: a slope of 1e18 halves the bid of a block without provers.
 * @param maxSlope Upper bound of the slope, in 1e-18.
 */
struct B52Parameters {
    ERC20Burnable token;
    IStatementVerifier verifier;
    uint32 proposalWindow;
    uint32 proofWindow;
    uint32 defenceWindow;
    bool pipelined;
    bool fairPay;
    uint8 maxUncles;
    uint8 maxLeaves;
    uint96 baseFee;
    uint88 minBid;
    uint96 blockReward;
    uint96 uncleReward;
    uint96 tip;
    uint96 voteDeposit;
    uint96 bounty;
    uint16 lostBurnRate;
    uint16 unprovenBurnRate;
    uint16 maxShare;
    uint8 targetProvers;
    uint64 minSlope;
    uint64 maxSlope;
}

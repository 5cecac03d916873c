// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/**
 * @notice Describes a proven block. L1 keeps its hash.
 * @param proposer Account that committed to the block.
 * @param round Id of the round.
 * @param id Commitment hash.
 * @param bid Amount in the native token.
 * @param share Provers' part of the block reward, in 1/10,000.
 * @param provers Number of provers that count: the provers that delivered, but not more than were promised.
 * @param leaves Number of leaves.
 * @param promised Ticket of each node, 8 bits each.
 * @param votesRoot Root of the tree of votes.
 * @param nodes Credited and defaulted nodes, in the form of the merge circuit: bit i for a node that an accepted
 *        submission credits, bit 16 + i for a node that has a valid vote and that no accepted submission credits.
 * @param defenceEnd Time from which on a default is final, in unix seconds.
 * @param statements keccak256 of the statements that were verified with the last accepted submission, in the encoding
 *        of `Statements`, leaves first.
 * @param transition keccak256 of the encoded `IRollup.Transition`.
 */
struct BlockRecord {
    address proposer;
    uint40 round;
    bytes32 id;
    uint88 bid;
    uint16 share;
    uint8 provers;
    uint8 leaves;
    uint128 promised;
    uint256 votesRoot;
    uint32 nodes;
    uint40 defenceEnd;
    bytes32 statements;
    bytes32 transition;
}

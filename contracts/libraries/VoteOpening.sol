// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { Vote } from "../types/Vote.sol";
import { BN254 } from "../verification/batch/BN254.sol";
import { Poseidon } from "./Poseidon.sol";

/**
 * @title VoteOpening
 * @notice Opens the tree of votes that a transcript commits to, as circuits/lib/votes/Vote.circom does: a binary
 *         Poseidon tree of depth 4. Leaf i is `Poseidon(Poseidon(nodes, h), s)` of the vote for node i, or 0 if there
 *         is no vote (docs/b52.md §2). Where tickets are drawn, the leaf of a vote is the hash of that and of
 *         `Poseidon(gammaX, gammaY)` (§11).
 * @dev A root has one opening for each node: the depth is fixed, and a Poseidon hash is never 0. An opening costs six
 *      hashes, 165,000 gas; four hashes, 111,000 gas, if the vote does not exist; eight if tickets are drawn.
 */
library VoteOpening {
    uint256 internal constant DEPTH = 4;

    // ─── Errors ──────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @notice Rejects a vote that is not the one under `votesRoot`.
    error WrongVote(uint256 node, uint256 computedRoot, uint256 votesRoot);

    /// @notice Rejects an absent vote whose numbers are not 0.
    error VoteNotAbsent(uint256 node, uint256 nodes, uint256 h, uint256 s);

    /// @notice Rejects a point in a vote for which none is drawn, or in an absent vote.
    error PointNotExpected(uint256 node, uint256 gammaX, uint256 gammaY);

    /// @notice Rejects a node that is not 1 … 15.
    error NoSuchNode(uint256 node);

    /// @notice Rejects a number that is not a field element: Poseidon would hash it like its remainder.
    error NotInField(uint256 value);

    // ─── Internal ────────────────────────────────────────────────────────────────────────────────────────────────────

    /**
     * @notice Reverts unless the transcript has this vote for the node, or has no vote for it if `exists` is false.
     * @param votesRoot Root of the tree of votes in the transcript.
     * @param node Number of the node, 1 … 15.
     * @param isDrawn True if tickets are drawn, so that votes have a point.
     * @param exists True if the transcript has a vote for the node, valid or not.
     * @param vote The vote; all zeros if it does not exist.
     * @param path Siblings from the leaf upwards.
     */
    function requireOpen(
        uint256 votesRoot,
        uint256 node,
        bool isDrawn,
        bool exists,
        Vote calldata vote,
        uint256[DEPTH] calldata path
    ) internal pure {
        if (node == 0 || node >> DEPTH != 0) revert NoSuchNode(node);
        uint256 computed = _leafOf(node, isDrawn, exists, vote);
        for (uint256 level = 0; level < DEPTH; ++level) {
            uint256 sibling = _inField(path[level]);
            computed = Poseidon.hash((node >> level) & 1 == 0 ? [computed, sibling] : [sibling, computed]);
        }
        if (computed != votesRoot) revert WrongVote(node, computed, votesRoot);
    }

    // ─── Private ─────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev Returns the leaf of a vote.
    function _leafOf(uint256 node, bool isDrawn, bool exists, Vote calldata vote) private pure returns (uint256 leaf) {
        if (!(isDrawn && exists) && vote.gammaX | vote.gammaY != 0) {
            revert PointNotExpected(node, vote.gammaX, vote.gammaY);
        }
        (uint256 nodes, uint256 h, uint256 s) = (vote.nodes, vote.h, vote.s);
        if (!exists) {
            if (nodes | h | s != 0) revert VoteNotAbsent(node, nodes, h, s);
            return 0;
        }
        leaf = Poseidon.hash([Poseidon.hash([_inField(nodes), _inField(h)]), _inField(s)]);
        if (isDrawn) {
            leaf = Poseidon.hash([leaf, Poseidon.hash([_inField(vote.gammaX), _inField(vote.gammaY)])]);
        }
    }

    /// @dev Returns a number if it is a field element, else reverts.
    function _inField(uint256 value) private pure returns (uint256) {
        if (value >= BN254.SCALAR_FIELD) revert NotInField(value);
        return value;
    }
}

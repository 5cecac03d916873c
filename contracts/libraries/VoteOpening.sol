// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { Poseidon } from "./Poseidon.sol";

import { IB52 } from "../interfaces/IB52.sol";
import { BN254 } from "./BN254.sol";

/**
 * @title VoteOpening
 * @notice Opens the tree of votes that a transcript commits to, as circuits/lib/votes/Vote.circom does: a binary
 *         Poseidon tree of depth 4 whose leaf i is `Poseidon(Poseidon(nodes, h), s)` of the vote for node i, or 0 where
 *         there is no vote (docs/b52.md §2).
 * @dev A root has one opening for each node: the depth is fixed, and a Poseidon hash is never 0. Costs six hashes,
 *      165,000 gas; for a vote that does not exist four, 111,000 gas.
 */
library VoteOpening {
    uint256 internal constant DEPTH = 4;

    // ─── Errors ──────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @notice The vote is not the one under `votesRoot`.
    error WrongVote(uint256 node, uint256 computedRoot, uint256 votesRoot);

    /// @notice The vote is said to be absent, so its numbers have to be 0.
    error VoteNotAbsent(uint256 node, uint256 nodes, uint256 h, uint256 s);

    /// @notice The tree of votes has the nodes 1 … 15.
    error NoSuchNode(uint256 node);

    /// @notice Poseidon takes field elements: it would hash the number like its remainder.
    error NotInField(uint256 value);

    // ─── Internal ────────────────────────────────────────────────────────────────────────────────────────────────────

    /**
     * @notice Reverts unless the transcript has the vote for the node; or, if it does not exist, has no vote for it.
     * @param votesRoot Of the transcript.
     * @param node Number of the node, 1 … 15.
     * @param exists Whether there is a vote for it, valid or not.
     * @param vote All zeros if there is none.
     * @param path Siblings, from the leaf upwards.
     */
    function requireOpen(
        uint256 votesRoot,
        uint256 node,
        bool exists,
        IB52.Vote calldata vote,
        uint256[DEPTH] calldata path
    ) internal pure {
        if (node == 0 || node >> DEPTH != 0) revert NoSuchNode(node);
        uint256 computed = _leafOf(node, exists, vote);
        for (uint256 level = 0; level < DEPTH; ++level) {
            uint256 sibling = _inField(path[level]);
            computed = Poseidon.hash((node >> level) & 1 == 0 ? [computed, sibling] : [sibling, computed]);
        }
        if (computed != votesRoot) revert WrongVote(node, computed, votesRoot);
    }

    // ─── Private ─────────────────────────────────────────────────────────────────────────────────────────────────────

    function _leafOf(uint256 node, bool exists, IB52.Vote calldata vote) private pure returns (uint256) {
        (uint256 nodes, uint256 h, uint256 s) = (vote.nodes, vote.h, vote.s);
        if (!exists) {
            if (nodes | h | s != 0) revert VoteNotAbsent(node, nodes, h, s);
            return 0;
        }
        return Poseidon.hash([Poseidon.hash([_inField(nodes), _inField(h)]), _inField(s)]);
    }

    function _inField(uint256 value) private pure returns (uint256) {
        if (value >= BN254.SCALAR_FIELD) revert NotInField(value);
        return value;
    }
}

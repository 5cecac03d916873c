// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { IHonkVerifier } from "../../../contracts/verification/joint/IHonkVerifier.sol";
import { LeafVerifyingKey } from "../../../contracts/verification/keys/LeafVerifyingKey.sol";
import { StatementModel } from "./StatementModel.sol";

/**
 * @notice Accepts the proofs that there are of chains of leaves, written from circuits/chain/Chain.circom: a root fixes
 *         the statements of its leaves, and a prover can prove the value of their polynomial at any point. So a prover
 *         who changes L1's words, which gives another point, has a proof for that point too, but of the value of the
 *         tree's own words.
 */
contract HonkChainModel is IHonkVerifier, StatementModel {
    struct Tree {
        bytes words; // of all leaves, each with zeros up to the stride
        uint256 oldStateRoot;
        uint256 newStateRoot;
    }

    uint256 private immutable NODE_KEY_HASH;
    uint256 private immutable STRIDE;
    mapping(bytes32 root => Tree) private trees;

    constructor(uint256 nodeKeyHash) {
        NODE_KEY_HASH = nodeKeyHash;
        uint256 stride = 1;
        while (stride < LEAF_WORDS + 2 * LeafVerifyingKey.SLOTS) stride *= 2;
        STRIDE = stride;
    }

    /**
     * @param statements The words of docs/protocol.md §6 of each leaf, and then two words for each slot; or, of its
     *        exits, those that L1 is shown, with slots that are counted from the leaf's first one.
     */
    function plant(bytes32 root, uint256[][] calldata statements) external {
        Tree storage tree = trees[root];
        tree.oldStateRoot = statements[0][6];
        tree.newStateRoot = statements[statements.length - 1][0];
        for (uint256 i = 1; i < statements.length; ++i) assert(statements[i][6] == statements[i - 1][0]);
        bytes memory words;
        for (uint256 i = 0; i < statements.length; ++i) words = bytes.concat(words, wordsOf(statements[i]));
        tree.words = words;
    }

    /// @dev The proof of a tree for a point.
    function proofFor(bytes32 root, uint256 point) public pure returns (bytes memory) {
        return abi.encode("proof", root, point);
    }

    /// @dev Σ over the leaves i and their places j of word · point^(STRIDE·i + j).
    function sumAt(bytes32 root, uint256 point) public view returns (uint256 sum) {
        (sum, ) = evaluate(trees[root].words, point);
    }

    function countOf(bytes32 root) public view returns (uint256) {
        return trees[root].words.length / (32 * STRIDE);
    }

    function statesOf(bytes32 root) external view returns (uint256 oldStateRoot, uint256 newStateRoot) {
        return (trees[root].oldStateRoot, trees[root].newStateRoot);
    }

    /// @inheritdoc IHonkVerifier
    function verify(bytes calldata proof, bytes32[] calldata inputs) external view returns (bool) {
        bytes32 root = inputs[0];
        Tree storage tree = trees[root];
        if (inputs.length != 7 || tree.words.length == 0) return false;
        uint256 point = uint256(inputs[5]);
        return
            keccak256(proof) == keccak256(proofFor(root, point)) &&
            uint256(inputs[1]) == sumAt(root, point) &&
            uint256(inputs[2]) == countOf(root) &&
            uint256(inputs[3]) == tree.oldStateRoot &&
            uint256(inputs[4]) == tree.newStateRoot &&
            uint256(inputs[6]) == NODE_KEY_HASH;
    }

    /// @dev The words in their places, with zeros for what L1 does not know.
    function wordsOf(uint256[] calldata statement) private view returns (bytes memory) {
        uint256[] memory words = new uint256[](STRIDE);
        for (uint256 i = 0; i < LEAF_WORDS; ++i) {
            bool isUnknown = i == 0 || i == 1 || i == 5 || i == 6;
            if (!isUnknown) words[i] = statement[i];
        }
        for (uint256 i = LEAF_WORDS; i < statement.length; i += 2) {
            uint256 place = LEAF_WORDS + 2 * (statement[i] / TO);
            (words[place], words[place + 1]) = (statement[i] % TO, statement[i + 1]);
        }
        return abi.encodePacked(words);
    }
}

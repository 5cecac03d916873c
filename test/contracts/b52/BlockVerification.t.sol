// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { BlockVerification } from "../../../contracts/consensus/b52/BlockVerification.sol";
import { IBatchVerifier, LEAF_CIRCUIT, MERGE_CIRCUIT } from "../../../contracts/interfaces/IBatchVerifier.sol";
import { MockVerifier } from "../../../contracts/mocks/MockVerifier.sol";
import { Test } from "../helpers/Test.sol";

/// @notice What `verifyNode` asks a defender to prove. `MockVerifier` accepts a proof for exactly its public inputs.
contract BlockVerificationTest is Test {
    uint256 private constant LEAF_SIGNALS = 13;
    uint256 private constant MERGE_SIGNALS = 11;
    uint256 private constant LEAF_DIGEST = 5;
    uint256 private constant MERGE_DIGEST = 0;
    uint256 private constant DELIVERED = 1;
    uint256 private constant NODES = 2;

    MockVerifier private _verifier;

    function setUp() public {
        _verifier = new MockVerifier();
    }

    /// @dev The circuit counts the root's own vote by the root's own worker: a defence of the root finds it kept.
    function testFuzz_aDefenceOfTheRootCreditsIt(uint256 seed, uint8 depth, uint256 ticket, uint256 sets) public {
        uint256 leaves = 2 ** bound(depth, 1, 3);
        ticket = bound(ticket, 1, 247);
        (bytes memory statements, uint256[] memory inputs) = statementsOf(seed, leaves, 1);
        // In which the root is defaulted, and the ticket may have delivered another node.
        inputs[DELIVERED] = inputs[DELIVERED] >> 8;
        if (sets % 2 == 0) inputs[DELIVERED] |= 1 << ticket;
        inputs[NODES] = (uint32(sets >> 1) | (1 << 17)) & ~uint256(2);
        put(statements, leaves, inputs);

        uint256 digest = uint256(keccak256(abi.encode(seed, "digest")));
        (inputs[MERGE_DIGEST], inputs[MERGE_SIGNALS - 1]) = (digest, ticket);
        // Without the sets of the ticket's own proof, there is no witness.
        refuse(ticket, statements, leaves, 1, inputs, digest);
        if ((inputs[DELIVERED] >> ticket) & 1 == 0) inputs[DELIVERED] += 1 << ticket;
        refuse(ticket, statements, leaves, 1, inputs, digest);
        inputs[NODES] -= 1 << 17;
        refuse(ticket, statements, leaves, 1, inputs, digest);
        inputs[NODES] += 1 << 1;
        verify(ticket, statements, leaves, 1, inputs, digest);
    }

    /// @dev No other proof says anything of its own worker but who it is.
    function testFuzz_aDefenceOfAnotherNodeSaysTheSame(uint256 seed, uint8 depth, uint256 ticket, uint256 node) public {
        uint256 leaves = 2 ** bound(depth, 1, 3);
        node = bound(node, 2, 2 * leaves - 1);
        ticket = bound(ticket, 1, 247);
        (bytes memory statements, uint256[] memory inputs) = statementsOf(seed, leaves, node);
        uint256 digest = uint256(keccak256(abi.encode(seed, "digest")));
        refuse(ticket, statements, leaves, node, inputs, digest);
        inputs[node < leaves ? MERGE_DIGEST : LEAF_DIGEST] = digest;
        refuse(ticket, statements, leaves, node, inputs, digest);
        inputs[inputs.length - 1] = ticket;
        verify(ticket, statements, leaves, node, inputs, digest);
        for (uint256 i = 0; i < inputs.length; ++i) {
            inputs[i] ^= 1;
            refuse(ticket, statements, leaves, node, inputs, digest);
            inputs[i] ^= 1;
        }
    }

    /// @dev For `vm.expectRevert`, which waits for a call.
    function verifyNode(
        uint256 ticket,
        bytes calldata statements,
        uint256 leaves,
        uint256 node,
        uint256[8] calldata proof,
        uint256 digest
    ) external view {
        BlockVerification.verifyNode(address(_verifier), ticket, statements, leaves, node, proof, digest);
    }

    // ─── Private ─────────────────────────────────────────────────────────────────────────────────────────────────────

    /**
     * @return statements Of a tree with arbitrary public inputs.
     * @return inputs Those of `node`.
     */
    function statementsOf(
        uint256 seed,
        uint256 leaves,
        uint256 node
    ) private pure returns (bytes memory statements, uint256[] memory inputs) {
        for (uint256 i = 0; i < 2 * leaves - 1; ++i) {
            bool isLeaf = i < leaves;
            uint256[] memory words = new uint256[](isLeaf ? LEAF_SIGNALS : MERGE_SIGNALS);
            for (uint256 j = 0; j < words.length; ++j) words[j] = uint256(keccak256(abi.encode(seed, i, j)));
            uint256[8] memory proof;
            uint256 circuit = isLeaf ? LEAF_CIRCUIT : MERGE_CIRCUIT;
            statements = bytes.concat(statements, abi.encodePacked(circuit, proof, words));
            if (node == (isLeaf ? leaves + i : i - leaves + 1)) inputs = words;
        }
    }

    /// @dev Replaces the public inputs of the root, which follows the leaves.
    function put(bytes memory statements, uint256 leaves, uint256[] memory inputs) private pure {
        uint256 start = 0x20 * (leaves * (9 + LEAF_SIGNALS) + 9);
        for (uint256 i = 0; i < inputs.length; ++i) {
            uint256 word = inputs[i];
            uint256 offset = start + 0x20 * (i + 1);
            // Assembly: the word at an offset of `bytes`.
            assembly ("memory-safe") {
                mstore(add(statements, offset), word)
            }
        }
    }

    /// @param inputs For which the proof is made.
    function verify(
        uint256 ticket,
        bytes memory statements,
        uint256 leaves,
        uint256 node,
        uint256[] memory inputs,
        uint256 digest
    ) private view {
        uint256[8] memory proof;
        proof[0] = _verifier.hashOf(node < leaves ? MERGE_CIRCUIT : LEAF_CIRCUIT, inputs);
        this.verifyNode(ticket, statements, leaves, node, proof, digest);
    }

    function refuse(
        uint256 ticket,
        bytes memory statements,
        uint256 leaves,
        uint256 node,
        uint256[] memory inputs,
        uint256 digest
    ) private {
        uint256[8] memory proof;
        proof[0] = _verifier.hashOf(node < leaves ? MERGE_CIRCUIT : LEAF_CIRCUIT, inputs);
        vm.expectRevert(IBatchVerifier.ProofsRejected.selector);
        this.verifyNode(ticket, statements, leaves, node, proof, digest);
    }
}

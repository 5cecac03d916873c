// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { StatementPoint } from "../../libraries/StatementPoint.sol";
import { BN254 } from "../batch/BN254.sol";
import { Statements } from "../batch/Statements.sol";
import { StatementVerifier } from "../StatementVerifier.sol";
import { IHonkVerifier } from "./IHonkVerifier.sol";

/**
 * @title JointVerifier
 * @notice Verifies any number of statements by one UltraHonk proof: a tree of proofs that verify each other, whose
 *         leaves prove one statement each (docs/recursion.md).
 * @dev A statement is condensed to four words: its circuit's id, and digest, evaluation and point (`StatementPoint`).
 *      The tree has a root, which is a hash of the words of its leaves, and proves the value, at a point, of the
 *      polynomial with these words in their order, and the number of statements, which has 16 bits.
 *
 *      Soundness. The root fixes the tree's words. The point is a hash of the root and of L1's words. If the tree's
 *      words were others, two different polynomials would have the same value at a point that depends on both: with
 *      probability at most 2^18 / p for each attempt, as neither has more than 2^18 words. The bound is needed: a proof
 *      can be joined with itself, and powers of the point repeat after p − 1.
 *
 *      A program cannot contain its own key, so the hash of the nodes' key is a public input, which is compared with
 *      `NODE_KEY_HASH` here.
 */
abstract contract JointVerifier is StatementVerifier {
    // ─── Constants ───────────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev Words of a statement in the polynomial.
    uint256 private constant WORDS = 4;

    /// @dev Public inputs of the program: root, sum, count, point, hash of the nodes' key.
    uint256 private constant INPUTS = 5;

    // ─── Errors ──────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @notice Rejects a hash of the nodes' key that no key has: it is 0, or not below p. Only a constructor reverts
    ///         with it.
    error InvalidNodeKeyHash(uint256 nodeKeyHash);

    // ─── Immutables ──────────────────────────────────────────────────────────────────────────────────────────────────

    /// @notice Returns the verifier of the program that joins proofs.
    IHonkVerifier public immutable HONK;

    /// @notice Returns the hash of the key by which this program verifies its own proofs.
    uint256 public immutable NODE_KEY_HASH;

    /// @notice Returns whether the keys were made with a string of powers whose secret is public. The deployer says so.
    /// @dev WARNING: With such keys anyone can prove any statement. `IS_DEVELOPMENT` is about the Groth16 keys only.
    bool public immutable JOINT_IS_DEVELOPMENT;

    // ─── Constructor ─────────────────────────────────────────────────────────────────────────────────────────────────

    constructor(IHonkVerifier honk, uint256 nodeKeyHash, bool isDevelopment) {
        if (address(honk).code.length == 0) revert NoJointProofs();
        if (nodeKeyHash == 0 || nodeKeyHash >= BN254.SCALAR_FIELD) revert InvalidNodeKeyHash(nodeKeyHash);
        HONK = honk;
        NODE_KEY_HASH = nodeKeyHash;
        JOINT_IS_DEVELOPMENT = isDevelopment;
    }

    // ─── Public ──────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc StatementVerifier
    function verifyJointly(bytes calldata statements, bytes calldata proof) public view virtual override {
        if (proof.length < 0x20) revert TruncatedJointProof(proof.length, 0x20);
        uint256[] memory words = _condense(statements);
        bytes32 root = bytes32(proof[:0x20]);
        bytes32[] memory inputs = new bytes32[](INPUTS);
        inputs[0] = root;
        inputs[2] = bytes32(words.length / WORDS);
        (inputs[1], inputs[3]) = _evaluate(root, words);
        inputs[4] = bytes32(NODE_KEY_HASH);
        try HONK.verify(proof[0x20:], inputs) returns (bool isValid) {
            if (!isValid) revert ProofsRejected();
        } catch {
            revert ProofsRejected();
        }
    }

    // ─── Private ─────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev Returns the words of all statements, four of each.
    function _condense(bytes calldata statements) private pure returns (uint256[] memory words) {
        uint256 circuits = _verifyingKeys().length;
        // A statement has at least `HEAD_BYTES`, which bounds their number.
        words = new uint256[](WORDS * (statements.length / Statements.HEAD_BYTES + 1));
        uint256 count = 0;
        for (bytes calldata rest = statements; rest.length > 0; ++count) {
            if (rest.length < 0x20) revert TruncatedStatement(count, rest.length, 0x20);
            (uint256 circuit, uint256 further) = Statements.parseHead(uint256(bytes32(rest[:0x20])));
            if (circuit >= circuits) revert UnknownCircuit(count, circuit);
            uint256 size = Statements.size(StatementPoint.wordCount(circuit, further, count));
            if (rest.length < size) revert TruncatedStatement(count, rest.length, size);
            if (!_hasNoProof(rest)) revert StatementHasProof(count);
            uint256 i = WORDS * count;
            words[i] = circuit;
            (words[i + 1], words[i + 2], words[i + 3]) = StatementPoint.signalsOf(
                circuit,
                rest[Statements.HEAD_BYTES:size],
                count
            );
            rest = rest[size:];
        }
        if (count == 0) revert NoStatements();
        uint256 length = WORDS * count;
        // Assembly: shortening an array in memory is safe.
        assembly ("memory-safe") {
            mstore(words, length)
        }
    }

    /// @dev Returns whether the words of a statement's own proof are 0.
    function _hasNoProof(bytes calldata statement) private pure returns (bool) {
        uint256 any;
        // Assembly: the caller knows that the statement is complete.
        assembly ("memory-safe") {
            for {
                let position := 0x20
            } lt(position, 0x120) {
                position := add(position, 0x20)
            } {
                any := or(any, calldataload(add(statement.offset, position)))
            }
        }
        return any == 0;
    }

    /// @dev Draws the point, and returns it with the value of the polynomial.
    function _evaluate(bytes32 root, uint256[] memory words) private pure returns (bytes32 sum, bytes32 point) {
        uint256 p = BN254.SCALAR_FIELD;
        // Assembly: hashes the words where they are, with the root in the place of their number, which is put back.
        assembly ("memory-safe") {
            let length := mload(words)
            mstore(words, root)
            point := mod(keccak256(words, add(0x20, shl(5, length))), p)
            mstore(words, length)
            for {
                let position := add(words, shl(5, length))
            } gt(position, words) {
                position := sub(position, 0x20)
            } {
                sum := addmod(mulmod(sum, point, p), mload(position), p)
            }
        }
    }
}

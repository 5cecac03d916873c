// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { IBatchVerifier } from "../verification/batch/IBatchVerifier.sol";
import { LEAF_CIRCUIT } from "../verification/circuitIds.sol";
import { LeafVerifyingKey } from "../verification/keys/LeafVerifyingKey.sol";
import { MergeVerifyingKey } from "../verification/keys/MergeVerifyingKey.sol";
import { BN254 } from "../verification/batch/BN254.sol";

/**
 * @title StatementPoint
 * @notice Condenses the words of a leaf's or a merge's statement to the public signals of its proof: digest,
 *         evaluation and point (docs/protocol.md §6.1).
 * @dev Each public signal costs a multiplication on the curve, 6,300 gas; a word of a statement costs 60.
 *
 *      Soundness. The digest is a Poseidon hash of the other signals, of which one is the hash of the exits. So the
 *      prover's words are fixed by the digest. The point is a hash of all words that L1 was given, the digest included.
 *      If the prover's words were others, two different polynomials of a degree d below 300 would have the same value
 *      at a point that depends on both: with probability at most d / p for each attempt.
 */
library StatementPoint {
    /// @notice Rejects an exit whose slot is not after that of the exit before it, or is not in the leaf; or whose
    ///         amount is not below 2^128; or whose words are those of a slot without an exit.
    error InvalidExit(uint256 statement, uint256 exit);

    /// @notice Rejects a statement with more words beyond its signals than its circuit allows.
    error TooManyWords(uint256 statement, uint256 further);

    /// @dev Bits of recipient and token in the first word of an exit. The slot is above.
    uint256 internal constant TO_BITS = 176;

    /**
     * @notice Returns the number of words of a statement.
     * @param circuit Id of the circuit, `LEAF_CIRCUIT` or `MERGE_CIRCUIT`.
     * @param further Number in the statement's head: words of the leaf's exits, two for each. A slot has at most one
     *        exit.
     * @param statement Number of the statement, for errors.
     */
    function wordCount(uint256 circuit, uint256 further, uint256 statement) internal pure returns (uint256) {
        bool isLeaf = circuit == LEAF_CIRCUIT;
        if (further > (isLeaf ? 2 * LeafVerifyingKey.SLOTS : 0)) revert TooManyWords(statement, further);
        return isLeaf ? LeafVerifyingKey.STATEMENT_WORDS + further : MergeVerifyingKey.STATEMENT_WORDS;
    }

    /**
     * @notice Condenses a statement.
     * @param circuit Id of the circuit, `LEAF_CIRCUIT` or `MERGE_CIRCUIT`.
     * @param words Signals, each below p (checked). In a leaf's statement, two words for each exit follow: recipient
     *        + token · 2^160 + slot · 2^176, and amount.
     * @param statement Number of the statement, for errors.
     * @dev Requirements
     *      - Slots of exits ascend, and are in the leaf. Amounts are below 2^128. An exit of amount 0 of token 0 to
     *        address 0 is rejected, since the circuit cannot tell it from a slot without an exit. So a list of exits
     *        has one encoding.
     */
    function signalsOf(
        uint256 circuit,
        bytes calldata words,
        uint256 statement
    ) internal pure returns (uint256 digest, uint256 evaluation, uint256 point) {
        bool isLeaf = circuit == LEAF_CIRCUIT;
        point = uint256(keccak256(words)) % BN254.SCALAR_FIELD;
        uint256 signals = 0x20 * (isLeaf ? LeafVerifyingKey.STATEMENT_WORDS : MergeVerifyingKey.STATEMENT_WORDS);
        uint256 tail = words.length == signals ? 0 : evaluateExits(words[signals:], 0, statement, point);
        evaluation = _evaluate(words[:signals], statement, point, tail);
        uint256 index = isLeaf ? LeafVerifyingKey.DIGEST : MergeVerifyingKey.DIGEST;
        digest = uint256(bytes32(words[0x20 * index:]));
    }

    /// @notice Evaluates the exits of a leaf.
    /// @param firstSlot Number of the leaf's first slot, in the count of the exits.
    /// @return value Σ (to_s + point · amount_s) · point^(2s), over the slots with exits.
    function evaluateExits(
        bytes calldata exits,
        uint256 firstSlot,
        uint256 statement,
        uint256 point
    ) internal pure returns (uint256 value) {
        uint256 p = BN254.SCALAR_FIELD;
        uint256 square = mulmod(point, point, p);
        uint256 end = exits.length;
        // From the last slot down. Each slot takes at most one exit, the last one of the rest.
        for (uint256 slot = LeafVerifyingKey.SLOTS; slot > 0;) {
            --slot;
            value = mulmod(value, square, p);
            if (end < 0x40) continue;
            uint256 to = uint256(bytes32(exits[end - 0x40:]));
            if (to >> TO_BITS != firstSlot + slot) continue;
            uint256 amount = uint256(bytes32(exits[end - 0x20:]));
            if (amount > type(uint128).max) revert InvalidExit(statement, end / 0x40 - 1);
            to &= (1 << TO_BITS) - 1;
            if (to | amount == 0) revert InvalidExit(statement, end / 0x40 - 1);
            value = addmod(value, addmod(to, mulmod(amount, point, p), p), p);
            end -= 0x40;
        }
        if (end != 0) revert InvalidExit(statement, (end - 1) / 0x40);
    }

    /// @dev Evaluates the signals of a statement.
    /// @return value Σ wordᵢ · pointⁱ + point^n · tail, for n words.
    function _evaluate(
        bytes calldata words,
        uint256 statement,
        uint256 point,
        uint256 tail
    ) private pure returns (uint256 value) {
        uint256 p = BN254.SCALAR_FIELD;
        value = tail;
        uint256 position = words.length;
        bool isOutside = false;
        // Assembly: runs over every word of every statement; bounds checks would cost more than the arithmetic.
        assembly ("memory-safe") {
            for {} gt(position, 0) {} {
                position := sub(position, 0x20)
                let word := calldataload(add(words.offset, position))
                if iszero(lt(word, p)) {
                    isOutside := 1
                    break
                }
                value := addmod(mulmod(value, point, p), word, p)
            }
        }
        if (isOutside) {
            uint256 word = uint256(bytes32(words[position:position + 0x20]));
            revert IBatchVerifier.InputNotInField(statement, position / 0x20, word);
        }
    }
}

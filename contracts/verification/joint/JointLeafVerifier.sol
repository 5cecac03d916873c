// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";

import { LeafChain } from "../../libraries/LeafChain.sol";
import { StatementPoint } from "../../libraries/StatementPoint.sol";
import { BatchHeader } from "../../types/BatchHeader.sol";
import { BN254 } from "../batch/BN254.sol";
import { LeafVerifyingKey } from "../keys/LeafVerifyingKey.sol";
import { LeafVerifier } from "../LeafVerifier.sol";
import { HonkRoot } from "./HonkRoot.sol";
import { IHonkVerifier } from "./IHonkVerifier.sol";

/**
 * @title JointLeafVerifier
 * @notice Verifies leaves: each by a Groth16 proof, or a chain of leaves by one UltraHonk proof: a tree of proofs whose
 *         leaves prove one leaf each, and whose nodes prove that a leaf begins where the one before ends
 *         (docs/recursion.md).
 * @dev The tree has a root, which is a hash of the digests of its leaves, and proves their number, the states before
 *      and after, and a sum: the value at a point of the polynomial with the words of all leaves' statements in their
 *      order (docs/protocol.md §6), but 0 for those that L1 does not know: new state, hash of the exits, digest, old
 *      state. Statements are `STRIDE` places apart.
 *
 *      Soundness. A digest fixes all words of a leaf, the exits too, and the root fixes the digests. The point is a
 *      hash of the root and of L1's words. If the tree's words were others, two different polynomials would have the
 *      same value at a point that depends on both: with probability at most 2^25 / p for each attempt, as the tree
 *      counts its leaves in 16 bits and a stride is at most 2^9.
 */
contract JointLeafVerifier is LeafVerifier, HonkRoot {
    // ─── Types ───────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev Powers of the point. In memory only.
    struct Powers {
        uint256 first;
        uint256 second;
        uint256 seventh;
        uint256 thirteenth;
        uint256 stride;
    }

    /// @dev The polynomial as far as it is read. In memory only.
    struct Reading {
        uint256 sum;
        uint256 place; // power of the point at which the next leaf begins
        uint256 count; // leaves
        uint256 domain;
        uint256 worker;
    }

    /// @dev A batch in calldata. In memory only.
    struct Batch {
        uint256 leaves; // number of leaves
        uint256 fees; // position in calldata; commitments and evaluations follow
        uint256 forced; // forced operations
        uint256 common; // value of what all leaves have in common
        uint256 place; // power of the point at which the first leaf begins
    }

    // ─── Constants ───────────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev Public inputs of the program: root, sum, count, old state, new state, point, hash of the nodes' key.
    uint256 private constant INPUTS = 7;

    // ─── Constructor ─────────────────────────────────────────────────────────────────────────────────────────────────

    constructor(
        IHonkVerifier honk,
        uint256 nodeKeyHash,
        bool isDevelopment
    ) HonkRoot(honk, nodeKeyHash, isDevelopment) {}

    // ─── Public ──────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc LeafVerifier
    function verifyChain(
        bytes calldata chain,
        uint256 oldStateRoot,
        uint256 newStateRoot,
        bytes calldata proof
    ) public view override {
        bytes32 root = _rootOf(proof);
        uint256 point = uint256(keccak256(bytes.concat(root, chain))) % BN254.SCALAR_FIELD;
        Reading memory read = _read(chain, point);
        if (oldStateRoot >= BN254.SCALAR_FIELD) revert InputNotInField(0, 6, oldStateRoot);
        if (newStateRoot >= BN254.SCALAR_FIELD) revert InputNotInField(read.count - 1, 0, newStateRoot);
        bytes32[] memory inputs = new bytes32[](INPUTS);
        inputs[0] = root;
        inputs[1] = bytes32(read.sum);
        inputs[2] = bytes32(read.count);
        inputs[3] = bytes32(oldStateRoot);
        inputs[4] = bytes32(newStateRoot);
        inputs[5] = bytes32(point);
        _requireProven(proof, inputs);
    }

    // ─── Private ─────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev Reads a chain, and evaluates its polynomial.
    function _read(bytes calldata chain, uint256 point) private pure returns (Reading memory read) {
        Powers memory powers = _powers(point);
        read.place = 1;
        _requireRoom(chain, 0, LeafChain.HEAD_BYTES, 0);
        read.domain = _word(chain, 0, 0, 10);
        read.worker = _word(chain, 0x20, 0, 12);
        uint256 offset = LeafChain.HEAD_BYTES;
        while (offset < chain.length) {
            _requireRoom(chain, offset, LeafChain.BATCH_BYTES, read.count);
            uint256 leaves = uint256(bytes32(chain[offset + 0x80:]));
            uint256 exitWords = uint256(bytes32(chain[offset + 0xa0:]));
            if (leaves == 0) revert EmptyBatch(read.count);
            // Check: the sizes do not wrap.
            if (leaves > chain.length || exitWords > chain.length) {
                revert TruncatedStatement(read.count, chain.length - offset, type(uint256).max);
            }
            uint256 size = LeafChain.BATCH_BYTES + leaves * LeafChain.LEAF_BYTES;
            _requireRoom(chain, offset, size + exitWords * 0x20, read.count);
            Batch memory batch = _head(read, powers, chain[offset:], leaves);
            offset += size;
            uint256 first = read.count;
            _readLeaves(read, powers, batch);
            _readEffects(read, powers, batch, chain[offset:offset + exitWords * 0x20], first);
            offset += exitWords * 0x20;
        }
        if (read.count == 0) revert NoStatements();
    }

    /// @dev Reads what the leaves of a batch have in common.
    /// @param rest Begins with the batch, which is complete.
    function _head(
        Reading memory read,
        Powers memory powers,
        bytes calldata rest,
        uint256 leaves
    ) private pure returns (Batch memory batch) {
        uint256 p = BN254.SCALAR_FIELD;
        uint256 first = read.count;
        BatchHeader header = BatchHeader.wrap(_word(rest, 0, first, 7));
        batch.leaves = leaves;
        batch.place = read.place;
        batch.forced = header.forcedCountOf();
        // In the places 7 … 12 of a statement.
        uint256 common = mulmod(read.worker, powers.first, p);
        common = mulmod(addmod(common, _word(rest, 0x60, first, 11), p), powers.first, p);
        common = mulmod(addmod(common, read.domain, p), powers.first, p);
        common = mulmod(addmod(common, _word(rest, 0x40, first, 9), p), powers.first, p);
        common = mulmod(addmod(common, _word(rest, 0x20, first, 8), p), powers.first, p);
        common = addmod(common, BatchHeader.unwrap(header.withForcedCount(0)), p);
        batch.common = mulmod(common, powers.seventh, p);
        // Assembly: where the fees are.
        uint256 fees;
        assembly ("memory-safe") {
            fees := add(rest.offset, 0xc0)
        }
        batch.fees = fees;
    }

    /// @dev Reads the leaves of a batch, without their forced operations and exits.
    function _readLeaves(Reading memory read, Powers memory powers, Batch memory batch) private pure {
        uint256 sum = read.sum;
        uint256 place = read.place;
        bool isOutside = false;
        {
            uint256 p = BN254.SCALAR_FIELD;
            uint256 common = batch.common;
            uint256 first = powers.first;
            uint256 second = powers.second;
            uint256 stride = powers.stride;
            uint256 fees = batch.fees;
            uint256 size = batch.leaves * 0x20;
            // Assembly: runs over every leaf; bounds checks would cost more than the arithmetic. The caller has checked
            // that all words are there.
            assembly ("memory-safe") {
                for {
                    let end := add(fees, size)
                } lt(fees, end) {
                    fees := add(fees, 0x20)
                } {
                    let fee := calldataload(fees)
                    let c := calldataload(add(fees, size))
                    let y := calldataload(add(fees, add(size, size)))
                    isOutside := or(isOutside, iszero(and(lt(fee, p), and(lt(c, p), lt(y, p)))))
                    let value := addmod(c, mulmod(y, first, p), p)
                    value := addmod(fee, mulmod(value, first, p), p)
                    value := addmod(mulmod(value, second, p), common, p)
                    sum := addmod(sum, mulmod(place, value, p), p)
                    place := mulmod(place, stride, p)
                }
            }
        }
        if (isOutside) _revertOutside(read.count, batch);
        read.sum = sum;
        read.place = place;
        read.count += batch.leaves;
    }

    /// @dev Reads the forced operations and the exits of a batch.
    /// @param first Number of its first leaf.
    function _readEffects(
        Reading memory read,
        Powers memory powers,
        Batch memory batch,
        bytes calldata exits,
        uint256 first
    ) private pure {
        uint256 p = BN254.SCALAR_FIELD;
        uint256 place = batch.place;
        uint256 forced = batch.forced;
        uint256 exitsRead = 0;
        for (uint256 i = 0; i < batch.leaves && (forced > 0 || exitsRead < exits.length); ++i) {
            uint256 ofLeaf = Math.min(forced, LeafVerifyingKey.SLOTS);
            forced -= ofLeaf;
            uint256 value = mulmod(ofLeaf << 64, powers.seventh, p);
            uint256 end = _endOfExits(exits, exitsRead, (i + 1) * LeafVerifyingKey.SLOTS);
            if (end > exitsRead) {
                uint256 ofExits = StatementPoint.evaluateExits(
                    exits[exitsRead:end],
                    i * LeafVerifyingKey.SLOTS,
                    first + i,
                    powers.first
                );
                value = addmod(value, mulmod(ofExits, powers.thirteenth, p), p);
                exitsRead = end;
            }
            read.sum = addmod(read.sum, mulmod(place, value, p), p);
            place = mulmod(place, powers.stride, p);
        }
        if (exitsRead < exits.length) revert StatementPoint.InvalidExit(read.count - 1, exitsRead / 0x40);
    }

    /// @dev Reverts with the first word of a batch's leaves that is not below p.
    function _revertOutside(uint256 first, Batch memory batch) private pure {
        for (uint256 i = 0; i < 3 * batch.leaves; ++i) {
            uint256 position = batch.fees + 0x20 * i;
            uint256 word;
            // Assembly: the caller has checked that the word is there.
            assembly ("memory-safe") {
                word := calldataload(position)
            }
            if (word >= BN254.SCALAR_FIELD) {
                revert InputNotInField(first + (i % batch.leaves), 2 + i / batch.leaves, word);
            }
        }
    }

    /// @dev Returns the offset behind the exits whose slots are below `slot`.
    function _endOfExits(bytes calldata exits, uint256 start, uint256 slot) private pure returns (uint256 end) {
        end = start;
        while (end + 0x40 <= exits.length && uint256(bytes32(exits[end:])) >> StatementPoint.TO_BITS < slot) {
            end += 0x40;
        }
    }

    /// @dev Returns powers of the point. The stride is the least power of two that a statement fits into.
    function _powers(uint256 point) private pure returns (Powers memory powers) {
        uint256 p = BN254.SCALAR_FIELD;
        powers.first = point;
        powers.second = mulmod(point, point, p);
        uint256 third = mulmod(powers.second, point, p);
        uint256 sixth = mulmod(third, third, p);
        powers.seventh = mulmod(sixth, point, p);
        powers.thirteenth = mulmod(sixth, powers.seventh, p);
        powers.stride = point;
        uint256 words = LeafVerifyingKey.STATEMENT_WORDS + 2 * LeafVerifyingKey.SLOTS;
        for (uint256 stride = 1; stride < words; stride *= 2) powers.stride = mulmod(powers.stride, powers.stride, p);
    }

    /// @dev Reverts unless the chain has so many more bytes.
    function _requireRoom(bytes calldata chain, uint256 offset, uint256 size, uint256 leaf) private pure {
        if (chain.length < offset + size) revert TruncatedStatement(leaf, chain.length - offset, size);
    }

    /// @dev Returns the word at `offset` of `rest`, which has it. It is the word `input` of the leaf's statement.
    function _word(
        bytes calldata rest,
        uint256 offset,
        uint256 leaf,
        uint256 input
    ) private pure returns (uint256 word) {
        // Assembly: the caller knows that the word is there.
        assembly ("memory-safe") {
            word := calldataload(add(rest.offset, offset))
        }
        if (word >= BN254.SCALAR_FIELD) revert InputNotInField(leaf, input, word);
    }
}

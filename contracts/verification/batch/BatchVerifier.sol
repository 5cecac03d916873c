// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { Hashes } from "@openzeppelin/contracts/utils/cryptography/Hashes.sol";

import { IBatchVerifier } from "./IBatchVerifier.sol";
import { BN254, G1Point } from "./BN254.sol";
import { Statements } from "./Statements.sol";
import { VerifyingKey } from "./VerifyingKey.sol";

/**
 * @title BatchVerifier
 * @notice Verifies many Groth16 proofs of several circuits in one pairing check. A concrete verifier names the keys.
 * @dev A proof (A, B, C) of the inputs x is valid iff e(A, B) = e(α, β) · e(vkₓ, γ) · e(C, δ), where
 *      vkₓ = IC₀ + Σⱼ xⱼ·ICⱼ. As the keys come from one phase 1, α, β and γ are common, and with random rᵢ all
 *      equations are checked by
 *
 *        Π e(−rᵢAᵢ, Bᵢ) · e(Σ rᵢ·α, β) · e(Σ rᵢ·vkₓᵢ, γ) · Π_circuit e(Σ rᵢCᵢ, δ_circuit) = 1.
 *
 *      Inputs are summed as scalars before the curve is touched, per circuit: a further one costs no curve operation.
 *
 *      Soundness. Let Dᵢ be the right side of equation i divided by its left side, in the group of prime order p; the
 *      check says Π Dᵢ^rᵢ = 1. If some Dᵢ ≠ 1 with i > 0, then for any choice of the other r at most one value of rᵢ
 *      fulfils it. rᵢ has 2^128 values and is a hash of every circuit id, proof word and input of the call, and of the
 *      keys: so changing anything draws all of them anew, and each attempt passes with probability at most 2^-128.
 *      r₀ = 1, which saves two multiplications: if only D₀ is not 1, the product is not 1. There is no special case for
 *      rᵢ = 0, for a proof that is given twice, or for a point at infinity.
 *
 *      Points. `ecMul` rejects an A or C, and the pairing a B, that is not a point of its group or has a coordinate
 *      that is not below the base field's prime (see `BN254`); the points of the keys are constants.
 *
 *      WARNING: Anyone can turn a valid proof into other valid proofs of the same statement: proofs are malleable,
 *      statements are not. So a proof must never serve as an identifier. If a proof must pay its maker only, the
 *      maker's address has to be among the inputs.
 *
 *      WARNING: A call with an invalid point consumes nearly all its gas.
 */
abstract contract BatchVerifier is IBatchVerifier {
    using BN254 for bytes;
    using VerifyingKey for bytes;

    // ─── Types ───────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev Sums over the statements of one circuit.
    struct Sum {
        uint256[] scalars; // Σ rᵢ, then Σ rᵢ·xᵢⱼ for each input j, mod p: the factors of the key's `ic`
        G1Point c; // Σ rᵢCᵢ
    }

    // ─── Constants ───────────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev Pairs in addition to those of the proofs and circuits: (Σ rᵢ·α, β) and (Σ rᵢ·vkₓᵢ, γ).
    uint256 private constant COMMON_PAIRS = 2;

    // ─── Constructor ─────────────────────────────────────────────────────────────────────────────────────────────────

    constructor() {
        bytes[] memory keys = _verifyingKeys();
        for (uint256 circuit = 1; circuit < keys.length; ++circuit) {
            if (keys[circuit].phase1Hash() != keys[0].phase1Hash()) revert KeyOfAnotherSetup(circuit);
        }
    }

    // ─── External ────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc IBatchVerifier
    function verify(bytes calldata statements) external view {
        bytes[] memory keys = _verifyingKeys();
        Sum[] memory sums = _emptySums(keys);
        bytes32 transcript = _transcript(statements, keys);
        // A statement has at least `HEAD_BYTES`, which bounds their number.
        bytes memory pairs = BN254.allocatePairs(
            statements.length / Statements.HEAD_BYTES + COMMON_PAIRS + keys.length
        );

        uint256 count = 0;
        for (bytes calldata rest = statements; rest.length > 0; ++count) {
            uint256 r = count == 0 ? 1 : uint128(uint256(Hashes.efficientKeccak256(transcript, bytes32(count))));
            uint256 size = _addStatement(count, rest, r, sums, pairs.pairPosition(count));
            rest = rest[size:];
        }
        if (count == 0) revert NoStatements();

        count = _addKeyPairs(pairs, count, keys, sums);
        (bool areValid, bool isOne) = pairs.pairing(count);
        if (!areValid) revert InvalidG2Point();
        if (!isOne) revert ProofsRejected();
    }

    // ─── Internal ────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev Returns the keys of all circuits, by the circuits' ids. There is at least one, and all are from one phase
    ///      1. `VerifyingKey` describes the form of a key.
    function _verifyingKeys() internal pure virtual returns (bytes[] memory);

    /**
     * @dev Returns the number of words of a statement after its proof: the public inputs of its circuit, unless a
     *      verifier condenses its statements.
     * @param further Number in the statement's first word above the circuit's id.
     * @param inputCount Number of public inputs of the circuit.
     * @param i Number of the statement, for errors.
     */
    function _wordCount(
        uint256 circuit,
        uint256 further,
        uint256 inputCount,
        uint256 i
    ) internal pure virtual returns (uint256) {
        if (further != 0) revert UnknownCircuit(i, Statements.head(circuit, further));
        return inputCount;
    }

    /**
     * @dev Adds r · (1, inputs) to the scalars, where the inputs are the words of a statement. Reverts unless every
     *      word is in the range in which it has one encoding.
     * @param scalars Factors of the key's points `ic`.
     * @param i Number of the statement, for errors.
     */
    function _addWords(
        uint256,
        uint256[] memory scalars,
        uint256 i,
        bytes calldata words,
        uint256 r
    ) internal pure virtual {
        _addInputs(scalars, i, words, r);
    }

    /// @dev Adds r · (1, inputs) to the scalars. There is one input less than scalars.
    function _addInputs(uint256[] memory scalars, uint256 i, bytes calldata inputs, uint256 r) internal pure {
        uint256 p = BN254.SCALAR_FIELD;
        uint256 checkedBytes;
        // Assembly: runs over every input of every statement; bounds checks would cost more than the arithmetic.
        assembly ("memory-safe") {
            let scalar := add(scalars, 0x20)
            mstore(scalar, addmod(mload(scalar), r, p))
            let position := inputs.offset
            for {
                let end := add(position, inputs.length)
            } lt(position, end) {
                position := add(position, 0x20)
            } {
                let input := calldataload(position)
                if iszero(lt(input, p)) {
                    break
                }
                scalar := add(scalar, 0x20)
                mstore(scalar, addmod(mload(scalar), mulmod(r, input, p), p))
            }
            checkedBytes := sub(position, inputs.offset)
        }
        if (checkedBytes < inputs.length) {
            revert InputNotInField(i, checkedBytes / 0x20, uint256(bytes32(inputs[checkedBytes:checkedBytes + 0x20])));
        }
    }

    // ─── Private ─────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev Returns sums of zero, one for each circuit.
    function _emptySums(bytes[] memory keys) private pure returns (Sum[] memory sums) {
        sums = new Sum[](keys.length);
        for (uint256 circuit = 0; circuit < keys.length; ++circuit) {
            sums[circuit].scalars = new uint256[](keys[circuit].icCount());
        }
    }

    /// @dev Returns a hash of every word of the statements, and of all keys.
    function _transcript(bytes calldata statements, bytes[] memory keys) private pure returns (bytes32 transcript) {
        transcript = keccak256(statements);
        for (uint256 circuit = 0; circuit < keys.length; ++circuit) {
            transcript = Hashes.efficientKeccak256(transcript, keccak256(keys[circuit]));
        }
    }

    /**
     * @dev Checks statement `i`, which begins with `rest`, adds it to the sums, and writes its pair (−rA, B).
     * @param pair Position of the pair in memory.
     * @return size Bytes of the statement.
     */
    function _addStatement(
        uint256 i,
        bytes calldata rest,
        uint256 r,
        Sum[] memory sums,
        uint256 pair
    ) private view returns (uint256 size) {
        if (rest.length < 0x20) revert TruncatedStatement(i, rest.length, 0x20);
        (uint256 circuit, uint256 further) = Statements.parseHead(uint256(bytes32(rest[:0x20])));
        if (circuit >= sums.length) revert UnknownCircuit(i, circuit);
        Sum memory sum = sums[circuit];
        size = Statements.size(_wordCount(circuit, further, sum.scalars.length - 1, i));
        if (rest.length < size) revert TruncatedStatement(i, rest.length, size);

        _addWords(circuit, sum.scalars, i, rest[Statements.HEAD_BYTES:size], r);
        _addProof(sum.c, pair, i, rest[0x20:Statements.HEAD_BYTES], r);
    }

    /// @dev Writes the pair (−rA, B), and adds rC to `c`. `proof` is eight words.
    function _addProof(G1Point memory c, uint256 pair, uint256 i, bytes calldata proof, uint256 r) private view {
        uint256 p = BN254.SCALAR_FIELD;
        uint256 q = BN254.BASE_FIELD;
        bool isAValid;
        bool isCValid;
        // Assembly: calls precompiles with inputs from calldata, and writes results where they are needed. For r = 1
        // the addition of zero checks a point for less gas than a multiplication.
        assembly ("memory-safe") {
            let input := mload(0x40)
            calldatacopy(input, proof.offset, 0x40)
            switch r
            case 1 {
                mstore(add(input, 0x40), 0)
                mstore(add(input, 0x60), 0)
                isAValid := staticcall(gas(), 0x06, input, 0x80, pair, 0x40)
                let y := add(pair, 0x20)
                mstore(y, mod(sub(q, mload(y)), q))
            }
            default {
                mstore(add(input, 0x40), sub(p, r))
                isAValid := staticcall(gas(), 0x07, input, 0x60, pair, 0x40)
            }
            calldatacopy(add(pair, 0x40), add(proof.offset, 0x40), 0x80)

            let product := add(input, 0x40)
            mcopy(input, c, 0x40)
            calldatacopy(product, add(proof.offset, 0xc0), 0x40)
            isCValid := 1
            if iszero(eq(r, 1)) {
                mstore(add(product, 0x40), r)
                isCValid := staticcall(gas(), 0x07, product, 0x60, product, 0x40)
            }
            isCValid := and(isCValid, staticcall(gas(), 0x06, input, 0x80, c, 0x40))
        }
        if (!isAValid) revert InvalidPoint(i, 0);
        if (!isCValid) revert InvalidPoint(i, 6);
    }

    /// @dev Appends the pairs with points of the keys to the first `count` pairs. Returns the number of all pairs.
    function _addKeyPairs(
        bytes memory pairs,
        uint256 count,
        bytes[] memory keys,
        Sum[] memory sums
    ) private view returns (uint256) {
        G1Point memory alpha; // Σ rᵢ·α
        G1Point memory vkX; // Σ rᵢ·vkₓᵢ
        uint256[] memory total = new uint256[](1); // Σ rᵢ of all circuits
        for (uint256 circuit = 0; circuit < keys.length; ++circuit) {
            uint256[] memory scalars = sums[circuit].scalars;
            // The sum is zero if no statement is of this circuit; then all its terms are zero.
            if (scalars[0] == 0) continue;
            total[0] += scalars[0];
            if (!BN254.mulAdd(vkX, keys[circuit].ic(), scalars)) revert InvalidKeyPoint();
            BN254.setPair(pairs.pairPosition(count++), sums[circuit].c, keys[circuit].delta());
        }
        if (!BN254.mulAdd(alpha, keys[0].alpha(), total)) revert InvalidKeyPoint();
        BN254.setPair(pairs.pairPosition(count++), alpha, keys[0].beta());
        BN254.setPair(pairs.pairPosition(count++), vkX, keys[0].gamma());
        return count;
    }
}

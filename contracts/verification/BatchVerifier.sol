// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { IBatchVerifier } from "../interfaces/IBatchVerifier.sol";
import { CircuitKey, Phase1Key } from "./VerifyingKey.sol";

/**
 * @title BatchVerifier
 * @notice Groth16 verification of many proofs in one pairing call.
 * @dev One proof (A, B, C) for inputs x is valid iff e(A, B) = e(α, β) · e(vkₓ, γ) · e(C, δ), with vkₓ = IC₀ + Σⱼ xⱼ·ICⱼ. All circuits
 *      share α, β and γ, since their keys come from one phase 1. Checked is the random combination
 *
 *        Π e(rᵢAᵢ, Bᵢ) = e(Σ rᵢ·α, β) · e(Σ rᵢ·vkₓᵢ, γ) · Π_circuit e(Σ rᵢCᵢ, δ_circuit).
 *
 *      Soundness: the two sides of equation i differ by some dᵢ of the order-r target group; the check asks Π dᵢ^rᵢ = 1. If
 *      some dᵢ ≠ 1, at most one of the 2^128 values of rᵢ satisfies it, whatever the others are. The rᵢ are Fiat–Shamir
 *      challenges: they depend on every word of every statement and on the keys, and nobody chooses them.
 *
 *      Who checks the points: the ecMul precompile rejects an A or C that is not on the curve or has a coordinate ≥ q (G1 has no
 *      cofactor); the pairing precompile rejects a B that is not in the subgroup of order r (EIP-197). A point at infinity is an
 *      ordinary group element.
 *
 *      A failing precompile consumes the gas it was given: a caller with bad points pays for it.
 */
abstract contract BatchVerifier is IBatchVerifier {
    // ─── Types ──────────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev What was summed up over the statements of one circuit.
    struct Accumulator {
        CircuitKey key;
        uint256[] scalars; // Σ rᵢ·xᵢⱼ, the factor of IC₀ first
        uint256[2] c; // Σ rᵢCᵢ
    }

    // ─── Constants ──────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev Order of the scalar field.
    uint256 internal constant R = 21888242871839275222246405745257275088548364400416034343698204186575808495617;

    /// @dev Order of the base field.
    uint256 private constant Q = 21888242871839275222246405745257275088696311157297823662689037894645226208583;

    uint256 private constant WORD = 32;
    uint256 private constant PAIR_BYTES = 6 * WORD;

    /// @dev Words before the inputs: the circuit and the proof.
    uint256 private constant HEAD_WORDS = 9;

    // ─── External ───────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc IBatchVerifier
    function verify(bytes calldata statements) external view {
        Accumulator[] memory sums = _emptySums();
        uint256 seed = uint256(keccak256(abi.encodePacked(_keysHash(), statements)));

        // A statement has more than a pair's bytes, so this is enough for all of them.
        bytes memory pairs = new bytes((statements.length / PAIR_BYTES + 2 + sums.length) * PAIR_BYTES);
        uint256 pair = _data(pairs);
        uint256 sumOfR;
        uint256 count;
        for (uint256 offset = 0; offset < statements.length; ++count) {
            uint256 r = _challenge(seed, count);
            sumOfR += r;
            offset = _absorb(statements, offset, count, r, sums, pair);
            pair += PAIR_BYTES;
        }
        if (count == 0) revert NoStatements();

        pair = _absorbKeys(sums, R - (sumOfR % R), pair);
        if (!_pairingHolds(_data(pairs), pair - _data(pairs))) revert InvalidProof();
    }

    /// @inheritdoc IBatchVerifier
    function publicInputs(uint256 circuit) external view returns (uint256) {
        if (circuit >= _circuits()) revert UnknownCircuit(0, circuit);
        return _circuitKey(circuit).ic.length / 2 - 1;
    }

    // ─── Internal ───────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev Number of circuits; their ids are 0 … n − 1.
    function _circuits() internal pure virtual returns (uint256);

    /// @dev The part of the keys that all circuits share.
    function _phase1Key() internal pure virtual returns (Phase1Key memory);

    /// @param circuit Below `_circuits()`.
    function _circuitKey(uint256 circuit) internal pure virtual returns (CircuitKey memory);

    /// @dev Identifies the keys in the challenges.
    function _keysHash() internal pure virtual returns (bytes32);

    // ─── Private ────────────────────────────────────────────────────────────────────────────────────────────────────────

    function _emptySums() private pure returns (Accumulator[] memory sums) {
        sums = new Accumulator[](_circuits());
        for (uint256 i = 0; i < sums.length; ++i) {
            sums[i].key = _circuitKey(i);
            sums[i].scalars = new uint256[](sums[i].key.ic.length / 2);
        }
    }

    /// @dev 128 bits, so that the sum over the statements of any call is far below 2^256.
    function _challenge(uint256 seed, uint256 index) private pure returns (uint256 r) {
        // Assembly: two words in scratch space instead of an allocation for each statement.
        assembly ("memory-safe") {
            mstore(0x00, seed)
            mstore(0x20, index)
            r := shr(128, keccak256(0x00, 0x40))
        }
    }

    /**
     * @dev Adds statement number `index`, at byte `offset`, to the sums, and writes its pair (rA, B).
     * @return next Offset of the statement after it.
     */
    function _absorb(
        bytes calldata statements,
        uint256 offset,
        uint256 index,
        uint256 r,
        Accumulator[] memory sums,
        uint256 pair
    ) private view returns (uint256 next) {
        if (statements.length - offset < WORD) revert TruncatedStatement(index, statements.length - offset, WORD);
        uint256 words;
        assembly ("memory-safe") {
            words := add(statements.offset, offset)
        }
        uint256 circuit = _word(words);
        if (circuit >= sums.length) revert UnknownCircuit(index, circuit);
        Accumulator memory sum = sums[circuit];

        next = offset + (HEAD_WORDS + sum.scalars.length - 1) * WORD;
        if (next > statements.length) revert TruncatedStatement(index, statements.length - offset, next - offset);

        _absorbInputs(sum.scalars, words + HEAD_WORDS * WORD, index, r);
        _absorbProof(sum.c, words + WORD, index, r, pair);
    }

    /// @param inputs Position of the inputs in calldata.
    function _absorbInputs(uint256[] memory scalars, uint256 inputs, uint256 index, uint256 r) private pure {
        uint256 count = scalars.length - 1;
        uint256 badInput = type(uint256).max;
        // Assembly: this loop runs over every public input of every statement; checked indexing would cost three times as much.
        assembly ("memory-safe") {
            let scalar := add(scalars, WORD)
            mstore(scalar, addmod(mload(scalar), r, R))
            for { let i := 0 } lt(i, count) { i := add(i, 1) } {
                let value := calldataload(add(inputs, shl(5, i)))
                if iszero(lt(value, R)) {
                    badInput := i
                    break
                }
                scalar := add(scalar, WORD)
                mstore(scalar, addmod(mload(scalar), mulmod(r, value, R), R))
            }
        }
        if (badInput != type(uint256).max) revert InputNotInField(index, badInput, _word(inputs + badInput * WORD));
    }

    /// @param proof Position of the proof in calldata.
    function _absorbProof(uint256[2] memory c, uint256 proof, uint256 index, uint256 r, uint256 pair) private view {
        bool valid;
        // Assembly: precompiles, whose inputs are written where they are needed.
        assembly ("memory-safe") {
            let scratch := mload(0x40)
            // rA, as the first half of the pair
            calldatacopy(scratch, proof, 0x40)
            mstore(add(scratch, 0x40), r)
            valid := staticcall(gas(), 0x07, scratch, 0x60, pair, 0x40)
            // B, as the second half
            calldatacopy(add(pair, 0x40), add(proof, 0x40), 0x80)
            // c + rC
            calldatacopy(scratch, add(proof, 0xc0), 0x40)
            valid := and(valid, staticcall(gas(), 0x07, scratch, 0x60, scratch, 0x40))
            mcopy(add(scratch, 0x40), c, 0x40)
            valid := and(valid, staticcall(gas(), 0x06, scratch, 0x80, c, 0x40))
        }
        if (!valid) revert InvalidPoint(index);
    }

    /**
     * @dev Writes the pairs of the right-hand side, negated.
     * @param minusSumOfR −Σ rᵢ mod R.
     * @return pair Position after the last pair.
     */
    function _absorbKeys(
        Accumulator[] memory sums,
        uint256 minusSumOfR,
        uint256 pair
    ) private view returns (uint256) {
        Phase1Key memory phase1 = _phase1Key();
        _writePair(pair, _multiply(phase1.alpha, minusSumOfR), phase1.beta);
        pair += PAIR_BYTES;

        uint256[2] memory vkX;
        for (uint256 i = 0; i < sums.length; ++i) {
            uint256[] memory ic = sums[i].key.ic;
            uint256[] memory scalars = sums[i].scalars;
            // A circuit without a statement has only zero scalars, and C at infinity.
            if (scalars[0] == 0) continue;
            for (uint256 j = 0; j < scalars.length; ++j) {
                _add(vkX, _multiply([ic[2 * j], ic[2 * j + 1]], scalars[j]));
            }
            _writePair(pair, _negate(sums[i].c), sums[i].key.delta);
            pair += PAIR_BYTES;
        }
        _writePair(pair, _negate(vkX), phase1.gamma);
        return pair + PAIR_BYTES;
    }

    function _writePair(uint256 pair, uint256[2] memory g1, uint256[4] memory g2) private pure {
        assembly ("memory-safe") {
            mcopy(pair, g1, 0x40)
            mcopy(add(pair, 0x40), g2, 0x80)
        }
    }

    /// @dev Only for points of the keys and sums of points, which are valid.
    function _multiply(uint256[2] memory point, uint256 scalar) private view returns (uint256[2] memory product) {
        uint256[3] memory input = [point[0], point[1], scalar];
        assembly ("memory-safe") {
            if iszero(staticcall(gas(), 0x07, input, 0x60, product, 0x40)) {
                revert(0, 0)
            }
        }
    }

    /// @dev sum += point, for valid points.
    function _add(uint256[2] memory sum, uint256[2] memory point) private view {
        uint256[4] memory input = [sum[0], sum[1], point[0], point[1]];
        assembly ("memory-safe") {
            if iszero(staticcall(gas(), 0x06, input, 0x80, sum, 0x40)) {
                revert(0, 0)
            }
        }
    }

    /// @dev For infinity, (0, 0), too.
    function _negate(uint256[2] memory point) private pure returns (uint256[2] memory) {
        return [point[0], point[1] == 0 ? 0 : Q - point[1]];
    }

    /// @return holds False also if a point is invalid.
    function _pairingHolds(uint256 pairs, uint256 length) private view returns (bool holds) {
        assembly ("memory-safe") {
            let success := staticcall(gas(), 0x08, pairs, length, 0x00, 0x20)
            holds := and(success, eq(mload(0x00), 1))
        }
    }

    function _data(bytes memory array) private pure returns (uint256 position) {
        assembly ("memory-safe") {
            position := add(array, WORD)
        }
    }

    function _word(uint256 position) private pure returns (uint256 word) {
        assembly ("memory-safe") {
            word := calldataload(position)
        }
    }
}

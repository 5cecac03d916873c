// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { IRollup } from "../../../contracts/interfaces/IRollup.sol";
import { MigrationVerifyingKey } from "../../../contracts/verification/keys/MigrationVerifyingKey.sol";
import { Test } from "../helpers/Test.sol";

/**
 * @notice Migrations as an honest prover makes them. Written from docs/enforcement.md §5, without the contracts' code.
 * @dev Values that only the circuit knows are invented (roots and commitments are hashes), and
 *      `MockEnforcementVerifier` accepts a proof for exactly the public signals that were derived here. Functions
 *      called through `this` would otherwise be inlined beyond the depth of the stack.
 */
abstract contract MigrationModel is Test {
    uint256 internal constant PRIME = 21888242871839275222246405745257275088548364400416034343698204186575808495617;

    // Base8 of BabyJubJub: the key of every account here.
    uint256 internal constant X = 5299619240641551281634865583518297030282874472190772894086521144482721001553;
    uint256 internal constant Y = 16950150798460657717958625567821834550301663161624707787222815936182638968203;

    uint256 internal constant MIGRANTS = MigrationVerifyingKey.MIGRANTS;
    uint256 internal constant MAX_BYTES = 93 * MIGRANTS;

    /**
     * Somebody's move.
     * @param from Account in the source; 0 for a move that is not valid.
     * @param token Id in the source.
     * @param to Id of the same token in the target.
     */
    struct Migrant {
        uint32 from;
        uint16 token;
        uint16 to;
        uint128 balance;
        address owner;
    }

    struct Migration {
        uint256[8] proof;
        uint256[17] signals;
        bytes moves;
        bytes arrivals;
    }

    /// @dev The migration of these migrants on the last proven state of `source`.
    function migrationOf(
        IRollup source,
        address target,
        uint128 tokens,
        Migrant[] memory migrants,
        address worker
    ) internal view returns (Migration memory migration) {
        (migration.moves, migration.arrivals) = (movesOf(migrants), arrivalsOf(migrants));
        uint256[17] memory signals = migration.signals;
        uint256[4] memory totals = this.totalsOf(tokens, migrants);
        for (uint256 pair = 0; pair < 4; ++pair) signals[2 + pair] = totals[pair];
        signals[10] = source.stateRoot();
        signals[11] = source.DOMAIN();
        signals[12] = uint160(target);
        signals[13] = tokens;
        signals[16] = uint160(worker);
        complete(migration);
    }

    /// @return totals By pair.
    function totalsOf(uint128 tokens, Migrant[] memory migrants) public pure returns (uint256[4] memory totals) {
        for (uint256 i = 0; i < migrants.length; ++i) {
            if (migrants[i].from != 0) totals[pairOf(tokens, migrants[i])] += migrants[i].balance;
        }
    }

    /// @dev Derives from data, state and totals the signals that follow from them, and proves.
    function complete(Migration memory migration) internal pure {
        uint256[17] memory signals = migration.signals;
        signals[0] = uint256(keccak256(abi.encode("root", signals[10], migration.moves))) % PRIME;
        signals[1] = uint256(keccak256(abi.encode("arrivals", migration.arrivals))) % PRIME;
        (signals[6], signals[14], signals[7]) = open(migration.moves);
        (signals[8], signals[15], signals[9]) = open(migration.arrivals);
        migration.proof = proofOf(signals);
    }

    function proofOf(uint256[17] memory signals) internal pure returns (uint256[8] memory proof) {
        proof[0] = uint256(keccak256(abi.encodePacked(uint256(1), signals)));
    }

    /// @return commitment Invented; a zero slot at the end changes nothing.
    /// @return point docs/protocol.md §7.
    /// @return evaluation Of the slots at the point.
    function open(bytes memory slots) internal pure returns (uint256 commitment, uint256 point, uint256 evaluation) {
        commitment = uint256(keccak256(padded(slots))) % PRIME;
        point = uint256(keccak256(abi.encode(keccak256(slots), commitment))) % PRIME;
        evaluation = evaluationAt(slots, point);
    }

    /// @return evaluation Σ chunkᵢ·zⁱ, with the powers of z computed one by one.
    function evaluationAt(bytes memory slots, uint256 z) internal pure returns (uint256 evaluation) {
        bytes memory data = padded(slots);
        uint256 power = 1;
        for (uint256 start = 0; start < MAX_BYTES; start += 31) {
            uint256 chunk;
            for (uint256 k = 0; k < 31; ++k) chunk = chunk * 256 + uint8(data[start + k]);
            evaluation = addmod(evaluation, mulmod(chunk, power, PRIME), PRIME);
            power = mulmod(power, z, PRIME);
        }
    }

    function padded(bytes memory slots) private pure returns (bytes memory data) {
        data = new bytes(MAX_BYTES);
        for (uint256 i = 0; i < slots.length; ++i) data[i] = slots[i];
    }

    /// @dev Signed moves; the signatures are invented.
    function movesOf(Migrant[] memory migrants) internal pure returns (bytes memory moves) {
        for (uint256 i = 0; i < migrants.length; ++i) {
            Migrant memory migrant = migrants[i];
            uint256 h = uint256(keccak256(abi.encode(migrant))) >> 2;
            moves = abi.encodePacked(
                moves,
                migrant.from,
                uint32(migrant.to),
                migrant.token,
                uint128(0),
                bytes3(0),
                (uint256(2) << 249) | (h >> 5),
                (h << 251) | 1
            );
        }
    }

    /// @dev The deposits that would make the accounts; zeros where nobody arrives.
    function arrivalsOf(Migrant[] memory migrants) internal pure returns (bytes memory arrivals) {
        for (uint256 i = 0; i < migrants.length; ++i) {
            Migrant memory migrant = migrants[i];
            bytes memory slot = new bytes(93);
            if (migrant.from != 0) {
                slot = abi.encodePacked(
                    uint64(0),
                    migrant.to,
                    migrant.balance,
                    bytes3(0),
                    Y >> 5,
                    (Y << 251) | ((X % 2) << 160) | uint160(migrant.owner)
                );
            }
            arrivals = bytes.concat(arrivals, slot);
        }
    }

    /// @dev First pair of the migrant's token.
    function pairOf(uint128 tokens, Migrant memory migrant) internal pure returns (uint256 pair) {
        while (uint32(tokens >> (32 * pair)) != uint32(migrant.token) + uint32(migrant.to) * 2 ** 16) ++pair;
    }

    /// @dev Four pairs of ids, in the source and in the target.
    function tokensOf(uint16[4] memory sources, uint16[4] memory targets) internal pure returns (uint128 tokens) {
        for (uint256 i = 0; i < 4; ++i) {
            tokens |= uint128(uint256(sources[i]) + uint256(targets[i]) * 2 ** 16) << uint128(32 * i);
        }
    }
}

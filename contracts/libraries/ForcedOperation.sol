// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/**
 * @title ForcedOperation
 * @notice Encodes the 93 bytes of a forced operation. L1 writes them into the queue, and a batch repeats them
 *         (docs/protocol.md §3).
 *
 *   from 32 | to 32 | token 16 | amount 128 | zero 26 | flags 5 | keyY 254 | fee 90 | keySign 1 | l1Address 160
 */
library ForcedOperation {
    uint256 internal constant SLOT_BYTES = 93;

    uint256 private constant ADDRESS_BITS = 160;
    uint256 private constant FEE_OFFSET = 161;
    uint256 private constant KEY_OFFSET = 251;
    uint256 private constant FEE_MASK = (1 << 90) - 1;

    /// @dev Bits of the slot's middle word: its highest are 2 of `zero`, then `flags`, then all but 5 of `keyY`.
    uint256 private constant FLAGS_OFFSET = 249;
    uint256 private constant KEY_TAIL_BITS = 5;

    /// @dev Flags of the operations that are not deposits, transfers or exits (docs/enforcement.md §6).
    uint8 internal constant DEPARTURE = 2;
    uint8 internal constant ARRIVAL = 4;

    /**
     * @notice Holds the fields of a forced operation.
     * @param from Account that is debited; 0 for a deposit.
     * @param to Account that is credited; 0 for an exit, or, with `from` 0, for a new account.
     * @param token Id of the token.
     * @param amount Amount in the token's smallest unit; of a departure, wei for its proof. In an arrival, `from`,
     *        `to`, `token` and `amount` hold the first 26 bytes of the hash of its arrivals instead.
     * @param flags Kind of the operation: 0, `DEPARTURE` or `ARRIVAL`.
     * @param keyX Affine x of the new account's key, canonical; 0 if there is no new account.
     * @param keyY Affine y of the key; of a departure a hash of 248 bits, of an arrival the root of its accounts.
     * @param fee Fee in wei, below 2^90.
     * @param l1Address Account that authorises the operation, or owns the new account, or receives the refund.
     */
    struct Fields {
        uint32 from;
        uint32 to;
        uint16 token;
        uint128 amount;
        uint8 flags;
        uint256 keyX;
        uint256 keyY;
        uint96 fee;
        address l1Address;
    }

    /// @dev Returns the 93 bytes of an operation.
    function encode(Fields memory op) internal pure returns (bytes memory) {
        // The key straddles the last two words: its lowest 5 bits are the highest of the last one.
        uint256 tail =
            (op.keyY << KEY_OFFSET) |
                (uint256(op.fee) << FEE_OFFSET) |
                ((op.keyX & 1) << ADDRESS_BITS) |
                uint160(op.l1Address);
        uint256 middle = (uint256(op.flags) << FLAGS_OFFSET) | (op.keyY >> KEY_TAIL_BITS);
        return abi.encodePacked(op.from, op.to, op.token, op.amount, uint24(0), middle, tail);
    }

    /// @dev Reads an operation.
    /// @param slot Bytes that `encode` returned.
    /// @return op Fields of the operation; `keyX` is the parity of the key's x.
    function decode(bytes calldata slot) internal pure returns (Fields memory op) {
        uint256 middle = uint256(bytes32(slot[29:61]));
        uint256 tail = uint256(bytes32(slot[61:SLOT_BYTES]));
        op.from = uint32(bytes4(slot[0:4]));
        op.to = uint32(bytes4(slot[4:8]));
        op.token = uint16(bytes2(slot[8:10]));
        op.amount = uint128(bytes16(slot[10:26]));
        op.flags = uint8(middle >> FLAGS_OFFSET) & 0x1f;
        op.keyX = (tail >> ADDRESS_BITS) & 1;
        op.keyY = ((middle & ((1 << FLAGS_OFFSET) - 1)) << KEY_TAIL_BITS) | (tail >> KEY_OFFSET);
        op.fee = uint96((tail >> FEE_OFFSET) & FEE_MASK);
        op.l1Address = address(uint160(tail));
    }

    /**
     * @notice Writes the hash of arrivals into an arrival. It begins the slot, in the place of `from`, `to`, `token`
     *         and `amount`, where a leaf ignores it.
     */
    function bindArrivals(Fields memory op, bytes32 hash) internal pure {
        op.from = uint32(bytes4(hash));
        op.to = uint32(bytes4(hash << 32));
        op.token = uint16(bytes2(hash << 64));
        op.amount = uint128(bytes16(hash << 80));
    }

    /**
     * @dev Returns the first 208 bits of `keccak256(arrivals)`. A collision costs about 2^104 hashes (`HashAndTime`
     *      says why that is enough).
     * @param slot Bytes of an arrival.
     */
    function arrivalsHashOf(bytes calldata slot) internal pure returns (bytes26) {
        return bytes26(slot[0:26]);
    }

    /// @dev Reads the fee of an operation.
    /// @param slot Bytes of the operation.
    /// @return fee Fee in wei, below 2^90.
    function feeOf(bytes calldata slot) internal pure returns (uint256 fee) {
        return (uint256(bytes32(slot[SLOT_BYTES - 32:SLOT_BYTES])) >> FEE_OFFSET) & FEE_MASK;
    }

    /// @dev Returns the rolling hash of the queue after `slot`. An entry keeps its first 216 bits.
    function chain(bytes27 previous, bytes memory slot) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(previous, slot));
    }
}

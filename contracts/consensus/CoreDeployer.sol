// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { LowLevelCall } from "@openzeppelin/contracts/utils/LowLevelCall.sol";
import { Hashes } from "@openzeppelin/contracts/utils/cryptography/Hashes.sol";

import { ICoreDeployer } from "../interfaces/ICoreDeployer.sol";
import { IRollup } from "../interfaces/IRollup.sol";
import { CircuitSizes } from "../libraries/CircuitSizes.sol";
import { CoreRules } from "../libraries/CoreRules.sol";
import { Domain } from "../libraries/Domain.sol";
import { LeafVerifyingKey } from "../verification/keys/LeafVerifyingKey.sol";

/// @title CoreDeployer
/// @notice Deploys the core of a consensus.
abstract contract CoreDeployer is ICoreDeployer {
    // ─── Constants ───────────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev Of the constructor of the core: its root, its slots, and the six words of its parameters.
    uint256 private constant ARGUMENT_BYTES = 8 * 0x20;

    // ─── Immutables ──────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc ICoreDeployer
    IRollup public immutable ROLLUP;

    /// @inheritdoc ICoreDeployer
    bytes32 public immutable CORE_HASH;

    /// @dev That of the core.
    uint256 internal immutable DOMAIN;

    // ─── Constructor ─────────────────────────────────────────────────────────────────────────────────────────────────

    /**
     * @param coreCodeHash keccak256 of the core's creation code, without arguments.
     * @param nonce Number of contracts that this one has deployed when it deploys the core, that one included; below
     *        128.
     */
    constructor(IRollup.CoreParameters memory core, bytes32 coreCodeHash, uint8 nonce) {
        CircuitSizes.requireOneProfile();
        CoreRules.requireValid(core);
        bytes memory arguments = abi.encode(LeafVerifyingKey.GENESIS_STATE_ROOT, LeafVerifyingKey.SLOTS, core);
        assert(arguments.length == ARGUMENT_BYTES);
        CORE_HASH = Hashes.efficientKeccak256(coreCodeHash, keccak256(arguments));
        // CREATE takes the last 20 bytes of the hash of RLP([creator, nonce]).
        address rollup = address(uint160(uint256(keccak256(abi.encodePacked(hex"d694", address(this), nonce)))));
        ROLLUP = IRollup(rollup);
        DOMAIN = Domain.ofCore(rollup);
    }

    // ─── External ────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc ICoreDeployer
    function deployCore(bytes calldata initCode) external {
        (bytes32 expected, bytes32 given) = (CORE_HASH, 0);
        address created;
        // Assembly: Solidity creates contracts only of code that it contains. The scratch space is free for two hashes.
        assembly ("memory-safe") {
            let code := mload(0x40)
            calldatacopy(code, initCode.offset, initCode.length)
            let size := mul(sub(initCode.length, ARGUMENT_BYTES), gt(initCode.length, ARGUMENT_BYTES))
            mstore(0, keccak256(code, size))
            mstore(0x20, keccak256(add(code, size), sub(initCode.length, size)))
            given := keccak256(0, 0x40)
            if eq(given, expected) {
                created := create(0, code, initCode.length)
            }
        }
        if (given != expected) revert WrongCoreCode(given, expected);
        if (created == address(0)) LowLevelCall.bubbleRevert();
        // The address is that of the first core, so any other is that of a second one.
        if (created != address(ROLLUP)) revert CoreExists();
        emit CoreDeployed(ROLLUP);
        _begin();
    }

    // ─── Internal ────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev Called once, when the core is there.
    function _begin() internal virtual;
}

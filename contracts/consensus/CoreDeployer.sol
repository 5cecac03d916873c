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
        CORE_HASH = Hashes.efficientKeccak256(coreCodeHash, keccak256(arguments));
        // CREATE takes the last 20 bytes of the hash of RLP([creator, nonce]).
        address rollup = address(uint160(uint256(keccak256(abi.encodePacked(hex"d694", address(this), nonce)))));
        ROLLUP = IRollup(rollup);
        DOMAIN = Domain.ofCore(rollup);
    }

    // ─── External ────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc ICoreDeployer
    function deployCore(bytes calldata code, bytes calldata arguments) external {
        if (address(ROLLUP).code.length > 0) revert CoreExists(ROLLUP);
        bytes32 given = Hashes.efficientKeccak256(keccak256(code), keccak256(arguments));
        if (given != CORE_HASH) revert WrongCoreCode(given, CORE_HASH);

        bytes memory initCode = bytes.concat(code, arguments);
        address created;
        // Assembly: Solidity creates contracts only of code that it contains.
        assembly ("memory-safe") {
            created := create(0, add(initCode, 0x20), mload(initCode))
        }
        if (created == address(0)) LowLevelCall.bubbleRevert();
        assert(created == address(ROLLUP));
        emit CoreDeployed(ROLLUP);
        _begin();
    }

    // ─── Internal ────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev Called once, when the core is there.
    function _begin() internal virtual;
}

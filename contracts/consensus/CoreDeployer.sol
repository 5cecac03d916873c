// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { LowLevelCall } from "@openzeppelin/contracts/utils/LowLevelCall.sol";
import { Hashes } from "@openzeppelin/contracts/utils/cryptography/Hashes.sol";
import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";

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

    /// @dev The core's (`IL2State.DOMAIN`).
    uint256 internal immutable DOMAIN;

    // ─── Constructor ─────────────────────────────────────────────────────────────────────────────────────────────────

    /**
     * @param core Parameters that a core takes: those that its constructor refuses are refused here, so that no consensus
     *        is left without a core.
     * @param coreCodeHash keccak256 of the core's creation code, linked and without arguments.
     * @param nonce Number of contracts that this one has created once the core is there; below 128.
     */
    constructor(IRollup.CoreParameters memory core, bytes32 coreCodeHash, uint8 nonce) {
        CircuitSizes.requireOneProfile();
        CoreRules.requireValid(LeafVerifyingKey.SLOTS, core);
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
        bytes32 given = _hashOf(initCode);
        if (given != CORE_HASH) revert WrongCoreCode(given, CORE_HASH);
        // Not an error: a stranger who comes first must not make the deployer's own call fail.
        if (address(ROLLUP).code.length > 0) return;

        bytes memory code = initCode;
        address created;
        // Assembly: Solidity creates contracts only of code that it contains.
        assembly ("memory-safe") {
            created := create(0, add(code, 0x20), mload(code))
        }
        if (created == address(0)) LowLevelCall.bubbleRevert();
        // The constructor of the core calls views only, so nothing else was created meanwhile.
        assert(created == address(ROLLUP));
        emit CoreDeployed(ROLLUP);
        _begin();
    }

    // ─── Internal ────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev Called once, when the core is there.
    function _begin() internal virtual;

    // ─── Private ─────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev As `CORE_HASH`. What is too short for arguments is taken for arguments only.
    function _hashOf(bytes calldata initCode) private pure returns (bytes32) {
        (, uint256 size) = Math.trySub(initCode.length, ARGUMENT_BYTES);
        return Hashes.efficientKeccak256(keccak256(initCode[:size]), keccak256(initCode[size:]));
    }
}

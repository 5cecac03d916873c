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

    /// @dev Bytes of the arguments of the core's constructor: root, slots, and the six words of its parameters.
    uint256 private constant ARGUMENT_BYTES = 8 * 0x20;

    // ─── Immutables ──────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc ICoreDeployer
    IRollup public immutable ROLLUP;

    /// @inheritdoc ICoreDeployer
    bytes32 public immutable CORE_HASH;

    /// @dev Domain of the core (`IL2State.DOMAIN`).
    uint256 internal immutable DOMAIN;

    // ─── Constructor ─────────────────────────────────────────────────────────────────────────────────────────────────

    /**
     * @param core Parameters of the core. Parameters that the core's constructor rejects are rejected here, so that no
     *        consensus is left without a core.
     * @param coreCodeHash keccak256 of the core's creation code, linked and without arguments.
     * @param nonce Number of contracts that this contract has created after the core; below 128.
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
        (address core, bytes32 expected) = (address(ROLLUP), CORE_HASH);
        bytes32 given;
        address created;
        // Assembly: Solidity creates contracts only from code that it contains. The code goes to free memory, and the
        // two hashes go to the scratch space. An `initCode` that is not longer than the arguments has no code.
        assembly ("memory-safe") {
            let code := mload(0x40)
            calldatacopy(code, initCode.offset, initCode.length)
            let size := mul(sub(initCode.length, ARGUMENT_BYTES), gt(initCode.length, ARGUMENT_BYTES))
            mstore(0, keccak256(code, size))
            mstore(0x20, keccak256(add(code, size), sub(initCode.length, size)))
            given := keccak256(0, 0x40)
            if eq(given, expected) {
                if iszero(extcodesize(core)) {
                    created := create(0, code, initCode.length)
                }
            }
        }
        if (given != expected) revert WrongCoreCode(given, expected);
        if (created == address(0)) {
            if (core.code.length == 0) LowLevelCall.bubbleRevert();
            // No error: a stranger who deploys the core first must not make the deployer's own call fail.
            return;
        }
        // The constructor of the core calls views only, so it created no other contract.
        assert(created == core);
        emit CoreDeployed(IRollup(core));
        _begin();
    }

    // ─── Internal ────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev Starts the consensus. Called once, after the deployment of the core.
    function _begin() internal virtual;
}

// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { B52 } from "../../../contracts/consensus/b52/B52.sol";
import { ProofOfEfficiency } from "../../../contracts/consensus/poe/ProofOfEfficiency.sol";
import { IProofOfEfficiency } from "../../../contracts/interfaces/IProofOfEfficiency.sol";
import { IProverRegistry } from "../../../contracts/interfaces/IProverRegistry.sol";
import { IRollup } from "../../../contracts/interfaces/IRollup.sol";
import { Rollup } from "../../../contracts/rollup/Rollup.sol";
import { NativeToken } from "../../../contracts/token/NativeToken.sol";
import { B52Parameters } from "../../../contracts/types/B52Parameters.sol";
import { VM } from "./Vm.sol";

/**
 * @notice Deploys contracts from their artifacts. A test that makes a contract with `new` contains its code, which
 *         solc then makes again for each such test; here it is the code that the build has made, linked by the runner.
 */
library Deploy {
    function rollup(
        uint256 genesisStateRoot,
        uint256 slots,
        IRollup.CoreParameters memory core
    ) internal returns (Rollup) {
        return Rollup(create("Rollup.sol:Rollup", abi.encode(genesisStateRoot, slots, core)));
    }

    function proofOfEfficiency(
        IRollup.CoreParameters memory core,
        IProofOfEfficiency.Parameters memory parameters,
        bytes32 coreCodeHash
    ) internal returns (ProofOfEfficiency) {
        bytes memory arguments = abi.encode(core, parameters, coreCodeHash);
        return ProofOfEfficiency(create("ProofOfEfficiency.sol:ProofOfEfficiency", arguments));
    }

    function b52(
        IRollup.CoreParameters memory core,
        B52Parameters memory parameters,
        IProverRegistry.StakingParameters memory staking,
        bytes32 coreCodeHash
    ) internal returns (B52) {
        return B52(create("B52.sol:B52", abi.encode(core, parameters, staking, coreCodeHash)));
    }

    function nativeToken(uint256 supply, address holder) internal returns (NativeToken) {
        return NativeToken(create("NativeToken.sol:NativeToken", abi.encode("Native", "NTV", supply, holder)));
    }

    /// @param name File and contract, as `Rollup.sol:Rollup`.
    /// @return Its creation code, without arguments.
    function codeOf(string memory name) internal view returns (bytes memory) {
        return VM.getCode(name);
    }

    /// @dev Reverts as the constructor does.
    function create(string memory name, bytes memory arguments) internal returns (address deployed) {
        bytes memory initCode = bytes.concat(codeOf(name), arguments);
        // Solidity has no other way to create a contract of code that it does not know.
        assembly ("memory-safe") {
            deployed := create(0, add(initCode, 0x20), mload(initCode))
            if iszero(deployed) {
                let data := mload(0x40)
                returndatacopy(data, 0, returndatasize())
                revert(data, returndatasize())
            }
        }
    }
}

// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { ERC20Burnable } from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Burnable.sol";
import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { IERC20Permit } from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";

import { IB52Blocks } from "../../../../contracts/interfaces/IB52Blocks.sol";
import { IB52Defaults } from "../../../../contracts/interfaces/IB52Defaults.sol";
import { IB52Rounds } from "../../../../contracts/interfaces/IB52Rounds.sol";
import { IB52Settlement } from "../../../../contracts/interfaces/IB52Settlement.sol";
import { ICustody } from "../../../../contracts/interfaces/ICustody.sol";
import { IEscapeHatch } from "../../../../contracts/interfaces/IEscapeHatch.sol";
import { IExits } from "../../../../contracts/interfaces/IExits.sol";
import { IForcedQueue } from "../../../../contracts/interfaces/IForcedQueue.sol";
import { IMigration } from "../../../../contracts/interfaces/IMigration.sol";
import { INativeBalances } from "../../../../contracts/interfaces/INativeBalances.sol";
import { IProofOfEfficiency } from "../../../../contracts/interfaces/IProofOfEfficiency.sol";
import { IProverRegistry } from "../../../../contracts/interfaces/IProverRegistry.sol";
import { IRollup } from "../../../../contracts/interfaces/IRollup.sol";

/**
 * @notice Every function of the system that changes anything. `systemFunctions.test.ts` compares the list with the
 *         contracts' interfaces.
 */
abstract contract SystemFunctions {
    struct Function {
        string contractName;
        string name;
        bytes4 selector;
    }

    Function[] internal functions;

    constructor() {
        add("ProofOfEfficiency", "deposit", INativeBalances.deposit.selector);
        add("ProofOfEfficiency", "depositWithPermit", INativeBalances.depositWithPermit.selector);
        add("ProofOfEfficiency", "withdraw", INativeBalances.withdraw.selector);
        add("ProofOfEfficiency", "sequence", IProofOfEfficiency.sequence.selector);
        add("ProofOfEfficiency", "verify", IProofOfEfficiency.verify.selector);
        add("ProofOfEfficiency", "verifyJointly", IProofOfEfficiency.verifyJointly.selector);
        add("ProofOfEfficiency", "sequenceAndVerify", IProofOfEfficiency.sequenceAndVerify.selector);
        add("ProofOfEfficiency", "refundBatch", IProofOfEfficiency.refundBatch.selector);

        add("B52", "deposit", INativeBalances.deposit.selector);
        add("B52", "depositWithPermit", INativeBalances.depositWithPermit.selector);
        add("B52", "withdraw", INativeBalances.withdraw.selector);
        add("B52", "fundPool", IB52Settlement.fundPool.selector);
        add("B52", "commit", IB52Rounds.commit.selector);
        add("B52", "submit", IB52Blocks.submit.selector);
        add("B52", "advanceState", IB52Settlement.advanceState.selector);
        add("B52", "settle", IB52Rounds.settle.selector);
        add("B52", "payRewards", IB52Settlement.payRewards.selector);
        add("B52", "defend", IB52Defaults.defend.selector);
        add("B52", "slash", IB52Defaults.slash.selector);
        add("B52", "demandVotes", IB52Defaults.demandVotes.selector);
        add("B52", "showVotes", IB52Defaults.showVotes.selector);
        add("B52", "closeDemand", IB52Defaults.closeDemand.selector);
        add("B52", "burn", IB52Settlement.burn.selector);

        add("Rollup", "registerToken", ICustody.registerToken.selector);
        add("Rollup", "withdraw", ICustody.withdraw.selector);
        add("Rollup", "deposit", IForcedQueue.deposit.selector);
        add("Rollup", "topUp", IForcedQueue.topUp.selector);
        add("Rollup", "forceTransfer", IForcedQueue.forceTransfer.selector);
        add("Rollup", "forceExit", IForcedQueue.forceExit.selector);
        add("Rollup", "advance", IRollup.advance.selector);
        add("Rollup", "claim", IExits.claim.selector);
        add("Rollup", "freeze", IEscapeHatch.freeze.selector);
        add("Rollup", "escape", IEscapeHatch.escape.selector);
        add("Rollup", "refund", IEscapeHatch.refund.selector);
        add("Rollup", "requestDeparture", IMigration.requestDeparture.selector);
        add("Rollup", "depart", IMigration.depart.selector);
        add("Rollup", "deliver", IMigration.deliver.selector);
        add("Rollup", "reclaim", IMigration.reclaim.selector);
        add("Rollup", "arrive", IMigration.arrive.selector);
        add("Rollup", "refundArrival", IMigration.refundArrival.selector);

        add("ProverRegistry", "join", IProverRegistry.join.selector);
        add("ProverRegistry", "leaveRegistry", IProverRegistry.leaveRegistry.selector);
        add("ProverRegistry", "withdrawStake", IProverRegistry.withdrawStake.selector);
        add("ProverRegistry", "slash", IProverRegistry.slash.selector);

        add("NativeToken", "transfer", IERC20.transfer.selector);
        add("NativeToken", "transferFrom", IERC20.transferFrom.selector);
        add("NativeToken", "approve", IERC20.approve.selector);
        add("NativeToken", "permit", IERC20Permit.permit.selector);
        add("NativeToken", "burn", ERC20Burnable.burn.selector);
        add("NativeToken", "burnFrom", ERC20Burnable.burnFrom.selector);
    }

    function add(string memory contractName, string memory name, bytes4 selector) private {
        functions.push(Function(contractName, name, selector));
    }
}

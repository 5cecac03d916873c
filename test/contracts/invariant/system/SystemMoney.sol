// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { ERC20Burnable } from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Burnable.sol";
import { ERC20Permit } from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";
import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { IERC20Errors } from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";

import { ICustody } from "../../../../contracts/interfaces/ICustody.sol";
import { INativeBalances } from "../../../../contracts/interfaces/INativeBalances.sol";
import { MockToken } from "../../../../contracts/mocks/MockToken.sol";
import { SystemRewards } from "./SystemRewards.sol";

/// @notice Balances with either consensus, the native token itself, and the registration of tokens.
abstract contract SystemMoney is SystemRewards {
    bytes32 private constant PERMIT_TYPE = keccak256(
        "Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)"
    );
    uint256 private constant TOKEN_FEE = 0.1 ether;
    /// @dev Never approves anything.
    uint256 private constant STRANGER = 99;

    // ─── Actions: balances ───────────────────────────────────────────────────────────────────────────────────────────

    function depositBalance(uint256 which, uint256 who, uint256 amount, bool isTooMuch) external acts {
        (address consensus, address actor) = (consensusAt(which), actors[who % 4]);
        amount = bound(amount, 0, 1e22);
        bytes memory refusal;
        if (isTooMuch && who % 3 == 0) (amount, refusal) = beyondWallet(actor);
        approve(actor, NATIVE, consensus, amount);
        attempt(actor, consensus, 0, abi.encodeCall(INativeBalances.deposit, (amount)), refusal);
        if (refusal.length == 0) move(NATIVE, wallet(actor), owned(consensus, actor), amount);
    }

    /// @dev A stranger's permit is not valid, and it has approved nothing.
    function depositWithPermit(uint256 which, uint256 who, uint256 amount, bool isStranger) external acts {
        (address consensus, uint256 key) = (consensusAt(which), 1 + (who % 4));
        if (isStranger && who % 3 == 0) key = STRANGER;
        address actor = vm.addr(key);
        amount = bound(amount, 1, 1e22);
        (uint8 v, bytes32 r, bytes32 s) = permit(key, consensus, amount, key == STRANGER ? 1 : 0);
        bytes memory data = abi.encodeCall(INativeBalances.depositWithPermit, (amount, type(uint256).max, v, r, s));
        bytes memory refusal;
        if (key == STRANGER) refusal = noAllowance(consensus, amount);
        attempt(actor, consensus, 0, data, refusal);
        if (refusal.length == 0) move(NATIVE, wallet(actor), owned(consensus, actor), amount);
    }

    function withdrawBalance(uint256 which, uint256 who, uint256 amount) public acts {
        (address consensus, address actor) = (consensusAt(which), actors[who % 4]);
        uint256 balance = bookedFor(NATIVE, consensus, purposeOf(actor));
        // Mostly a small part.
        amount = amount % 8 == 0 ? balance + 1 : bound(amount, 0, balance / 100);
        withdrawExactly(consensus, actor, amount);
    }

    // ─── Actions: tokens ─────────────────────────────────────────────────────────────────────────────────────────────

    function registerToken(uint256 which, uint256 who, bool isKnown) external acts {
        Core storage core = _cores[which % 2];
        bytes memory refusal;
        address added = isKnown ? address(token) : address(new MockToken());
        if (isKnown) {
            uint16 id = uint16(assetOf(which % 2, NATIVE));
            refusal = abi.encodeWithSelector(ICustody.TokenAlreadyRegistered.selector, added, id);
        }
        register(core, actors[who % 4], added, who % 3, refusal);
    }

    /// @param kind 0 transfer, 1 transferFrom, 2 approve, 3 burn, 4 burnFrom, 5 permit.
    function useToken(uint256 kind, uint256 who, uint256 amount, bool isRefused) external acts {
        kind %= 6;
        (address actor, address other) = (actors[who % 4], actors[((who % 4) + 1) % 4]);
        amount = bound(amount, 1, 1e20);
        if (kind == 5) return usePermit(1 + (who % 4), amount, isRefused);
        bytes memory refusal;
        if (isRefused) {
            if (kind == 0 || kind == 3) (amount, refusal) = beyondWallet(actor);
            else if (kind == 2) {
                refusal = abi.encodeWithSelector(IERC20Errors.ERC20InvalidSpender.selector, address(0));
            } else refusal = noAllowance(vm.addr(STRANGER), amount);
        }
        bytes memory data;
        if (kind == 0) data = abi.encodeCall(IERC20.transfer, (other, amount));
        if (kind == 1) data = abi.encodeCall(IERC20.transferFrom, (actor, other, amount));
        if (kind == 2) data = abi.encodeCall(IERC20.approve, (isRefused ? address(0) : other, 0));
        if (kind == 3) data = abi.encodeCall(ERC20Burnable.burn, (amount));
        if (kind == 4) data = abi.encodeCall(ERC20Burnable.burnFrom, (actor, amount));
        bool isByOther = kind == 1 || kind == 4;
        if (isByOther && !isRefused) approve(actor, NATIVE, other, amount);
        address caller =
            !isByOther
                ? actor
                : isRefused
                    ? vm.addr(STRANGER)
                    : other;
        attempt(caller, address(token), 0, data, refusal);
        if (isRefused || kind == 2) return;
        move(NATIVE, wallet(actor), kind > 2 ? burned() : wallet(other), amount);
    }

    // ─── Internal ────────────────────────────────────────────────────────────────────────────────────────────────────

    function consensusAt(uint256 which) internal view returns (address) {
        return which % 2 == 0 ? address(poe) : address(b52);
    }

    function withdrawExactly(address consensus, address actor, uint256 amount) internal {
        uint256 balance = bookedFor(NATIVE, consensus, purposeOf(actor));
        bytes memory refusal;
        if (amount > balance) {
            refusal = abi.encodeWithSelector(INativeBalances.InsufficientBalance.selector, actor, balance, amount);
        }
        attempt(actor, consensus, 0, abi.encodeCall(INativeBalances.withdraw, (amount)), refusal);
        if (refusal.length == 0) move(NATIVE, owned(consensus, actor), wallet(actor), amount);
    }

    /// @param surplus Wei too much, which come back.
    function register(Core storage core, address actor, address added, uint256 surplus, bytes memory refusal) internal {
        bytes memory data = abi.encodeCall(ICustody.registerToken, (added));
        attempt(actor, address(core.rollup), TOKEN_FEE + surplus, data, refusal);
        if (refusal.length > 0) return;
        ++core.tokenCount;
        move(ETH, wallet(actor), burned(), TOKEN_FEE);
    }

    // ─── Private ─────────────────────────────────────────────────────────────────────────────────────────────────────

    function usePermit(uint256 key, uint256 amount, bool isRefused) private {
        address spender = vm.addr(STRANGER - 1);
        (uint8 v, bytes32 r, bytes32 s) = permit(key, spender, amount, 0);
        uint256 deadline = isRefused ? 1 : type(uint256).max;
        bytes memory refusal;
        if (isRefused) refusal = abi.encodeWithSelector(ERC20Permit.ERC2612ExpiredSignature.selector, deadline);
        bytes memory data = abi.encodeCall(ERC20Permit.permit, (vm.addr(key), spender, amount, deadline, v, r, s));
        attempt(spender, address(token), 0, data, refusal);
    }

    /// @param ahead Added to the nonce: 0 for a permit that is valid.
    function permit(
        uint256 key,
        address spender,
        uint256 amount,
        uint256 ahead
    ) private view returns (uint8 v, bytes32 r, bytes32 s) {
        address owner = vm.addr(key);
        uint256 nonce = token.nonces(owner) + ahead;
        bytes32 hash = keccak256(abi.encode(PERMIT_TYPE, owner, spender, amount, nonce, type(uint256).max));
        return vm.sign(key, keccak256(abi.encodePacked(hex"1901", token.DOMAIN_SEPARATOR(), hash)));
    }

    function noAllowance(address spender, uint256 amount) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IERC20Errors.ERC20InsufficientAllowance.selector, spender, 0, amount);
    }
}

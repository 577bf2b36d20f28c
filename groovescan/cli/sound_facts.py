"""Facts about the sounds that a decode wrote."""

from __future__ import annotations

from typing import TYPE_CHECKING

from groovescan.outputs.decode_outputs import Outputs, sidecar_of

if TYPE_CHECKING:
    from groovescan.core.account import Account
    from groovescan.core.results import Decoded


def sound_facts(decoded: Decoded, outputs: Outputs) -> dict[str, str]:
    """Facts about the sounds, one each.

    Parameters
    ----------
    decoded : Decoded
        The result.
    outputs : Outputs
        Where everything went.

    Returns
    -------
    dict of str
        Names and facts.
    """
    from groovescan.wording.facts import lathe_facts

    account, facts = decoded.account, lathe_facts(decoded)
    if account is not None:
        facts |= _gap_facts(account)
    facts["sound"] = str(outputs.transfer)
    if outputs.restored is not None:
        facts["restored"] = str(outputs.restored)
    if outputs.removed is not None:
        facts["removed"] = str(outputs.removed)
    facts["sidecar"] = str(sidecar_of(outputs.transfer))
    if account is not None and account.notes:
        facts["note"] = "; ".join(account.notes)
    return facts


def _gap_facts(account: Account) -> dict[str, str]:
    facts = {}
    if len(account.gap_start_s):
        missing_s = float(account.gap_length_s.sum())
        length = f"{missing_s:.1f} s" if missing_s >= 1 else f"{1000 * missing_s:.3g} ms"
        what = "filled in" if account.filled else "left silent"
        facts["gaps"] = f"{len(account.gap_start_s)}, {length} in all, {what}"
    return facts

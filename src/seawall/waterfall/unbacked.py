"""A waterfall held against a book: what its layers name and the book has not, and who would be charged.

`plan.warnings` reads the plan alone; here it meets the accounts, assets and prices of one day.
"""

from __future__ import annotations

from collections.abc import Iterator

from seawall.core.book import KINDS, Book
from seawall.core.layers import LayerBase, MutualiseTerms
from seawall.core.market import Market
from seawall.core.parties import DEFICIT
from seawall.core.terms import Terms
from seawall.errors import Problem


def unbacked(terms: Terms, book: Book, market: Market | None = None) -> tuple[Problem, ...]:
    """Return what layers name and a book or market has not: they will pay nothing, or not all they could.

    unbacked_layer: an account. unknown_asset: an asset. missing_price: a price of what is to be sold, or
    of the loss that it is sold for. fund_is_user: a layer told as borne by funds charges a user.
    The account that penalties flow into is left out: liquidations fill it.
    """
    return tuple(problem for layer in terms.waterfall for problem in _unbacked(terms, layer, book, market))


def _unbacked(terms: Terms, layer: LayerBase, book: Book, market: Market | None) -> Iterator[Problem]:
    for code, message in (*_accounts(terms, layer, book), *_assets(layer, book, market)):
        yield Problem(code, message, f"{terms.venue}:waterfall.{layer.name}", "warning")


def _accounts(terms: Terms, layer: LayerBase, book: Book) -> Iterator[tuple[str, str]]:
    account = layer.draws_on
    if account not in ("", terms.split.fee_account):
        if account not in book.row_of and account not in book.children_of:
            yield "unbacked_layer", f"draws on {account}, which is not among the accounts"
        elif layer.borne_by == "funds" and _kind(book, account) == "user":
            yield "fund_is_user", f"draws on {account}, a user: a user bears it, though funds are said to"
    if isinstance(layer, MutualiseTerms):
        absent = [name for name in layer.members if name not in book.row_of]
        if absent:
            message = f"charges {', '.join(absent)}, not among the accounts: of the members, others pay all"
            alone = f"charges {', '.join(absent)}, not among the accounts: it can take nothing"
            yield "unbacked_layer", alone if len(absent) == len(layer.members) else message


def _assets(layer: LayerBase, book: Book, market: Market | None) -> Iterator[tuple[str, str]]:
    known, held = {asset.id for asset in book.assets}, layer.holds
    given = str(getattr(layer, "lot_asset", "") or getattr(layer, "claim_asset", ""))
    for asset in sorted({*layer.assets, held, given} - {""} - known):
        yield "unknown_asset", f"names {asset}, which is not among the assets ({', '.join(sorted(known))})"
    if market is None or held not in known:
        return
    basis = getattr(layer, "conversion", "oracle")
    owed = {name.removeprefix(DEFICIT) for name in book.row_of if name.startswith(DEFICIT)} - {held}
    wanted = {asset for asset in owed if asset in known and (not layer.assets or asset in layer.assets)}
    for asset in sorted({held, *wanted}):
        if getattr(market.prices.get(asset), basis, None) is None:
            loss = f" for losses in {asset}" if asset != held else ""
            message = f"sells {held}{loss}, and {asset} has no {basis} price: it can pay nothing"
            yield "missing_price", message


def _kind(book: Book, account: str) -> str:
    row = book.row_of.get(account)
    return "" if row is None else KINDS[book.accounts.kind[row]]

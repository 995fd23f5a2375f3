"""Loss files and plans: what is read, and every way in which they can be wrong."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from seawall.adapters.loss_file import losses_of, read_losses
from seawall.adapters.plan_file import read_plan
from seawall.errors import InputError

GOOD: dict[str, Any] = {
    "event": "storm",
    "assets": {"USD": {"decimals": 2, "price": "1"}},
    "losses": [{"account": "alice", "asset": "USD", "amount": "12.34", "pool": "btc"}],
    "accounts": [
        {"id": "fund:a", "cash": {"USD": "10"}},
        {"id": "bob", "parent": "fund:a", "owner": "b", "cash": {"USD": "0.01"}},
    ],
    "state": {"gain:bob:USD:5": 7},
}


def changed(change: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    raw = copy.deepcopy(GOOD)
    change(raw)
    return raw


def test_a_loss_file_is_a_book_in_which_the_deficit_is_booked() -> None:
    found = losses_of(GOOD)
    assert [(item.account, item.loss, item.pool) for item in found.defaults] == [("alice", 1234, "btc")]
    cash = {row.id: sum(item.scaled for item in row.balances) for row in found.book.rows()}
    assert cash == {"bob": 1, "deficit:USD": -1234, "fund:a": 1000}
    assert found.book.account("fund:a").kind == "fund"
    assert found.book.children_of == {"fund:a": ("bob",)}
    assert found.book.state == {"gain:bob:USD:5": 7}
    assert found.market.price("USD") == 10**8


def test_ids_are_read_in_the_one_form_that_a_snapshot_has() -> None:
    address = "0x52908400098527886E0F7030069857D2E4169EE7"
    raw = changed(lambda raw: raw["accounts"][1].update(id=f" {address}\t", parent=" fund:a"))
    raw["state"] = {}
    found = losses_of(raw)
    assert found.book.children_of == {"fund:a": (address.lower(),)}


BAD = {
    "a missing event": (lambda raw: raw.pop("event"), "missing_field", "x.toml:event"),
    "an unknown key": (lambda raw: raw.update(losess=1), "unknown_field", "x.toml:losess"),
    "no losses": (lambda raw: raw.update(losses=[]), "losses_invalid", "x.toml:losses"),
    "no assets": (lambda raw: raw.update(assets={}), "losses_invalid", "x.toml:assets"),
    "decimals beyond 36": (
        lambda raw: raw["assets"]["USD"].update(decimals=37),
        "losses_invalid",
        "x.toml:assets.USD.decimals",
    ),
    "an unknown asset": (
        lambda raw: raw["losses"][0].update(asset="EUR"),
        "unknown_asset",
        "x.toml:losses.0.amount",
    ),
    "a loss of nothing": (
        lambda raw: raw["losses"][0].update(amount="0"),
        "negative_amount",
        "x.toml:losses.0.amount",
    ),
    "a negative loss": (
        lambda raw: raw["losses"][0].update(amount="-1"),
        "negative_amount",
        "x.toml:losses.0.amount",
    ),
    "not a number": (
        lambda raw: raw["losses"][0].update(amount="x"),
        "not_a_number",
        "x.toml:losses.0.amount",
    ),
    "NaN": (lambda raw: raw["losses"][0].update(amount="nan"), "not_finite", "x.toml:losses.0.amount"),
    "a number, not text": (
        lambda raw: raw["losses"][0].update(amount=1.5),
        "losses_invalid",
        "x.toml:losses.0.amount",
    ),
    "finer than the asset": (
        lambda raw: raw["losses"][0].update(amount="1.001"),
        "precision_loss",
        "x.toml:losses.0.amount",
    ),
    "beyond 10^38": (
        lambda raw: raw["losses"][0].update(amount="1e40"),
        "amount_range",
        "x.toml:losses.0.amount",
    ),
    "losses that sum to 10^38": (
        lambda raw: (
            raw["losses"].append(raw["losses"][0] | {"pool": "eth"})
            or [line.update(amount=f"{10**36 // 2}") for line in raw["losses"]]
        ),
        "amount_range",
        "x.toml:losses",
    ),
    "a cap used by less than nothing": (
        lambda raw: raw["state"].update({"used:own:storm:USD": -1}),
        "negative_amount",
        "x.toml:state.used:own:storm:USD",
    ),
    "a line feed in an account": (
        lambda raw: raw["accounts"][1].update(id="bob\nfund:x"),
        "control_character",
        "x.toml:accounts.1.id",
    ),
    "an account of blanks": (
        lambda raw: raw["losses"][0].update(account="  "),
        "missing_value",
        "x.toml:losses.0.account",
    ),
    "a control character in an event": (
        lambda raw: raw.update(event="a\x1bb"),
        "control_character",
        "x.toml:event",
    ),
    "an id of 257 characters": (
        lambda raw: raw["accounts"][1].update(owner="o" * 257),
        "id_too_long",
        "x.toml:accounts.1.owner",
    ),
    "a blank around an asset of cash": (
        lambda raw: raw["accounts"][1].update(cash={"USD": "1", "USD ": "2"}),
        "id_not_canonical",
        "x.toml:accounts.1.cash.USD ",
    ),
    "an account twice, but for a blank": (
        lambda raw: raw["accounts"].append(raw["accounts"][1] | {"id": " bob"}),
        "duplicate_account",
        "x.toml:accounts.2.id",
    ),
    "two losses of one account": (
        lambda raw: raw["losses"].append(raw["losses"][0]),
        "duplicate_loss",
        "x.toml:losses.1",
    ),
    "an account twice": (
        lambda raw: raw["accounts"].append(raw["accounts"][1]),
        "duplicate_account",
        "x.toml:accounts.2.id",
    ),
    "negative cash": (
        lambda raw: raw["accounts"][1].update(cash={"USD": "-1"}),
        "negative_amount",
        "x.toml:accounts.1.cash.USD",
    ),
    "a fund called a user": (
        lambda raw: raw["accounts"][0].update(kind="user"),
        "reserved_account",
        "x.toml:accounts.0.kind",
    ),
    "a deficit of one's own": (
        lambda raw: raw["accounts"].append({"id": "deficit:USD"}),
        "reserved_account",
        "x.toml:accounts.2.id",
    ),
    "a gain without a time": (
        lambda raw: raw["state"].update({"gain:bob:USD": 1}),
        "counter_invalid",
        "x.toml:state.gain:bob:USD",
    ),
    "a gain at no time": (
        lambda raw: raw["state"].update({"gain:bob:USD:x": 1}),
        "counter_invalid",
        "x.toml:state.gain:bob:USD:x",
    ),
    "a gain of nobody": (
        lambda raw: raw["state"].update({"gain:bbo:USD:5": 1}),
        "unknown_account",
        "x.toml:state.gain:bbo:USD:5",
    ),
    "a gain in nothing": (
        lambda raw: raw["state"].update({"gain:bob:EUR:5": 1}),
        "unknown_asset",
        "x.toml:state.gain:bob:EUR:5",
    ),
    "a counter that is no number": (
        lambda raw: raw["state"].update({"x": "1"}),
        "losses_invalid",
        "x.toml:state.x",
    ),
    "a negative price": (
        lambda raw: raw["assets"]["USD"].update(price="-1"),
        "negative_amount",
        "x.toml:assets.USD.price",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_wrong_is_told_with_its_place(name: str) -> None:
    change, code, place = BAD[name]
    with pytest.raises(InputError) as caught:
        losses_of(changed(change), source="x.toml")
    assert [(item.code, item.where) for item in caught.value.problems] == [(code, place)]


def test_all_problems_are_told_at_once() -> None:
    def spoil(raw: dict[str, Any]) -> None:
        raw["losses"][0]["amount"] = "x"
        raw["accounts"][0]["cash"] = {"EUR": "1"}
        raw["assets"]["USD"]["price"] = "inf"

    with pytest.raises(InputError) as caught:
        losses_of(changed(spoil))
    assert [item.code for item in caught.value.problems] == ["not_a_number", "unknown_asset", "not_finite"]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("event = ", "toml_invalid"),
        ('event = "a"\nas_of = 2025-01-01T00:00:00\n[assets.USD]\ndecimals = 2\n', "missing_field"),
        ("\xff", "unreadable"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path, text: str, code: str) -> None:
    path = tmp_path / "loss.toml"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(InputError) as caught:
        read_losses(path)
    assert caught.value.code == code


def test_a_time_without_a_zone_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "loss.toml"
    path.write_text(
        'event = "a"\nas_of = 2025-01-01T00:00:00\n[assets.USD]\ndecimals = 2\n'
        '[[losses]]\naccount = "x"\nasset = "USD"\namount = "1"\n'
    )
    with pytest.raises(InputError, match="no time zone"):
        read_losses(path)


def test_a_plan_needs_no_more_than_its_waterfall(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('[[waterfall]]\nname = "f"\nkind = "insurance_fund"\naccount = "fund:a"\n')
    assert [layer.kind for layer in read_plan(path).waterfall] == ["insurance_fund"]
    assert read_plan(path).venue == "mine"


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        ("", "missing_waterfall", "at least one layer"),
        ('family = "bank"\n[[waterfall]]\nname = "a"\nkind = "halt"\nresume_after_s = 1\n', None, "family"),
        ('[[waterfall]]\nname = "a"\nkind = "insurance_found"\n', "unknown_kind", "did you mean 'insurance_fund'"),
        ('[[waterfall]]\nname = "a"\nkind = "insurance_fund"\n', "missing_field", "account"),
        ('[[waterfall]]\nname = "a"\nkind = "insurance_fund"\naccount = "f"\nscore = "pnl"\n', "unknown_field", "score"),
        ("[[waterfall]", "toml_invalid", "line 1"),
        ('waterfall = ["x"]\n', "terms_invalid", "waterfall.0"),
        ("".join(f'[[waterfall]]\nname = "{n}"\nkind = "halt"\nresume_after_s = 1\n' for n in range(257)), "too_many", "257 entries, expected at most 256"),
        ("#" * (1 << 20) + "\n", "too_large", "1,048,577 bytes, expected a plan of at most 1,048,576"),
        ('[[waterfall]]\nname = "a"\nkind = "halt"\nresume_after_s = 1\nafter = ["b"]\n[[waterfall]]\nname = "b"\nkind = "halt"\nresume_after_s = 1\nafter = ["a"]\n', "layer_cycle", "a -> b -> a"),
        ('[[waterfall]]\nname = "a"\nkind = "insurance_fund"\naccount = "f"\nfloor = "nan"\n', "not_finite", "waterfall.a.floor"),
        ('[[waterfall]]\nname = "a"\nkind = "insurance_fund"\naccount = "f"\ncap_per_event = "-1"\n', "negative_amount", "waterfall.a.cap_per_event"),
        ('[[waterfall]]\nname = "a"\nkind = "halt"\nresume_after_s = 0\n', "terms_invalid", "resume_after_s"),
    ],
)  # fmt: skip
def test_a_bad_plan_is_refused_with_what_to_do(
    tmp_path: Path, text: str, code: str | None, said: str
) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(text)
    with pytest.raises(InputError, match=said) as caught:
        read_plan(path)
    assert code is None or caught.value.code == code


def test_the_longest_plan_that_is_read_is_a_chain_of_layers(tmp_path: Path) -> None:
    """Each waits for the next: no depth of the search for a circle is beyond what is read."""
    rows = [
        f'[[waterfall]]\nname = "l{n}"\nkind = "halt"\nresume_after_s = 1\nafter = ["l{n + 1}"]\n'
        for n in range(255)
    ]
    path = tmp_path / "long.toml"
    path.write_text("".join(rows) + '[[waterfall]]\nname = "l255"\nkind = "halt"\nresume_after_s = 1\n')
    assert len(read_plan(path).waterfall) == 256

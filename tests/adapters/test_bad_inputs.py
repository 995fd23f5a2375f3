"""Every bad input gets its code at its place, and no book comes out.

One row each: name, which good snapshot, how it is broken, the code, the place, and the severity.
The numbers in the comments are those of the project's table of bad inputs.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from seawall.adapters import load_snapshot, read_snapshot
from seawall.errors import InputError
from tests.adapters.folders import Break, add, both, drop, edit, example, put, rename, whole

Case = tuple[str, str, Break, str, str, str]
MIXED = "0x52908400098527886E0F7030069857D2E4169EE7"
RAW = "account,asset,side,amount_raw\n"
FUND = '[[waterfall]]\nname = "f"\nkind = "insurance_fund"\naccount = "fund:insurance"\n'

CASES: list[Case] = [
    # 1-3 not finite
    ("nan amount", "exchange", edit("balances.csv", "500.25", "NaN"), "not_finite", "balances.csv:row 3:amount", "error"),
    ("inf price", "exchange", edit("prices.csv", "0.9998", "inf"), "not_finite", "prices.csv:row 2:market_price", "error"),
    ("infinity mark", "exchange", edit("marks.csv", "2850,", "-Infinity,"), "not_finite", "marks.csv:row 3:mark_price", "error"),
    ("1e400", "exchange", edit("marks.csv", "2850,", "1e400,"), "amount_range", "marks.csv:row 3:mark_price", "error"),
    # 4-6 prices below zero, zero, jumped; 18 absent
    ("negative price", "lending", edit("prices.csv", "1998.4", "-1998.4"), "price_negative", "prices.csv:row 2:market_price", "error"),
    ("negative entry", "exchange", edit("positions.csv", "49000", "-49000"), "price_negative", "positions.csv:row 6:entry_price", "error"),
    ("zero price", "lending", edit("prices.csv", "ETH,2000,", "ETH,0,"), "price_zero", "prices.csv:row 2:oracle_price", "warning"),
    ("zero mark", "exchange", edit("marks.csv", "2850,", "0,"), "price_zero", "marks.csv:row 3:mark_price", "warning"),
    ("price jump", "lending", edit("prices.csv", "stETH,1990,1975,", "stETH,990,,"), "jump_guard", "prices.csv:row 3:oracle_price", "warning"),
    ("price jump that the market denies", "lending", edit("prices.csv", "stETH,1990,", "stETH,890,"), "jump_guard", "prices.csv:row 3:oracle_price", "warning"),
    ("unknown price", "lending", edit("prices.csv", "USDC,1,0.9995,1", "USDC,,,"), "unpriced", "prices.csv", "warning"),
    ("asset without a price row", "exchange", drop("prices.csv"), "unpriced", "prices.csv", "warning"),
    ("instrument without a mark", "exchange", edit("marks.csv", "ETH-PERP,2850,2849.1,2025-10-10T21:00:00Z", ""), "unpriced", "marks.csv", "warning"),
    # 7-10 time
    ("stale price", "lending", whole("terms.toml", "price_max_age_s = 600\n"), "price_stale", "prices.csv:row 4:as_of", "warning"),
    ("price from the future", "exchange", edit("marks.csv", "2850,2849.1,2025-10-10T21:00:00Z", "2850,2849.1,2025-10-10T21:02:00Z"), "clock_ahead", "marks.csv:row 3:as_of", "error"),
    ("unix seconds", "exchange", edit("prices.csv", "2025-10-10T20:59:58Z", "1760129998"), "timestamp_unit_suspect", "prices.csv:row 2:as_of", "error"),
    ("unix milliseconds", "exchange", edit("snapshot.toml", "2025-10-10T21:00:00Z", "1760130000000"), "timestamp_unit_suspect", "snapshot.toml:as_of", "error"),
    ("unix seconds as a number", "exchange", edit("snapshot.toml", '"2025-10-10T21:00:00Z"', "1760130000"), "timestamp_invalid", "snapshot.toml:as_of", "error"),
    ("naive time", "exchange", edit("snapshot.toml", "21:00:00Z", "21:00:00"), "timestamp_invalid", "snapshot.toml:as_of", "error"),
    ("naive time of TOML", "exchange", edit("snapshot.toml", '"2025-10-10T21:00:00Z"', "2025-10-10T21:00:00"), "timestamp_invalid", "snapshot.toml:as_of", "error"),
    ("other zone", "exchange", edit("prices.csv", "20:59:58Z", "22:59:58+02:00"), "timestamp_invalid", "prices.csv:row 2:as_of", "error"),
    ("leap second", "exchange", edit("prices.csv", "20:59:58Z", "20:59:60Z"), "timestamp_invalid", "prices.csv:row 2:as_of", "error"),
    ("before 1970", "exchange", edit("prices.csv", "2025-10-10T20", "1969-10-10T20"), "timestamp_invalid", "prices.csv:row 2:as_of", "error"),
    ("31 June", "exchange", edit("prices.csv", "2025-10-10T20", "2025-06-31T20"), "timestamp_invalid", "prices.csv:row 2:as_of", "error"),
    # 14-15 duplicates
    ("account twice", "exchange", add("accounts.csv", "bob,bob,cross"), "duplicate_account", "accounts.csv:row 6:account", "error"),
    ("address in two cases", "exchange", add("accounts.csv", f"{MIXED},,cross", f"{MIXED.lower()},,cross"), "duplicate_account", "accounts.csv:row 7:account", "error"),
    ("NFC and NFD", "exchange", add("accounts.csv", "caf\u00e9,,cross", "cafe\u0301,,cross"), "duplicate_account", "accounts.csv:row 7:account", "error"),
    ("balance twice", "exchange", add("balances.csv", "bob,USDT,cash,1"), "duplicate_balance", "balances.csv:row 6:account", "error"),
    ("position twice", "exchange", add("positions.csv", "carol,BTC-PERP,long,1,1"), "duplicate_position", "positions.csv:row 8:account", "error"),
    ("asset twice", "exchange", add("assets.csv", "USDT,18"), "duplicate_asset", "assets.csv:row 3:asset", "error"),
    ("instrument twice", "exchange", add("instruments.csv", "ETH-PERP,USDT,2,1,1,"), "duplicate_instrument", "instruments.csv:row 4:instrument", "error"),
    ("price twice", "exchange", add("prices.csv", "USDT,1,1,"), "duplicate_price", "prices.csv:row 3:asset", "error"),
    ("pool twice", "lending", add("pools.csv", "ETH,1,1,1,1,0"), "duplicate_pool", "pools.csv:row 5:asset", "error"),
    ("tier twice", "exchange", add("tiers.csv", "BTC-PERP,0,1"), "duplicate_tier", "tiers.csv:row 7:instrument", "error"),
    ("fund twice", "exchange", add("funds.csv", "fund:insurance,USDT,1,btc"), "duplicate_fund", "funds.csv:row 3:account", "error"),
    ("level twice", "exchange", add("depth.csv", "ETH-PERP,bid,2849,1"), "duplicate_level", "depth.csv:row 9:instrument", "error"),
    ("fund in balances too", "exchange", both(add("balances.csv", "fund:insurance,USDT,cash,1"), add("accounts.csv", "fund:insurance,,")), "duplicate_balance", "funds.csv:row 2:account", "error"),
    # 17 unknown names
    ("unknown asset", "lending", edit("balances.csv", "ben,ETH", "ben,EHT"), "unknown_asset", "balances.csv:row 4:asset", "error"),
    ("unknown account", "exchange", edit("balances.csv", "carol,", "karol,"), "unknown_account", "balances.csv:row 5:account", "error"),
    ("unknown instrument", "exchange", edit("positions.csv", "alice:eth,ETH-PERP", "alice:eth,ETH"), "unknown_instrument", "positions.csv:row 3:instrument", "error"),
    ("unknown settle asset", "exchange", edit("instruments.csv", "ETH-PERP,USDT", "ETH-PERP,USDC"), "unknown_asset", "instruments.csv:row 3:settle_asset", "error"),
    ("unknown order account", "exchange", edit("orders.csv", "carol", "nobody"), "unknown_account", "orders.csv:row 2:account", "error"),
    ("unknown parent", "lending", whole("accounts.csv", "account,parent,collateral_set\nann,anna,\nben,,\ndora,,eth-like\nlp,,\nlp:2,lp,\n"), "unknown_account", "accounts.csv:row 2:parent", "error"),
    ("unknown collateral set", "lending", edit("accounts.csv", "dora,dora,eth-like", "dora,dora,eth-lke"), "unknown_collateral_set", "accounts.csv", "error"),
    ("unknown set of a member", "lending", add("collateral_set_members.csv", "usd-like,USDC"), "unknown_collateral_set", "collateral_set_members.csv:row 4:collateral_set", "error"),
    ("unknown pool of a fund", "exchange", edit("funds.csv", ",btc", ",btv"), "unknown_pool", "funds.csv:row 2:pool", "error"),
    ("unknown rulebook", "exchange", edit("snapshot.toml", "linear_perp", "linear_prep"), "venue_unknown", "snapshot.toml:rulebook", "error"),
    # 19 decimals of two minds, 21 precision, 22-25 size
    ("decimals of two minds", "lending", edit("asset_terms.csv", "10450,1000,6", "10450,1000,18"), "decimals_conflict", "asset_terms.csv:row 4:decimals", "error"),
    ("too many digits", "lending", edit("balances.csv", "2100.5", "2100.5000001"), "precision_loss", "balances.csv:row 5:amount", "error"),
    ("too many digits of a lot", "exchange", edit("instruments.csv", "0.001", "0.0001"), "precision_loss", "instruments.csv:row 2:lot", "error"),
    ("a cap used by less than nothing", "lending", whole("state.csv", "counter,value\nused:own:storm:USDC,-1\n"), "negative_amount", "state.csv:row 2:value", "error"),
    ("10^38 units", "exchange", edit("balances.csv", "12000", "1" + "0" * 32), "amount_range", "balances.csv:row 5:amount", "error"),
    ("5,000 digits", "exchange", edit("balances.csv", "12000", "9" * 5000), "amount_range", "balances.csv:row 5:amount", "error"),
    ("exponent bomb", "exchange", edit("balances.csv", "12000", "1E+4000000"), "amount_range", "balances.csv:row 5:amount", "error"),
    ("cost beyond 10^38", "exchange", edit("positions.csv", "BTC-PERP,long,0.5,49000", f"BTC-PERP,long,1{'0' * 30},49000"), "amount_range", "positions.csv:row 6:entry_price", "error"),
    # 26 wrong kind
    ("text for an amount", "exchange", edit("balances.csv", "12000", "many"), "not_a_number", "balances.csv:row 5:amount", "error"),
    ("true for an amount", "exchange", edit("balances.csv", "12000", "true"), "not_a_number", "balances.csv:row 5:amount", "error"),
    ("thousands separator", "exchange", edit("balances.csv", "12000", '"12,000"'), "not_a_number", "balances.csv:row 5:amount", "error"),
    ("digits of another script", "exchange", edit("balances.csv", "12000", "\u0661\u0662"), "not_a_number", "balances.csv:row 5:amount", "error"),
    ("fraction for a whole number", "exchange", edit("assets.csv", "USDT,6", "USDT,6.0"), "not_an_integer", "assets.csv:row 2:decimals", "error"),
    ("fraction of a raw amount", "exchange", whole("balances.csv", RAW + "bob,USDT,cash,1.5\n"), "not_an_integer", "balances.csv:row 2:amount_raw", "error"),
    ("float in TOML", "exchange", add("snapshot.toml", "price_decimals = 8.0"), "field_invalid", "snapshot.toml:price_decimals", "error"),
    ("bool in TOML", "exchange", add("snapshot.toml", "price_decimals = true"), "field_invalid", "snapshot.toml:price_decimals", "error"),
    ("text for a flag", "lending", edit("balances.csv", "ann,ETH,supply,10,true", "ann,ETH,supply,10,yes"), "flag_invalid", "balances.csv:row 2:is_collateral", "error"),
    ("unknown side", "lending", edit("balances.csv", "ann,ETH,supply", "ann,ETH,suply"), "choice_invalid", "balances.csv:row 2:side", "error"),
    ("unknown leg", "exchange", edit("positions.csv", "BTC-PERP,long", "BTC-PERP,both"), "choice_invalid", "positions.csv:row 6:leg", "error"),
    ("unknown order side", "exchange", edit("orders.csv", "buy", "BUY"), "choice_invalid", "orders.csv:row 2:side", "error"),
    ("37 decimals", "exchange", edit("assets.csv", "USDT,6", "USDT,37"), "out_of_range", "assets.csv:row 2:decimals", "error"),
    ("decimals that do not fit together", "exchange", edit("instruments.csv", "ETH-PERP,USDT,2", "ETH-PERP,USDT,17"), "out_of_range", "instruments.csv:row 3:quantity_decimals", "error"),
    ("lot of zero", "exchange", edit("instruments.csv", "2,0.01,0.01", "2,0,0.01"), "out_of_range", "instruments.csv:row 3:lot", "error"),
    # 27 unknown fields
    ("unknown column", "exchange", edit("balances.csv", "side,amount", "side,ammount"), "unknown_column", "balances.csv:row 1", "error"),
    ("missing column", "exchange", edit("balances.csv", "side,amount", "side,ammount"), "missing_column", "balances.csv:row 1:amount", "error"),
    ("missing key column", "exchange", edit("marks.csv", "instrument,mark", "symbol,mark"), "missing_column", "marks.csv:row 1:instrument", "error"),
    ("rival columns", "exchange", edit("positions.csv", "leg,quantity,entry", "cost,quantity,entry"), "two_columns", "positions.csv:row 1:entry_price", "error"),
    ("amount and raw", "exchange", whole("balances.csv", "account,asset,side,amount,amount_raw\n"), "two_columns", "balances.csv:row 1:amount", "error"),
    ("column twice", "exchange", edit("balances.csv", "asset,side,amount", "amount,side,amount"), "duplicate_column", "balances.csv:row 1:amount", "error"),
    ("unknown key in TOML", "exchange", add("snapshot.toml", 'rule_book = "x"'), "unknown_field", "snapshot.toml:rule_book", "error"),
    ("unknown key in terms", "exchange", whole("terms.toml", "price_max_age = 5\n"), "unknown_field", "terms.toml:price_max_age", "error"),
    ("missing key in TOML", "exchange", edit("snapshot.toml", 'venue = "example exchange"', ""), "missing_field", "snapshot.toml:venue", "error"),
    ("misspelt file", "exchange", rename("balances.csv", "balance.csv"), "unknown_file", "balance.csv", "error"),
    ("misspelt terms", "exchange", whole("term.toml", ""), "unknown_file", "term.toml", "error"),
    ("newer format", "exchange", edit("snapshot.toml", "format_version = 1", "format_version = 2"), "format_version", "snapshot.toml:format_version", "error"),
    # 28 signs, and cells that must be filled
    ("negative supply", "lending", edit("balances.csv", "ann,ETH,supply,10", "ann,ETH,supply,-10"), "negative_amount", "balances.csv:row 2:amount", "error"),
    ("negative debt", "lending", edit("balances.csv", "16000", "-16000"), "negative_amount", "balances.csv:row 3:amount", "error"),
    ("negative size on a leg", "exchange", edit("positions.csv", "short,0.3", "short,-0.3"), "negative_amount", "positions.csv:row 7:quantity", "error"),
    ("negative fund", "exchange", edit("funds.csv", "1000", "-1000"), "negative_amount", "funds.csv:row 2:balance", "error"),
    ("negative fund in balances", "exchange", both(drop("funds.csv"), add("accounts.csv", "fund:insurance,,"), add("balances.csv", "fund:insurance,USDT,cash,-1")), "negative_amount", "balances.csv:amount", "error"),
    ("negative pool cash", "lending", edit("pools.csv", "1.049,119", "1.049,-119"), "negative_amount", "pools.csv:row 2:cash", "error"),
    ("empty amount", "exchange", edit("balances.csv", "cash,12000", "cash,"), "missing_value", "balances.csv:row 5:amount", "error"),
    ("empty id", "exchange", edit("balances.csv", "carol,USDT", ",USDT"), "missing_value", "balances.csv:row 5:account", "error"),
    ("empty entry price", "exchange", edit("positions.csv", "49000", ""), "missing_value", "positions.csv:row 6:entry_price", "error"),
    ("empty asset", "lending", edit("pools.csv", "stETH,1,1", ",1,1"), "missing_value", "pools.csv:row 3:asset", "error"),
    ("index of zero", "lending", edit("pools.csv", "ETH,1.02", "ETH,0"), "out_of_range", "pools.csv:row 2:supply_index", "error"),
    ("index that fell", "lending", edit("pools.csv", "1.12,1.118", "1.12,1.121"), "index_falls", "pools.csv:row 4:debt_index_last", "error"),
    ("fund that is a user", "exchange", edit("funds.csv", "fund:insurance", "alice"), "fund_kind", "funds.csv:row 2:account", "error"),
    # 33-40 terms
    ("no rulebook", "exchange", edit("snapshot.toml", 'rulebook = "linear_perp"', ""), "missing_terms", "snapshot.toml:rulebook", "error"),
    ("layer twice", "lending", whole("terms.toml", 'waterfall = [{name = "a", kind = "own_collateral"}, {name = "a", kind = "own_collateral"}]'), "duplicate_layer", "terms.toml:waterfall", "error"),
    ("shares of a rank", "lending", whole("terms.toml", 'waterfall = [{name = "a", kind = "insurance_fund", account = "x", rank = 0, share_bps = 5000}, {name = "b", kind = "insurance_fund", account = "y", rank = 0, share_bps = 4000}]'), "shares_not_whole", "terms.toml:waterfall", "error"),
    ("deficit as bearer", "lending", whole("terms.toml", 'waterfall = [{name = "a", kind = "residual", bearer = "deficit:USDC"}]'), "bearer_reserved", "terms.toml:waterfall.a", "error"),
    ("claims as bearer", "lending", whole("terms.toml", 'waterfall = [{name = "a", kind = "residual", bearer = "claims:USDC"}]'), "bearer_reserved", "terms.toml:waterfall.a", "error"),
    ("fund as bearer", "lending", whole("terms.toml", 'waterfall = [{name = "a", kind = "residual", bearer = "fund:x"}]'), "bearer_is_fund", "terms.toml:waterfall.a", "error"),
    ("negative cap", "lending", whole("terms.toml", 'waterfall = [{name = "a", kind = "insurance_fund", account = "x", cap_per_event = "-1"}]'), "negative_amount", "terms.toml:waterfall.a.cap_per_event", "error"),
    ("layers in a ring", "lending", whole("terms.toml", 'waterfall = [{name = "a", kind = "adl", after = ["b"]}, {name = "b", kind = "adl", after = ["a"]}]'), "layer_cycle", "terms.toml:waterfall", "error"),
    ("threshold of one", "lending", edit("asset_terms.csv", "7700,8000", "7700,10000"), "threshold_range", "asset_terms.csv:row 4", "error"),
    ("ltv above threshold", "lending", edit("asset_terms.csv", "7700,8000", "8100,8000"), "ltv_above_threshold", "asset_terms.csv:row 4", "error"),
    ("threshold times bonus", "lending", edit("asset_terms.csv", "7700,8000,10450", "7700,9800,10450"), "threshold_times_bonus", "asset_terms.csv:row 4", "warning"),
    ("ltv above threshold in a set", "lending", edit("collateral_sets.csv", "9000,9300", "9400,9300"), "ltv_above_threshold", "collateral_sets.csv:row 2", "error"),
    ("threshold above its field", "lending", edit("asset_terms.csv", "7700,8000,10450", "7700,8000,9000"), "out_of_range", "asset_terms.csv:row 4:bonus_bps", "error"),
    ("tiers with a gap", "exchange", whole("tiers.csv", "instrument,floor,cap,rate_ppm\n*,0,10,5000\n*,20,,6000\n"), "tiers_invalid", "tiers.csv:row 2:maintenance.brackets", "error"),
    ("tiers that overlap", "exchange", whole("tiers.csv", "instrument,floor,cap,rate_ppm\n*,0,30,5000\n*,20,,6000\n"), "tiers_invalid", "tiers.csv:row 2:maintenance.brackets", "error"),
    ("tiers that fall", "exchange", edit("tiers.csv", "BTC-PERP,1000000,25000", "BTC-PERP,1000000,9000"), "tiers_invalid", "tiers.csv:row 2:maintenance.brackets", "error"),
    ("tiers that start late", "exchange", edit("tiers.csv", "ETH-PERP,0,10000", "ETH-PERP,1,10000"), "tiers_invalid", "tiers.csv:row 5:maintenance.brackets", "error"),
    ("rate above one", "exchange", edit("tiers.csv", "250000,20000", "250000,1000001"), "out_of_range", "tiers.csv:row 6:rate_ppm", "error"),
    ("set without members", "lending", both(drop("collateral_set_members.csv"), edit("accounts.csv", "dora,dora,eth-like", "dora,dora,")), "missing_value", "collateral_sets.csv:row 2:collateral_set", "error"),
    ("fund no layer pays from", "exchange", add("funds.csv", "fund:spare,USDT,1,eth"), "fund_unused", "funds.csv", "warning"),
    ("instrument without margin", "exchange", both(edit("snapshot.toml", 'rulebook = "linear_perp"', ""), whole("terms.toml", 'venue = "x"\nfamily = "exchange"\nrules = "linear_perp@1"\nsize.kind = "full"\nsale.kind = "takeover"\nrecognition.kind = "at_close_out"\n'), edit("tiers.csv", "ETH-PERP,0,10000\n", ""), edit("tiers.csv", "ETH-PERP,250000,20000\n", "")), "missing_tiers", "tiers.csv", "error"),
    ("cap finer than the asset it is of", "exchange", whole("terms.toml", FUND + 'assets = ["USDT"]\ncap_per_event = "0.0000001"\n'), "precision_loss", "terms.toml:waterfall.f.cap_per_event", "error"),
    ("cap finer than some asset", "exchange", whole("terms.toml", FUND + 'cap_per_event = "0.0000001"\n'), "precision_loss", "terms.toml:waterfall.f.cap_per_event", "warning"),
    ("floor finer than the reserve", "exchange", whole("terms.toml", FUND + 'reserve_asset = "USDT"\nfloor = "0.0000001"\n'), "precision_loss", "terms.toml:waterfall.f.floor", "error"),
    # 42 TOML
    ("key twice", "exchange", add("snapshot.toml", 'venue = "y"'), "toml_invalid", "snapshot.toml", "error"),
    ("TOML that is none", "exchange", whole("terms.toml", "<xml/>"), "toml_invalid", "terms.toml", "error"),
    ("TOML nested too deep", "exchange", whole("terms.toml", "a = " + "[" * 20_000), "toml_invalid", "terms.toml", "error"),
    ("TOML number too long", "exchange", whole("terms.toml", "rounds_max = " + "9" * 5000), "toml_invalid", "terms.toml", "error"),
    ("TOML in Latin-1", "exchange", whole("terms.toml", 'title = "caf\u00e9"'.encode("latin-1")), "not_utf8", "terms.toml", "error"),
    ("TOML too large", "exchange", whole("terms.toml", b"#" * (1 << 22 | 1)), "too_large", "terms.toml", "error"),
    # 46 CSV
    ("NUL byte", "exchange", edit("balances.csv", "carol,", "car\0ol,"), "nul_byte", "balances.csv:row 5", "error"),
    ("line too long", "exchange", edit("balances.csv", "carol,", f"{'c' * 70_000},"), "line_too_long", "balances.csv:row 5", "error"),
    ("too few cells", "exchange", edit("balances.csv", "carol,USDT,cash,12000", "carol,USDT,cash"), "column_count", "balances.csv:row 5", "error"),
    ("too many cells", "exchange", edit("balances.csv", "carol,USDT,cash,12000", "carol,USDT,cash,12,000"), "column_count", "balances.csv:row 5", "error"),
    ("quote left open", "exchange", edit("balances.csv", "carol,USDT", '"carol,USDT'), "csv_invalid", "balances.csv:row 5", "error"),
    ("text after a quote", "exchange", edit("balances.csv", "carol,USDT", '"carol"x,USDT'), "csv_invalid", "balances.csv:row 5", "error"),
    ("semicolons", "exchange", whole("assets.csv", "asset;decimals\nUSDT;6\n"), "unknown_column", "assets.csv:row 1", "error"),
    ("Latin-1", "exchange", whole("balances.csv", b"account,asset,side,amount\ncaf\xe9,USDT,cash,1\n"), "not_utf8", "balances.csv:row 2", "error"),
    ("UTF-16", "exchange", whole("assets.csv", "asset,decimals\nUSDT,6\n".encode("utf-16")), "nul_byte", "assets.csv:row 1", "error"),
    ("blank header cell", "exchange", edit("balances.csv", "side,amount", "side,amount,"), "unknown_column", "balances.csv:row 1", "error"),
    # options, and the grid that margins them
    ("option without a strike", "options", edit("instruments.csv", "put,75000,", "put,,"), "missing_value", "instruments.csv:row 3:strike", "error"),
    ("option without an expiry", "options", edit("instruments.csv", "call,95000,2025-12-26T08:00:00Z", "call,95000,"), "missing_value", "instruments.csv:row 4:expires", "error"),
    ("option without a right", "options", edit("instruments.csv", "call,95000", ",95000"), "missing_value", "instruments.csv:row 4:right", "error"),
    ("option on nothing", "options", edit("instruments.csv", "BTC,call", ",call"), "missing_value", "instruments.csv:row 4:underlying", "error"),
    ("unknown right", "options", edit("instruments.csv", "call,95000", "Call,95000"), "choice_invalid", "instruments.csv:row 4:right", "error"),
    ("strike of zero", "options", edit("instruments.csv", "put,75000", "put,0"), "out_of_range", "instruments.csv:row 3:strike", "error"),
    ("negative strike", "options", edit("instruments.csv", "put,75000", "put,-1"), "price_negative", "instruments.csv:row 3:strike", "error"),
    ("expiry in no time zone", "options", edit("instruments.csv", "2025-11-28T08:00:00Z", "2025-11-28T08:00:00"), "timestamp_invalid", "instruments.csv:row 5:expires", "error"),
    ("expired option", "options", edit("instruments.csv", "2025-11-28T08:00:00Z", "2025-11-21T08:00:00Z"), "option_expired", "instruments.csv:row 5:expires", "warning"),
    ("strike of a future", "options", edit("instruments.csv", "btc,BTC,,,,", "btc,BTC,,90000,,"), "option_invalid", "instruments.csv:row 2:strike", "error"),
    ("option as linear", "options", edit("instruments.csv", "75000-P,USDC,option", "75000-P,USDC,linear"), "option_invalid", "instruments.csv:row 3:right", "error"),
    ("coin flag of its own", "options", edit("instruments.csv", "28T08:00:00Z,true", "28T08:00:00Z,yep"), "flag_invalid", "instruments.csv:row 5:in_coin", "error"),
    ("no volatility", "options", edit("marks.csv", "85000,0.56", "85000,"), "unpriced", "marks.csv:row 3:implied_vol", "warning"),
    ("no forward", "options", edit("marks.csv", "85000,0.56", ",0.56"), "unpriced", "marks.csv:row 3:forward_price", "warning"),
    ("volatility of zero", "options", edit("marks.csv", "85000,0.56", "85000,0"), "out_of_range", "marks.csv:row 3:implied_vol", "error"),
    ("negative forward", "options", edit("marks.csv", "85000,0.56", "-85000,0.56"), "price_negative", "marks.csv:row 3:forward_price", "error"),
    ("volatility of a future", "options", edit("marks.csv", "84480,,", "84480,,0.5"), "option_invalid", "marks.csv:row 2:implied_vol", "error"),
    ("price move to nothing", "options", edit("terms.toml", "price_ppm = -500000", "price_ppm = -1000000"), "terms_invalid", "terms.toml:portfolio.extremes.0.price_ppm", "error"),
    ("grid move to nothing", "options", edit("terms.toml", "[-160000,", "[-1000000,"), "terms_invalid", "terms.toml:portfolio.price_moves_ppm.0", "error"),
    ("one scenario twice", "options", edit("terms.toml", "-120000,", "-160000,"), "terms_invalid", "terms.toml:portfolio", "error"),
    ("misspelt grid", "options", edit("terms.toml", "vol_moves_ppm", "vol_move_ppm"), "unknown_field", "terms.toml:portfolio.vol_move_ppm", "error"),
    ("grid in a pool", "lending", whole("terms.toml", "[portfolio]\nprice_moves_ppm = [0]\n"), "policy_mismatch", "terms.toml:portfolio", "error"),
    # 53-55 text
    ("terminal escape in an id", "exchange", edit("accounts.csv", "carol,carol", "ca\x1b[31mrol,carol"), "control_character", "accounts.csv:row 5:account", "error"),
    ("invisible letter in an id", "exchange", edit("accounts.csv", "carol,carol", "ca\u200brol,carol"), "control_character", "accounts.csv:row 5:account", "error"),
    ("line break in an owner", "exchange", edit("accounts.csv", "carol,carol", 'carol,"car\nol"'), "control_character", "accounts.csv:row 5:owner", "error"),
    ("long id", "exchange", edit("accounts.csv", "carol,carol", f"{'c' * 257},carol"), "id_too_long", "accounts.csv:row 5:account", "error"),
    ("look-alike", "exchange", add("accounts.csv", "\u0430lice,,cross"), "look_alike", "accounts.csv", "warning"),
    ("look-alike asset", "exchange", add("assets.csv", "USD\u0422,6"), "look_alike", "assets.csv", "warning"),
    ("look-alike instrument", "exchange", add("instruments.csv", "\u0412TC-PERP,USDT,3,,,"), "look_alike", "instruments.csv", "warning"),
    ("script in the venue", "exchange", edit("snapshot.toml", "example exchange", "a\\u001bb"), "control_character", "snapshot.toml:venue", "error"),
    # the folder
    ("no header", "exchange", drop("snapshot.toml"), "missing_file", "snapshot.toml", "error"),
    ("one table twice", "exchange", whole("balances.parquet", b""), "two_files", "balances.parquet", "error"),
    # what holds between the files
    ("one side of a venue", "exchange", edit("positions.csv", "bob,BTC-PERP,net,-1.2", "bob,BTC-PERP,net,-1"), "open_interest_unbalanced", "positions.csv", "warning"),
    ("supply without a pool", "lending", drop("pools.csv"), "pool_missing", "pools.csv", "warning"),
    ("crossed book", "exchange", edit("depth.csv", "ETH-PERP,bid,2849,", "ETH-PERP,bid,2851,"), "depth_crossed", "depth.csv", "warning"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "good", "broken", "code", "where", "severity"), CASES, ids=[case[0] for case in CASES]
)
def test_a_bad_input_gets_its_code_at_its_place(
    tmp_path: Path, name: str, good: str, broken: Break, code: str, where: str, severity: str
) -> None:
    folder = put(tmp_path / "snapshot", broken(example(good)))
    before = {path.name: path.read_bytes() for path in folder.iterdir()}

    snapshot = read_snapshot(folder)

    found = [(problem.code, problem.where, problem.severity) for problem in snapshot.problems]
    assert (code, where, severity) in found
    if severity == "error":
        assert (snapshot.book, snapshot.market, snapshot.terms) == (None, None, None)
        with pytest.raises(InputError) as caught:
            load_snapshot(folder)
        assert caught.value.problems[0].severity == "error"
    else:
        assert not [problem for problem in snapshot.problems if problem.severity == "error"]
        assert snapshot.book is not None
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before, "reading wrote something"


@pytest.mark.parametrize("name", ["exchange", "lending", "options"])
def test_the_good_snapshots_have_no_problem(tmp_path: Path, name: str) -> None:
    assert read_snapshot(put(tmp_path / "snapshot", example(name))).problems == ()


def test_every_name_of_a_case_is_its_own() -> None:
    assert len({case[0] for case in CASES}) == len(CASES)


@pytest.mark.parametrize("code", ["duplicate_account", "duplicate_balance", "duplicate_position"])
def test_a_repetition_names_both_rows(tmp_path: Path, code: str) -> None:
    case = next(case for case in CASES if case[3] == code)
    problems = read_snapshot(put(tmp_path / "snapshot", case[2](example(case[1])))).problems
    found = next(problem for problem in problems if problem.code == code)
    first = {"duplicate_account": "row 4", "duplicate_balance": "row 4", "duplicate_position": "row 6"}[code]
    assert first in found.message


@pytest.mark.parametrize(
    ("broken", "code", "hint"),
    [
        (edit("balances.csv", "carol,", "karol,"), "unknown_account", "closest: carol"),
        (edit("balances.csv", "side,amount", "side,ammount"), "unknown_column", "did you mean 'amount'?"),
        (rename("balances.csv", "balance.csv"), "unknown_file", "did you mean 'balances.csv'?"),
        (add("snapshot.toml", 'rule_book = "x"'), "unknown_field", "did you mean 'rulebook'?"),
        (whole("assets.csv", "asset;decimals\nUSDT;6\n"), "unknown_column", "separate columns by commas"),
        (edit("prices.csv", "2025-10-10T20:59:58Z", "1760129998"), "timestamp_unit_suspect", "2025-10-10T20:59:58Z"),
        (edit("prices.csv", "2025-10-10T20:59:58Z", "1760129998000"), "timestamp_unit_suspect", "2025-10-10T20:59:58Z"),
    ],
)  # fmt: skip
def test_a_message_says_what_to_do(tmp_path: Path, broken: Break, code: str, hint: str) -> None:
    problems = read_snapshot(put(tmp_path / "snapshot", broken(example("exchange")))).problems
    assert hint in next(problem.message for problem in problems if problem.code == code)


def test_all_problems_of_all_files_are_told_at_once(tmp_path: Path) -> None:
    broken = both(
        edit("balances.csv", "500.25", "NaN"),
        edit("balances.csv", "carol,", "karol,"),
        edit("marks.csv", "2850,", "-2850,"),
        edit("snapshot.toml", "21:00:00Z", "21:00:00"),
        edit("tiers.csv", "ETH-PERP,0,10000", "ETH-PERP,1,10000"),
    )
    problems = read_snapshot(put(tmp_path / "snapshot", broken(example("exchange")))).problems
    assert {problem.code for problem in problems} == {
        "not_finite",
        "unknown_account",
        "price_negative",
        "timestamp_invalid",
        "tiers_invalid",
    }


def test_a_folder_that_is_not_there_is_a_problem(tmp_path: Path) -> None:
    assert [problem.code for problem in read_snapshot(tmp_path / "nowhere").problems] == ["missing_file"]

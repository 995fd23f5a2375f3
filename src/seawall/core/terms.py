"""The rulebook of a venue as data: what is worth what, when and how it is liquidated, who pays.

Terms are read from TOML and validated as a whole: every problem at once, each with its
place. They name rules as `rule@version`; they hold no arithmetic and never change by
resolving.
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any, Literal

from pydantic import Field, ValidationError

from seawall.core.curves import MarginCurve, Model
from seawall.core.layers import LAYER_MODELS, LAYERS_MAX, LayerBase, LayerTerms, check_layers
from seawall.core.portfolio import GridScenario, PortfolioTerms
from seawall.core.units import BPS
from seawall.errors import InvalidTerms, Problem

Family = Literal["lending", "exchange"]


class AssetTerms(Model):
    """Risk parameters of one asset; bonus 10500 pays 5 % beyond the debt repaid."""

    ltv_bps: int = Field(default=0, ge=0)
    threshold_bps: int = Field(default=0, ge=0)
    bonus_bps: int = Field(default=BPS, ge=BPS)
    protocol_fee_bps: int = Field(default=0, ge=0, le=BPS)
    haircut_bps: int = Field(default=0, ge=0, le=BPS, description="taken off as margin collateral")


class CollateralSetTerms(Model):
    """Overrides for accounts that opted into a set of correlated assets (an e-mode category)."""

    assets: tuple[str, ...] = Field(min_length=1, strict=False)
    ltv_bps: int = Field(ge=0)
    threshold_bps: int = Field(ge=0)
    bonus_bps: int = Field(ge=BPS)


class InstrumentTerms(Model):
    """How one instrument is margined and closed."""

    maintenance: MarginCurve
    close_out_slippage_bps: int = Field(
        default=0, ge=0, lt=BPS, description="beyond the mark where no depth is given"
    )


class Size(Model):
    """How much may be closed now.

    close_factor: what the venue's rule allows a call. full: all of it. target_health: no more than
    brings the account to the target, on an exchange by closing positions in the market first.
    """

    kind: Literal["close_factor", "full", "target_health"] = "close_factor"
    target_health_bps: int = Field(default=BPS, ge=BPS)
    toxic: Literal["allow", "halt"] = "allow"


class Sale(Model):
    """At what price seized value is sold: a fixed bonus over the oracle, or takeover by the engine.

    hand_over: it is not sold; who bears the debt takes it over.
    """

    kind: Literal["fixed_bonus", "takeover", "hand_over"] = "fixed_bonus"


class Split(Model):
    """Who gets seized value beyond the repayment: the liquidator, less a protocol fee.

    gas_compensation: the liquidator gets a part of the collateral, and coins that `fee_account` reserves.
    """

    kind: Literal["fee_on_bonus", "none", "gas_compensation"] = "fee_on_bonus"
    fee_account: str = "treasury"
    liquidator: str = "external:liquidator"


class Recognition(Model):
    """When a shortfall becomes a loss that someone must bear.

    at_seizure: the whole debt, with the collateral that is handed over.
    """

    kind: Literal["zero_collateral_value", "never", "at_close_out", "at_seizure"] = "zero_collateral_value"
    needs_call: bool = Field(default=False, description="whether only a liquidation call can book it (Aave)")


class Terms(Model):
    """A venue's whole rulebook. Read one with `Terms.parse`."""

    venue: str = Field(min_length=1)
    family: Family
    rules: str = Field(min_length=1, description="rule set, name@version")
    grade: Literal["contract", "worked-example", "documented", "synthetic"] = "documented"
    title: str = ""
    sources: tuple[str, ...] = Field(default=(), strict=False)
    breaks: Mapping[str, str] = Field(default_factory=dict, description="law id -> why this venue breaks it")
    assets: Mapping[str, AssetTerms] = Field(default_factory=dict)
    collateral_sets: Mapping[str, CollateralSetTerms] = Field(default_factory=dict)
    instruments: Mapping[str, InstrumentTerms] = Field(default_factory=dict)
    portfolio: PortfolioTerms | None = Field(
        default=None, description="how accounts of margin mode `portfolio` are margined"
    )
    price_max_age_s: int | None = Field(default=None, gt=0)
    size: Size = Size()
    sale: Sale = Sale()
    split: Split = Split()
    recognition: Recognition = Recognition()
    rounds_max: int = Field(default=64, ge=1)
    dust_account: str = "dust"
    waterfall: tuple[LayerTerms, ...] = Field(default=(), max_length=LAYERS_MAX, strict=False)

    @classmethod
    def parse(cls, text: str, *, source: str = "terms", extra: Mapping[str, Any] | None = None) -> Terms:
        """Read terms from TOML text; `extra` tables (from a snapshot) are laid over it.

        Raises:
            InvalidTerms: With every problem found, each naming its dotted place.
        """
        try:
            raw = tomllib.loads(text.removeprefix("\ufeff"))
        except (ValueError, RecursionError) as error:  # tomllib lets numbers and nesting too large through
            raise InvalidTerms.of([Problem("toml_invalid", str(error), source)]) from error
        return cls.build({**raw, **(extra or {})}, source=source)

    @classmethod
    def build(cls, raw: Mapping[str, Any], *, source: str = "terms") -> Terms:
        """Validate a plain mapping as terms; see `parse`."""
        try:
            terms = cls.model_validate(raw)
        except ValidationError as error:
            raise InvalidTerms.of([_problem_of(item, source) for item in error.errors()]) from error
        problems = [problem for problem in terms.check(source) if problem.severity == "error"]
        if problems:
            raise InvalidTerms.of(problems)
        return terms

    def with_layers(self, *layers: LayerBase, before: str = "") -> Terms:
        """Return these terms with layers put in before the named one (at the end without a name).

        A layer of a kind of one's own comes in this way; `run_waterfall` and `resolve` take its class.

        Raises:
            InvalidTerms: No layer of that name, or the layers together do not hold.
        """
        names = [layer.name for layer in self.waterfall]
        if before and before not in names:
            message = f"no layer {before!r} to stand before, expected one of {', '.join(names)}"
            raise InvalidTerms.of([Problem("unknown_layer", message, f"{self.venue}:waterfall")])
        place = names.index(before) if before else len(names)
        found = self.model_copy(
            update={"waterfall": (*self.waterfall[:place], *layers, *self.waterfall[place:])}
        )
        problems = [item for item in found.check(self.venue) if item.severity == "error"]
        if problems:
            raise InvalidTerms.of(problems)
        return found

    def check(self, source: str = "terms") -> list[Problem]:
        """Return every problem of the rulebook as a whole, warnings included."""
        return [
            *_check_assets(self, source),
            *_check_sets(self, source),
            *_check_policies(self, source),
            *check_layers(self.waterfall, f"{source}:waterfall"),
        ]

    def instrument_terms(self, instrument: str) -> InstrumentTerms:
        """Return how an instrument is margined and closed; "*" stands for all that are not named.

        Raises:
            InvalidTerms: Neither the instrument nor "*" is there (`instrument_terms_missing`).
        """
        found = self.instruments.get(instrument) or self.instruments.get("*")
        if found is None:
            message = f'no margin curve for {instrument}: add [instruments.{instrument}] or [instruments."*"]'
            raise InvalidTerms.of([Problem("instrument_terms_missing", message, f"{self.venue}:instruments")])
        return found

    def asset_terms(self, asset: str, collateral_set: str = "") -> AssetTerms:
        """Return the parameters of an asset for an account in `collateral_set`.

        An asset whose own threshold is zero secures nothing, in a set or not.
        """
        base = self.assets.get(asset, _NO_TERMS)
        chosen = self.collateral_sets.get(collateral_set)
        if chosen is None or asset not in chosen.assets:
            return base
        threshold = chosen.threshold_bps if base.threshold_bps else 0
        update = {"ltv_bps": chosen.ltv_bps, "threshold_bps": threshold, "bonus_bps": chosen.bonus_bps}
        return base.model_copy(update=update)


_NO_TERMS = AssetTerms()
_MODELS: tuple[type[Model], ...] = (
    AssetTerms,
    CollateralSetTerms,
    InstrumentTerms,
    GridScenario,
    PortfolioTerms,
    Size,
    Sale,
    Split,
    Recognition,
    *LAYER_MODELS,
    Terms,
)
_KNOWN = sorted({name for model in _MODELS for name in model.model_fields})


def _problem_of(item: Any, source: str) -> Problem:
    place = ".".join(str(part) for part in item["loc"])
    code, message = item["type"], item["msg"]
    if code == "extra_forbidden":
        close = difflib.get_close_matches(str(item["loc"][-1]), _KNOWN, n=1)
        hint = f": did you mean {close[0]!r}?" if close else ""
        return Problem("unknown_field", f"unknown key {item['loc'][-1]!r}{hint}", f"{source}:{place}")
    if code == "union_tag_invalid":
        tag, known = str(item["ctx"]["tag"]), str(item["ctx"]["expected_tags"]).replace("'", "").split(", ")
        close = difflib.get_close_matches(tag, known, n=1)
        hint = f"did you mean {close[0]!r}?" if close else f"expected one of {', '.join(known)}"
        return Problem("unknown_kind", f"unknown kind {tag!r}: {hint}"[:600], f"{source}:{place}.kind")
    if "tier" in message:
        code = "tiers_invalid"
    elif code == "missing":
        code, message = "missing_field", "required and absent"
    elif code == "too_long":
        message = f"{item['ctx']['actual_length']} entries, expected at most {item['ctx']['max_length']}"
        code = "too_many"
    else:
        code, message = "terms_invalid", f"{message}, got {item.get('input')!r}"[:300]
    return Problem(code, message.removeprefix("Value error, "), f"{source}:{place}")


_POLICIES = {
    "lending": {
        "size": ("close_factor", "full", "target_health"),
        "sale": ("fixed_bonus", "hand_over"),
        "recognition": ("zero_collateral_value", "never", "at_seizure"),
    },
    "exchange": {"size": ("full", "target_health"), "sale": ("takeover",), "recognition": ("at_close_out",)},
}


# Collateral that nobody buys is given to who bears the debt, in the call that books it.
_HANDED_OVER = ("hand_over", "gas_compensation", "at_seizure")


def _check_policies(terms: Terms, source: str) -> Iterator[Problem]:
    for policy, kinds in _POLICIES[terms.family].items():
        kind = getattr(terms, policy).kind
        if kind not in kinds:
            message = f"{kind!r} is not for the {terms.family} family: choose {' or '.join(kinds)}"
            yield Problem("policy_mismatch", message, f"{source}:{policy}.kind")
    if terms.portfolio is not None and (terms.family, terms.size.kind) != ("exchange", "full"):
        message = (
            f"the family is {terms.family} and the size {terms.size.kind}: a grid is for exchanges that "
        )
        message += "take accounts over whole, choose exchange and full"
        yield Problem("policy_mismatch", message, f"{source}:portfolio")
    chosen = (terms.sale.kind, terms.split.kind, terms.recognition.kind)
    if chosen != _HANDED_OVER and set(chosen) & set(_HANDED_OVER):
        wanted = ", ".join(_HANDED_OVER)
        message = f"sale, split and recognition are {', '.join(chosen)}: {wanted} go together or not at all"
        yield Problem("policy_mismatch", message, f"{source}:sale.kind")


def _check_ratios(place: str, ltv: int, threshold: int, bonus: int) -> Iterator[Problem]:
    if threshold >= BPS:
        yield Problem("threshold_range", f"threshold_bps is {threshold}, expected below {BPS}", place)
    if ltv > threshold:
        yield Problem("ltv_above_threshold", f"ltv_bps {ltv} is above threshold_bps {threshold}", place)
    if threshold < BPS and threshold * bonus >= BPS * BPS:
        yield Problem(
            "threshold_times_bonus",
            f"threshold {threshold} bps times bonus {bonus} bps is at least 1: each liquidation at the "
            "threshold lowers health and can only end in bad debt",
            place,
            "warning",
        )


def _check_assets(terms: Terms, source: str) -> Iterator[Problem]:
    for name, asset in terms.assets.items():
        yield from _check_ratios(
            f"{source}:assets.{name}", asset.ltv_bps, asset.threshold_bps, asset.bonus_bps
        )


def _check_sets(terms: Terms, source: str) -> Iterator[Problem]:
    for name, chosen in terms.collateral_sets.items():
        place = f"{source}:collateral_sets.{name}"
        yield from _check_ratios(place, chosen.ltv_bps, chosen.threshold_bps, chosen.bonus_bps)
        for asset in chosen.assets:
            if terms.assets and asset not in terms.assets:
                yield Problem("unknown_asset", f"member {asset!r} is not among the assets", place)

"""Who is under water: health, detection, prices of liquidation, bad debt."""

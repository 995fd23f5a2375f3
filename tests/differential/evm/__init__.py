"""Published contracts, deployed in an EVM inside this process."""

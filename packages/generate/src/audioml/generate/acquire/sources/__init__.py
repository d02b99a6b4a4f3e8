"""The collections that come with audioml."""

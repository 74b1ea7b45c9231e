"""How fast the bot is: one file a suite, all measured by pyperf and told by `report`."""

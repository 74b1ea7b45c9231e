"""Templates and wiki markup become text. RULE: it calls nobody and decides nothing."""

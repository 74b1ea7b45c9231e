"""From a Progress to a Plan. RULE: it changes nothing that it is given."""

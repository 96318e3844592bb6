"""Client packages for what a stage serves, generated from its export."""

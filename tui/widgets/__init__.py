"""What screens are put together from: one widget a module, none with business rules."""

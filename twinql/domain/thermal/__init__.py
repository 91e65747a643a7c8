"""Heat balances of first and second order: fitted to a channel's own past, then asked what would happen if."""

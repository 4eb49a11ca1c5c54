"""The Rego engines behind one interface: all other code sees only `Engine`."""

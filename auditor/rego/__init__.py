"""The Rego engine behind one seam: everything else sees `Engine`."""

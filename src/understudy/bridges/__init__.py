"""Bridges owns the way from refreshing credentials into other clients: a module each, importing it when used."""

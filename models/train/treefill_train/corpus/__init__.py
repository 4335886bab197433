"""Collects source text from package registries: fetched by pinned version, filtered, cleaned, deduplicated."""
